"""Pages of Excel imports."""

from flask import Blueprint

bp = Blueprint("imports", "catalog.views.imports")
