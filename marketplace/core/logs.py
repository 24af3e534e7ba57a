"""Logs: one JSON object a line, ids only. Never a name, a phone, a token (R-77)."""

import logging
import sys

from pythonjsonlogger.json import JsonFormatter


def log_as_json(level: int = logging.INFO) -> None:
    """Send every log record to stderr as one JSON object a line."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        JsonFormatter(
            "%(asctime)s %(levelname)s %(name)s %(message)s",
            rename_fields={"asctime": "at", "levelname": "level"},
        )
    )
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for noisy in ("urllib3", "werkzeug", "PIL", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
