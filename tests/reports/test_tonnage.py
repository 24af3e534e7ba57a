"""Counting sold kilograms: the worked example of domain.md §11.3, and sums that agree however grouped."""

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, col, select

from catalog.models import AdminChange, AdminUnit
from marketplace.reports.dimensions import NONE, SPLIT, By, View
from marketplace.reports.lines import line_sum, tonnage_lines
from marketplace.reports.periods import Period
from marketplace.reports.tonnage import Asked, by_evidence, by_product, tonnage, tonnage_report
from marketplace.selling.models import Channel, Evidence
from tests.conftest import NOW
from tests.factories import a_commune, a_household, a_product
from tests.reports.factories import an_entry, at, the_worked_example

NOVEMBER = Period(date(2021, 11, 1), date(2021, 11, 30))
DECEMBER = Period(date(2021, 12, 1), date(2021, 12, 31))
ORANGES = {By.GOODS: "oranges"}
RETAIL, BULK = Channel.MARKETPLACE_RETAIL, Channel.MARKETPLACE_BULK


def test_november_of_the_worked_example_sold_50_kg_retail_and_2_t_bulk(db: Session) -> None:
    the_worked_example(db)

    report = tonnage_report(db, Asked(NOVEMBER, filters=ORANGES), now=NOW)

    assert {channel: amount.grams for channel, amount in report.total.by_channel.items() if amount.grams} == {
        RETAIL: 50_000,
        BULK: 2_000_000,
        Channel.TRADER: 1_200_000,
    }
    assert report.total.headline_grams == 2_050_000
    assert report.total.complaint_grams == 2_000
    assert (
        report.total.by_channel[RETAIL].value_vnd == 600_000 + 220_000 - 110_000 + 200_000 - 40_000 + 110_000
    )
    assert report.total.unattributed_grams == 2_000_000


def test_half_past_five_in_the_evening_in_london_is_december_in_ha_giang(db: Session) -> None:
    the_worked_example(db)

    assert [row.retail_grams for row in tonnage(db, period=DECEMBER, by=By.MONTH)] == [20_000]


def test_a_return_counts_in_the_month_of_the_return(db: Session) -> None:
    the_worked_example(db, returned_on=at(2, month=12))

    assert sum(row.retail_grams for row in tonnage(db, period=NOVEMBER, filters=ORANGES)) == 55_000
    assert sum(row.retail_grams for row in tonnage(db, period=DECEMBER, filters=ORANGES)) == 15_000


def test_a_period_with_only_a_return_is_negative(db: Session) -> None:
    the_worked_example(db, returned_on=at(2, month=12))
    second = Period(date(2021, 12, 2), date(2021, 12, 2))

    assert [row.headline_grams for row in tonnage(db, period=second, by=By.DAY)] == [-5_000]


def test_evidence_and_products_stand_apart(db: Session) -> None:
    example = the_worked_example(db)

    report = tonnage_report(db, Asked(NOVEMBER, by=By.CHANNEL), now=NOW)

    proven = by_evidence(report.oranges)
    assert {level: amount.grams for level, amount in proven.items()} == {
        Evidence.A: 50_000,
        Evidence.B: 2_000_000,
        Evidence.C: 0,
        Evidence.D: 0,
    }
    products = [(row.key, row.retail_grams, row.bulk_grams) for row in by_product(report.cells)]
    assert products == [(str(example.vang.id), 50_000, 2_000_000), (str(example.honey.id), 500, 0)]


def test_what_no_household_is_known_for_is_its_own_last_row(db: Session) -> None:
    example = the_worked_example(db)

    rows = tonnage(db, period=NOVEMBER, by=By.HOUSEHOLD, filters=ORANGES)

    assert [(row.key, row.label, row.headline_grams) for row in rows] == [
        (str(example.ven.id), example.ven.code, 40_000),
        (str(example.tuan.id), example.tuan.code, 10_000),
        (NONE, "Chưa gắn với hộ nào", 2_000_000),
    ]


def test_what_does_not_count_in_tonnes_is_left_out(db: Session) -> None:
    cloth = a_product(db, name="Vải lanh", counts_for_tonnage=False)
    an_entry(db, product=cloth, household=a_household(db), grams=400)

    assert tonnage(db, period=NOVEMBER) == []


def test_weeks_begin_on_monday_and_follow_each_other(db: Session) -> None:
    the_worked_example(db)

    rows = tonnage(db, period=NOVEMBER, by=By.WEEK, filters={**ORANGES, By.CHANNEL: RETAIL})

    assert [(row.key, row.retail_grams) for row in rows] == [("2021-11-15", 50_000), ("2021-11-22", 0)]
    assert rows[0].label == "15/11 – 21/11/2021"


def test_cumulative_figures_begin_with_the_season(db: Session) -> None:
    the_worked_example(db)

    rows = tonnage(db, period=DECEMBER, by=By.GOODS, filters=ORANGES, season_start=date(2021, 9, 1))

    assert [(row.headline_grams, row.season_grams) for row in rows] == [(20_000, 2_070_000)]


def test_todays_map_moves_old_communes_to_what_they_became(db: Session) -> None:
    vang = a_product(db, variety="Cam Vàng")
    an_entry(db, product=vang, household=a_household(db, commune="Xã Vĩnh Hảo"))
    vinh_tuy = a_commune(db, "Xã Vĩnh Tuy", on=date(2026, 1, 1))

    then = tonnage(db, period=NOVEMBER)
    today = tonnage(db, period=NOVEMBER, view=View.TODAY)

    assert [(row.label, row.headline_grams) for row in then] == [("Xã Vĩnh Hảo · Huyện Bắc Quang", 10_000)]
    assert [(row.key, row.headline_grams) for row in today] == [(str(vinh_tuy.id), 10_000)]
    assert [row.label for row in tonnage(db, period=NOVEMBER, by=By.DISTRICT)] == ["Huyện Bắc Quang"]


def test_a_split_commune_waits_in_its_own_row_until_somebody_says_where_the_village_went(db: Session) -> None:
    vang = a_product(db, variety="Cam Vàng")
    old = a_commune(db, "Xã Việt Lâm")
    successors = db.exec(select(AdminChange.new_id).where(AdminChange.old_id == old.id)).all()
    settled = a_household(db, commune=old)
    settled.current_commune_id = successors[1]
    an_entry(db, product=vang, household=settled, grams=7_000)
    an_entry(db, product=vang, household=a_household(db, commune=old), grams=3_000)

    rows = tonnage(db, period=NOVEMBER, view=View.TODAY)

    assert len(successors) == 2
    assert [(row.key, row.headline_grams) for row in rows] == [(str(successors[1]), 7_000), (SPLIT, 3_000)]
    assert rows[1].label == "Chưa rõ xã mới"


def test_a_unit_that_changed_twice_ends_at_its_last_successor(db: Session) -> None:
    first, second, third = (
        AdminUnit(
            level="commune",
            code=f"9900{n}",
            name=f"Xã Thử {n}",
            name_fold=f"thu {n}",
            valid_from=date(2020 + n, 1, 1),
            source="test",
        )
        for n in (1, 2, 3)
    )
    db.add_all([first, second, third])
    db.flush()
    for old, new in ((first, second), (second, third)):
        db.add(AdminChange(old_id=old.id, new_id=new.id, effective=new.valid_from))
    vang = a_product(db, variety="Cam Vàng")
    an_entry(db, product=vang, commune_id=first.id)

    assert [row.key for row in tonnage(db, period=NOVEMBER, view=View.TODAY)] == [str(third.id)]


def test_a_wrong_filter_value_is_an_error(db: Session) -> None:
    with pytest.raises(ValueError, match="banana"):
        tonnage(db, period=NOVEMBER, filters={By.CHANNEL: "banana"})


entries = st.lists(
    st.tuples(
        st.integers(-50_000, 3_000_000),
        st.integers(0, 60),
        st.sampled_from(list(Channel)),
        st.sampled_from(list(Evidence)),
        st.sampled_from(["sendo", "voso", None]),
        st.integers(0, 2),
        st.integers(0, 4),
        st.booleans(),
    ),
    max_size=12,
)


@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # each example rolls its rows back
)
@given(entries)
def test_every_grouping_and_both_maps_give_the_same_grams_and_every_row_its_lines(
    db: Session, drawn: list
) -> None:
    nested = db.begin_nested()
    products = [
        a_product(db, variety="Cam Vàng"),
        a_product(db, variety="Cam Sành"),
        a_product(db, name="Chè"),
    ]
    split = a_commune(db, "Xã Việt Lâm")
    homes = [a_household(db), a_household(db, commune="Xã Tiên Kiều"), a_household(db, commune=split), None]
    settled = a_household(db, commune=split)
    settled.current_commune_id = db.exec(
        select(AdminChange.new_id)
        .where(AdminChange.old_id == split.id)
        .order_by(col(AdminChange.new_id).desc())
    ).first()
    homes.append(settled)
    for grams, offset, channel, evidence, marketplace, product, home, nameless in drawn:
        household = homes[home]
        an_entry(
            db,
            product=products[product],
            household=None if nameless else household,
            grams=grams,
            day=date(2021, 11, 1) + timedelta(days=offset),
            channel=channel,
            evidence=evidence,
            marketplace=marketplace,
            commune_id=household.commune_id if household else None,
        )
    inside = [line for line in drawn if line[1] < 30]
    expected = {channel: sum(line[0] for line in inside if line[2] is channel) for channel in Channel}

    for view in View:
        for by in By:
            rows = tonnage(db, period=NOVEMBER, by=by, view=view)
            got = {channel: sum(row.by_channel[channel].grams for row in rows) for channel in Channel}
            assert got == expected, (view, by)
            for row in rows:
                asked = Asked(NOVEMBER, view=view, filters={by: row.key})
                lines = tonnage_lines(db, asked)
                assert sum(line.grams for line in lines) == sum(a.grams for a in row.by_channel.values())
                assert line_sum(db, asked).grams == sum(line.grams for line in lines)
    nested.rollback()
