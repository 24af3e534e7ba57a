"""Pages of listings: the wish, what is there, who must act."""

from flask import Blueprint

bp = Blueprint("listings", "marketplace.selling.views.listings")
