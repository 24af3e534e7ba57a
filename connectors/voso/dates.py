"""Moments as the house of ViettelPost writes them: `dd/MM/yyyy HH:mm:ss` without a zone, meaning +07:00."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

from connectors.kit.figures import Unreadable

VIETNAM = timezone(timedelta(hours=7))
MOMENT, DAY = "%d/%m/%Y %H:%M:%S", "%d/%m/%Y"


def moment(value: Any, field: str) -> datetime | None:
    """Aware UTC; None for null or "", `Unreadable` when it is no moment."""
    if value is None or value == "":
        return None
    try:
        return datetime.strptime(value, MOMENT).replace(tzinfo=VIETNAM).astimezone(UTC)
    except (TypeError, ValueError, OverflowError) as error:
        raise Unreadable(field) from error


def moment_text(at: datetime) -> str:
    """The other way round."""
    return at.astimezone(VIETNAM).strftime(MOMENT)


def day(value: str) -> date:
    """A day as it stands in a filter; ValueError when it is none."""
    return datetime.strptime(value, DAY).replace(tzinfo=VIETNAM).date()


def day_of(at: datetime) -> date:
    """The Vietnamese day of a moment."""
    return at.astimezone(VIETNAM).date()
