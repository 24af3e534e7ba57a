"""Pages of orders and of sales outside the marketplaces."""

from flask import Blueprint

bp = Blueprint("orders", "marketplace.selling.views.orders")
