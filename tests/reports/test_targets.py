"""Targets: contradicting ones stay side by side, and demand the evidence they name."""

from datetime import date

import pytest
from sqlmodel import Session, select

from marketplace.core.audit import SYSTEM, AuditEntry
from marketplace.core.errors import Invalid, NotFound
from marketplace.core.forms import parsed
from marketplace.reports.forms import TargetIn
from marketplace.reports.models import Target
from marketplace.reports.overview import season_overview
from marketplace.reports.periods import Period
from marketplace.reports.targets import SaidLater, season_with_targets, set_target, targets_of
from marketplace.selling.models import Evidence
from tests.factories import TODAY, a_product, a_season
from tests.reports.factories import an_entry, at, the_worked_example


def typed(season_id: int | None, **values: str) -> TargetIn:
    given = {"season_id": str(season_id), "grams": "60", "said_by": "UBND tỉnh", "said_on": "12/10/2021"}
    return parsed(TargetIn, {**given, **values})


@pytest.mark.parametrize(
    ("text", "grams"),
    [
        ("60", 60_000_000),
        ("60,5", 60_500_000),
        ("11.672", 11_672_000_000),
        ("11.672 tấn", 11_672_000_000),
        ("0,000001", 1),
        ("77.810", 77_810_000_000),
    ],
)
def test_tonnes_are_read_the_vietnamese_way(text: str, grams: int) -> None:
    assert typed(1, grams=text).grams == grams


@pytest.mark.parametrize("text", ["", "nhiều", "0", "-5", "1,2,3", "10.000.001", "0,0000001", "1e9", "60kg"])
def test_other_tonnes_are_refused(text: str) -> None:
    with pytest.raises(Invalid) as refusal:
        typed(1, grams=text)

    assert list(refusal.value.errors) == ["grams"]


def test_contradicting_targets_stand_side_by_side(db: Session) -> None:
    season, vang = a_season(db), a_product(db, variety="Cam Vàng")
    first = set_target(db, SYSTEM, typed(season.id, product_id=str(vang.id)), today=TODAY)
    second = set_target(db, SYSTEM, typed(season.id, product_id=str(vang.id), grams="65"), today=TODAY)
    everything = set_target(db, SYSTEM, typed(season.id, product_id="", grams="11.672"), today=TODAY)

    found, said = season_with_targets(db, TODAY)

    assert found == season
    assert {one.target.id for one in said} == {first.id, second.id, everything.id}
    assert {one.target.grams: one.product for one in said} == {
        60_000_000: vang,
        65_000_000: vang,
        11_672_000_000: None,
    }
    assert len(db.exec(select(AuditEntry).where(AuditEntry.action == "target.set")).all()) == 3


def test_a_target_counts_only_the_evidence_it_demands(db: Session) -> None:
    example, season = the_worked_example(db), a_season(db)
    an_entry(db, product=example.vang, grams=7_000, evidence=Evidence.D, when=at(28))
    sold = season_overview(db, Period(season.starts_on, season.ends_on))

    assert sold.towards(example.vang.id, "ABCD") == 2_077_000  # retail and bulk, the trader's ton apart
    assert sold.towards(example.vang.id, "AB") == 2_070_000
    assert sold.towards(None, "AB") == 2_070_500


def test_a_target_said_tomorrow_is_refused(db: Session) -> None:
    season = a_season(db)

    with pytest.raises(SaidLater):
        set_target(db, SYSTEM, typed(season.id, said_on="02/12/2021"), today=TODAY)

    assert db.exec(select(Target)).all() == []


def test_an_unknown_season_or_product_is_refused(db: Session) -> None:
    season = a_season(db)
    for wrong in (typed(999_999), typed(season.id, product_id="999999")):
        with pytest.raises(NotFound):
            set_target(db, SYSTEM, wrong, today=TODAY)

    assert db.exec(select(Target)).all() == []


def test_without_a_season_there_is_nothing_to_reach(db: Session) -> None:
    assert season_with_targets(db, date(2021, 12, 1)) == (None, [])
    assert targets_of(db, 999_999) == (None, [])
