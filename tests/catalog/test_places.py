"""Old and new communes: found by any name, never guessed, never of the wrong year."""

import csv
from datetime import date
from importlib import resources

import pytest
from sqlmodel import Session, select

from catalog.communes import AmbiguousCommune, Communes, UnknownCommune, read_communes
from catalog.models import AdminUnit, Household, Level
from catalog.places import (
    NotAUnitList,
    current_unit_ids,
    load_shipped_units,
    load_units,
)
from marketplace.core.text import fold
from tests import factories

IN_2021, TODAY = date(2021, 12, 1), date(2026, 11, 1)


@pytest.fixture
def communes(db: Session) -> Communes:
    return read_communes(db)


def _shipped() -> list[dict[str, str]]:
    text = resources.files("catalog").joinpath("data", "hagiang_communes.csv").read_text("utf-8")
    return list(csv.DictReader(text.splitlines()))


def test_every_old_commune_of_ha_giang_is_found_by_its_name_and_district_on_a_day_of_its_time(
    communes: Communes,
) -> None:
    for row in _shipped():
        found = communes.resolve(row["old_commune"], on=IN_2021, district=row["old_district"])
        assert (found.code, found.valid_on(IN_2021)) == (row["old_commune_code"], True)


def test_every_new_commune_is_found_by_its_name_today(communes: Communes) -> None:
    asking = {"Xã Việt Lâm"}  # an old commune of that name was split: see the next test
    for row in _shipped():
        if row["new_commune"] not in asking:
            found = communes.resolve(row["new_commune"], on=TODAY)
            assert (found.code, found.valid_on(TODAY)) == (row["new_commune_code"], True)


@pytest.mark.parametrize(
    ("name", "candidates"),
    [
        ("Quang Trung", {"Phường Hà Giang 1", "Phường Hà Giang 2"}),
        ("viet lam", {"Xã Việt Lâm", "Xã Vị Xuyên"}),
        ("Yên Định", {"Xã Minh Ngọc", "Xã Ngọc Đường"}),
        ("Tả Lủng", {"Xã Đồng Văn", "Xã Mèo Vạc"}),
    ],
)
def test_a_split_or_double_old_name_always_asks(communes: Communes, name: str, candidates: set[str]) -> None:
    with pytest.raises(AmbiguousCommune) as asked:
        communes.resolve(name, on=TODAY)

    assert {place.name for place in asked.value.places} == candidates
    assert all(place.name in asked.value.text() for place in asked.value.places)


def test_two_communes_of_one_name_are_told_apart_by_the_district(communes: Communes) -> None:
    with pytest.raises(AmbiguousCommune):
        communes.resolve("Tả Lủng", on=IN_2021)

    assert communes.resolve("Tả Lủng", on=IN_2021, district="Mèo Vạc").code == "00796"
    assert communes.resolve("ta lung, huyen dong van", on=IN_2021).code == "00742"
    assert communes.resolve("Tả Lủng, Đồng Văn, Hà Giang", on=TODAY).code == "00742"


def test_no_reused_code_means_the_unit_of_another_year(communes: Communes) -> None:
    before = {row["old_commune_code"]: row["old_commune"] for row in _shipped()}
    after = {row["new_commune_code"]: row["new_commune"] for row in _shipped()}
    reused = [code for code in after if before.get(code, after[code]) != after[code]]

    assert len(reused) >= 25
    for code in reused:
        assert communes.resolve(code, on=IN_2021).name == before[code]
        assert communes.resolve(code, on=TODAY).name == after[code]
        assert {place.name for place in communes.search(code)} == {before[code], after[code]}


def test_a_code_that_lost_its_zero_in_a_spreadsheet_is_still_found(communes: Communes) -> None:
    assert communes.resolve("691", on=IN_2021).name == "Phường Trần Phú"


def test_the_kind_of_unit_tells_old_and_new_apart(communes: Communes) -> None:
    assert communes.resolve("Thị trấn Vĩnh Tuy", on=TODAY).valid_to == date(2025, 6, 30)
    assert communes.resolve("vinh tuy", on=TODAY).name == "Xã Vĩnh Tuy"
    assert communes.resolve("Vĩnh Tuy", on=IN_2021).name == "Thị trấn Vĩnh Tuy"


def test_an_old_name_stays_the_old_unit_and_leads_to_the_one_of_today(communes: Communes) -> None:
    found = communes.resolve("Vĩnh Hảo", on=TODAY)

    assert found.label == "Xã Vĩnh Hảo, huyện Bắc Quang (đến 30/6/2025)"
    assert [place.label for place in communes.successors(found.id)] == [
        "Xã Vĩnh Tuy, tỉnh Tuyên Quang (từ 1/7/2025)"
    ]


def test_a_name_of_later_asks_among_the_units_it_was_made_of(communes: Communes) -> None:
    with pytest.raises(AmbiguousCommune) as asked:
        communes.resolve("Xã Bắc Quang", on=IN_2021)

    assert "Thị trấn Việt Quang" in {place.name for place in asked.value.places}


def test_search_puts_the_marks_that_were_typed_first(communes: Communes) -> None:
    plain = [place.name for place in communes.search("tan thanh", on=IN_2021)]

    assert plain[:3] == ["Xã Tân Thành", "Xã Tân Thành", "Xã Tân Thanh"] or "Xã Tân Thanh" in plain
    assert communes.search("Tân Thanh", on=IN_2021)[0].name == "Xã Tân Thanh"
    assert communes.search("Thuận Hòa")[0].name == communes.search("Thuận Hoà")[0].name
    assert communes.search("") == communes.search("   ") == []


def test_an_unknown_name_is_refused_with_the_name(communes: Communes) -> None:
    with pytest.raises(UnknownCommune) as refused:
        communes.resolve("Vĩnh Hẻo Lánh", on=IN_2021)
    assert "Vĩnh Hẻo Lánh" in refused.value.text()
    with pytest.raises(UnknownCommune):
        communes.resolve("Vĩnh Hảo", on=IN_2021, district="Vị Xuyên")


def test_the_map_of_current_units_knows_every_unit_and_leaves_split_ones_open(db: Session) -> None:
    current = current_unit_ids(db)
    units = db.exec(select(AdminUnit)).all()

    assert set(current) == {unit.id for unit in units}
    open_ = {unit.name for unit in units if current[unit.id or 0] is None and unit.level == Level.COMMUNE}
    assert open_ == {"Phường Quang Trung", "Xã Việt Lâm", "Xã Yên Định", "Xã Thái Bình", "Xã Kim Phú"}


def test_loading_the_shipped_list_again_changes_nothing(db: Session) -> None:
    before = sorted((unit.id or 0, unit.valid_to) for unit in db.exec(select(AdminUnit)))

    assert load_shipped_units(db) == 0
    assert sorted((unit.id or 0, unit.valid_to) for unit in db.exec(select(AdminUnit))) == before


def test_a_later_list_ends_the_units_it_replaces_and_moves_the_households(db: Session) -> None:
    household = factories.a_household(db, commune="Xã Vĩnh Hảo")
    row = dict.fromkeys(
        ("old_district_code", "old_district"), "000"
    ) | {
        "old_province_code": "08", "old_province": "Tỉnh Tuyên Quang", "old_commune_code": "01156",
        "old_commune": "Xã Vĩnh Tuy", "new_province_code": "08", "new_province": "Tỉnh Tuyên Quang",
        "new_commune_code": "01156", "new_commune": "Xã Vĩnh Mới", "split": "0",
    }  # fmt: skip

    load_units(db, [row], source="thử", effective=date(2027, 1, 1))

    db.refresh(household)
    new = db.exec(select(AdminUnit).where(AdminUnit.name == "Xã Vĩnh Mới")).one()
    old = factories.a_commune(db, "Xã Vĩnh Tuy", on=TODAY)
    assert (household.current_commune_id, old.valid_to) == (new.id, date(2026, 12, 31))
    assert current_unit_ids(db)[household.commune_id] == new.id
    assert fold(db.get_one(AdminUnit, household.commune_id).name) == "xa vinh hao"


def test_a_list_without_its_columns_is_refused_and_nothing_is_kept(db: Session) -> None:
    before = len(db.exec(select(AdminUnit)).all())

    with pytest.raises(NotAUnitList):
        load_units(db, [{"old_province_code": "02"}], source="thử")

    assert len(db.exec(select(AdminUnit)).all()) == before
    assert db.exec(select(Household)).all() == []
