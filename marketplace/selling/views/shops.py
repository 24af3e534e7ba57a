"""Pages of shops, their journal, and the address marketplaces push to."""

from flask import Blueprint

bp = Blueprint("shops", "marketplace.selling.views.shops")
