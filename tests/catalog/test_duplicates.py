"""Who may be registered already: found through noise, seldom wrongly, fast among ten thousand."""

from collections.abc import Iterable
from random import Random
from typing import Any

import pytest
from sqlmodel import Session

from catalog import duplicates
from catalog.communes import read_communes
from catalog.duplicates import (
    ALIKE_NAME,
    NEAR_YEAR,
    SAME_COMMUNE,
    SAME_ID,
    SAME_NAME,
    SAME_PHONE,
    SAME_VILLAGE,
    SAME_YEAR,
    Sought,
    likely_duplicates,
    name_likeness,
    village_key,
)
from catalog.models import Sex
from marketplace.accounts.models import Role
from marketplace.core.secrets import Vault
from marketplace.core.text import fold_loose
from tests import factories as make
from tests.catalog.registry import fill, noisy

PHONE = "+84912345678"


def likeness(one: str, other: str) -> float:
    return name_likeness(fold_loose(one).split(), fold_loose(other).split())


def test_nine_of_ten_duplicates_are_found_and_nine_of_ten_found_are_duplicates(db: Session) -> None:
    rng, communes = Random(2021), read_communes(db)  # noqa: S311 - a made-up registry
    office = make.an_account(db, Role.COORDINATOR)
    registered = fill(db, communes, rng, 1000)
    places = sorted({one.again.commune_id for one in registered})
    true, found, shown = 0, 0, 0
    for one in rng.sample(registered, 100):
        again = noisy(rng, one.again, places)
        suspects = likely_duplicates(db, office, communes, again)
        true += 1
        found += any(suspect.household_id == one.household_id for suspect in suspects)
        shown += len(suspects)
    for one in rng.sample(registered, 300):  # somebody who is nobody's duplicate
        shown += len(likely_duplicates(db, office, communes, one.again, but=one.household_id))

    assert found / true >= 0.9
    assert found / shown >= 0.9


def test_a_check_among_ten_thousand_households_looks_at_few_of_them(
    db: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng, communes = Random(7), read_communes(db)  # noqa: S311 - a made-up registry
    office = make.an_account(db, Role.COORDINATOR)
    registered = fill(db, communes, rng, 10_000)
    db.commit()
    compared: list[int] = []
    best = duplicates._best

    def counting(rows: Iterable[Any], *rest: Any) -> list[duplicates.Match]:
        looked_at = list(rows)
        compared.append(len(looked_at))
        return best(looked_at, *rest)

    monkeypatch.setattr(duplicates, "_best", counting)
    for one in rng.sample(registered, 15):
        likely_duplicates(db, office, communes, one.again)

    assert len(compared) == 15
    assert max(compared) <= 400, compared


@pytest.mark.parametrize(
    ("one", "other", "least", "most"),
    [
        ("Hoàng Thị Vén", "hoang thi ven", 1.0, 1.0),
        ("Nguyễn Thị Mỹ", "Nguyễn Thị Mĩ", 1.0, 1.0),
        ("Hoàng Thị Vén", "Hoàng Vén", 0.9, 0.99),
        ("Nông Văn Trường", "Nông Văn Chường", 0.9, 0.99),
        ("Lý A Sử", "Lò A Sì", 0.0, 0.59),
        ("Giàng A Páo", "Hoàng Thị Vén", 0.0, 0.3),
        ("", "Hoàng Thị Vén", 0.0, 0.0),
    ],
)
def test_names_are_compared_by_their_parts(one: str, other: str, least: float, most: float) -> None:
    assert least <= round(likeness(one, other), 6) <= most
    assert likeness(one, other) == pytest.approx(likeness(other, one), abs=0.1)


def test_hamlets_are_known_by_their_bare_name() -> None:
    assert village_key("Thôn Vĩnh Sơn") == village_key("vinh son") == village_key("Bản  VĨNH SƠN")


def test_the_reasons_are_said_in_words(db: Session) -> None:
    household = make.a_household(db, head="Hoàng Thị Vén")
    head = make.head_of(db, household)
    head.birth_year, head.phone = 1970, PHONE
    worker = make.an_account(db)

    (same,) = likely_duplicates(
        db,
        worker,
        read_communes(db),
        Sought("Hoàng Thị Vén", household.commune_id, "Vĩnh Sơn", birth_year=1970, phone=PHONE),
    )
    (near,) = likely_duplicates(
        db, worker, read_communes(db), Sought("hoang thi ven", household.commune_id, "x", birth_year=1971)
    )

    assert same.reasons == [SAME_NAME, SAME_VILLAGE, SAME_COMMUNE, SAME_YEAR, SAME_PHONE]
    assert near.reasons == [ALIKE_NAME, SAME_COMMUNE, NEAR_YEAR]
    assert (same.name, same.code, same.seen) == ("Hoàng Thị Vén", household.code, True)


def test_the_national_id_decides_alone(db: Session, vault: Vault) -> None:
    household = make.a_household(db)
    head = make.head_of(db, household)
    head.national_id_lookup = vault.lookup("002399000001")
    worker, communes = make.an_account(db), read_communes(db)
    another_name = Sought(
        "Giàng A Páo", household.commune_id, "x", national_id_lookup=vault.lookup("002399000001")
    )
    another_id = Sought(
        "Hoàng Thị Vén",
        household.commune_id,
        "Thôn Vĩnh Sơn",
        national_id_lookup=vault.lookup("002399000002"),
    )

    (found,) = likely_duplicates(db, worker, communes, another_name)
    assert (found.points, found.reasons) == (100, [SAME_ID])
    assert likely_duplicates(db, worker, communes, another_id) == []


def test_one_phone_in_a_family_makes_no_duplicate(db: Session) -> None:
    household = make.a_household(db)
    make.head_of(db, household).phone = PHONE
    neighbour = Sought("Giàng A Páo", household.commune_id, "Thôn Vĩnh Sơn", phone=PHONE)

    assert likely_duplicates(db, make.an_account(db), read_communes(db), neighbour) == []


def test_a_member_counts_like_the_head_and_one_of_the_other_sex_does_not(db: Session) -> None:
    household = make.a_household(db, head="Nông Văn Tuấn")
    make.a_person(db, household, name="Ma Thị Ảnh", birth_year=1980, sex=Sex.FEMALE)
    communes, worker = read_communes(db), make.an_account(db)
    wife = Sought("Ma Thị Ảnh", household.commune_id, "Vĩnh Sơn", birth_year=1980, sex=Sex.FEMALE)
    man = Sought("Ma Thị Ảnh", household.commune_id, "khác", birth_year=1995, sex=Sex.MALE)

    assert [one.household_id for one in likely_duplicates(db, worker, communes, wife)] == [household.id]
    assert likely_duplicates(db, worker, communes, man) == []


def test_outside_ones_communes_a_suspect_has_neither_name_nor_code(db: Session) -> None:
    make.a_household(db, commune="Xã Việt Lâm", head="Hoàng Thị Vén", village="Thôn Chung")
    communes, worker = read_communes(db), make.an_account(db)
    here = make.a_commune(db).id or 0
    sought = Sought("Hoàng Thị Vén", here, "Thôn Chung")
    make.head_of(db, make.a_household(db, commune="Xã Việt Lâm", head="Sùng Thị Máy")).phone = PHONE

    found = likely_duplicates(
        db, worker, communes, Sought("Sùng Thị Máy", here, "Thôn Vĩnh Sơn", phone=PHONE)
    )

    assert [(one.seen, one.name, one.code) for one in found] == [(False, None, None)]
    assert likely_duplicates(db, worker, communes, sought) == []


def test_a_household_that_left_the_registry_is_not_suspected(db: Session) -> None:
    household = make.a_household(db, active=False)
    sought = Sought("Hoàng Thị Vén", household.commune_id, "Thôn Vĩnh Sơn")

    assert likely_duplicates(db, make.an_account(db), read_communes(db), sought) == []
