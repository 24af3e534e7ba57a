"""Targets: what somebody said should be reached."""

from datetime import date

from sqlalchemy import BigInteger, CheckConstraint
from sqlmodel import Field, SQLModel


class Target(SQLModel, table=True):
    """A season's goal in grams, with who said it and when: provincial sources contradict each other."""

    __tablename__ = "target"
    __table_args__ = (CheckConstraint("grams > 0", name="grams_positive"),)

    id: int | None = Field(default=None, primary_key=True)
    season_id: int = Field(foreign_key="season.id", index=True)
    product_id: int | None = Field(default=None, foreign_key="product.id")  #: None: everything that counts
    grams: int = Field(sa_type=BigInteger)
    evidence: str = Field(default="ABCD", max_length=4)  #: evidence levels that count towards it
    said_by: str = Field(max_length=150)
    said_on: date
