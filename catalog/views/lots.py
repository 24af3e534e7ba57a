"""Pages of harvest lots and the stock ledger."""

from flask import Blueprint

bp = Blueprint("lots", "catalog.views.lots")
