"""The facts the season is made of, from `data/`: places, shares, names, organisations, papers."""

import tomllib
from datetime import UTC, date, datetime
from functools import cache
from importlib import resources
from typing import Any

START = datetime(2021, 12, 4, 1, 0, tzinfo=UTC)  #: 08:00 in Hà Giang, when the demonstration begins
TODAY = date(2021, 12, 4)
FIRST_SALE = date(2021, 11, 3)
SEASON_START = datetime(2021, 9, 1, tzinfo=UTC)
PASSWORD = "camvang2021"  # noqa: S105 - printed on the console, opens invented data only
SHOP_NAME = "Nông sản Hà Giang"
MARKETPLACES = ("sendo", "voso", "postmart")  #: where the season is sold
MARKETPLACE = "sendo"  #: where the worked example is sold


@cache
def season() -> dict[str, Any]:
    """Places, shares of groups, lines of goods, organisations, papers, targets and sales outside."""
    return _read("season.toml")


@cache
def people() -> dict[str, Any]:
    """Names by ethnic group, and the words of which names of villages are made."""
    return _read("people.toml")


@cache
def classes() -> dict[str, Any]:
    """Zones with the days of their classes, courses with quiz and material, words of trainers."""
    return _read("classes.toml")


def _read(name: str) -> dict[str, Any]:
    text = resources.files("marketplace.cli.demo").joinpath("data", name).read_text("utf-8")
    return tomllib.loads(text)
