"""Pages of households: search first, register, people, consents, communes."""

from flask import Blueprint

bp = Blueprint("households", "catalog.views.households")
