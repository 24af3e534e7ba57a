"""Pages of offers: what a farmer lists."""

from flask import Blueprint

bp = Blueprint("offers", "marketplace.selling.views.offers")
