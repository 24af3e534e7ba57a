"""Pages of the coordinator: tonnes, reached households, targets, health."""

from flask import Blueprint

bp = Blueprint("reports", "marketplace.reports.views")
