"""Pages of products, producers, certificates and seasons."""

from flask import Blueprint

bp = Blueprint("products", "catalog.views.products")
