"""Logs: one JSON object a line, ids only. Never a name, a phone, a token (R-77)."""

import logging
import sys
import traceback
from types import TracebackType

from pythonjsonlogger.json import JsonFormatter

_Raised = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class _IdsOnly(JsonFormatter):
    """Tells of an exception which and where; its message may quote what somebody typed."""

    def formatException(self, ei: _Raised) -> str:  # noqa: N802 - logging's own name
        lines: list[str] = []
        error = ei[1]
        while error is not None:
            lines += [f"{type(error).__module__}.{type(error).__qualname__}"]
            lines += [line.rstrip() for line in traceback.format_tb(error.__traceback__)]
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return "\n".join(lines)


def formatter() -> logging.Formatter:
    """How every record is written."""
    fields = "%(asctime)s %(levelname)s %(name)s %(message)s"
    made: logging.Formatter = _IdsOnly(fields, rename_fields={"asctime": "at", "levelname": "level"})
    return made


def log_as_json(level: int = logging.INFO) -> None:
    """Send every log record to stderr as one JSON object a line."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for noisy in ("urllib3", "werkzeug", "PIL", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
