"""Poverty by the decision of the year: known of most households, unknown of some (R-96)."""

from collections.abc import Sequence
from random import Random

from sqlmodel import Session

from catalog.models import Poverty, PovertyStatus
from marketplace.cli.demo.bulk import insert_rows
from marketplace.cli.demo.facts import TODAY, classes
from marketplace.cli.demo.growers import Grower

UNKNOWN = 0.11
_PLATEAU = {"Huyện Mèo Vạc", "Huyện Đồng Văn", "Huyện Quản Bạ"}
_WEST = {"Huyện Hoàng Su Phì", "Huyện Xín Mần"}


def decide_poverty(db: Session, rng: Random, growers: Sequence[Grower], recorder: int) -> None:
    """One row a household, but for those nobody has asked about."""
    known = [grower for grower in growers if rng.random() >= UNKNOWN]
    insert_rows(
        db,
        PovertyStatus,
        [
            {
                "household_id": grower.household.id,
                "year": TODAY.year,
                "status": _status(rng, grower),
                "source": classes()["about"]["poverty"],
                "recorded_at": grower.household.registered_at,
                "recorded_by": recorder,
            }
            for grower in known
        ],
    )


def _status(rng: Random, grower: Grower) -> Poverty:
    poor, near_poor = classes()["poverty"][_part(grower)]
    return rng.choices(tuple(Poverty), (poor, near_poor, 100 - poor - near_poor))[0]


def _part(grower: Grower) -> str:
    if grower.place.parent in _PLATEAU:
        return "plateau"
    return "west" if grower.place.parent in _WEST else "orange"
