"""What is going to end: certificates, harvests, fruit in stock; each told of some days before, once."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from marketplace.core.db import Utc, stored


class Ends(StrEnum):
    """What ends."""

    CERTIFICATE = "certificate"
    SEASON = "season"
    SHELF_LIFE = "shelf_life"


class EndingWarning(SQLModel, table=True):
    """Somebody is warned that something ends on a day; one row for each of the days before it (L8, R-25).

    The day is part of the key: what ends later than was said is warned of again.
    """

    __tablename__ = "ending_warning"
    __table_args__ = (
        CheckConstraint(
            "(certificate_id IS NOT NULL AND window_id IS NULL AND lot_id IS NULL)"
            " OR (certificate_id IS NULL AND window_id IS NOT NULL AND lot_id IS NULL)"
            " OR (certificate_id IS NULL AND window_id IS NULL AND lot_id IS NOT NULL)",
            name="of_one",
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(max_length=60, unique=True)
    ends: Ends = Field(sa_type=stored(Ends))
    days: int  #: how long before the end: of 180, 90, 30, 7, 3, 1 the last one reached
    ends_on: date = Field(index=True)  #: the last day; nothing is live on it any more
    made_at: datetime = Field(sa_type=Utc)
    certificate_id: int | None = Field(default=None, foreign_key="certificate.id", index=True)
    window_id: int | None = Field(default=None, foreign_key="season_window.id", index=True)
    lot_id: int | None = Field(default=None, foreign_key="harvest_lot.id", index=True)
