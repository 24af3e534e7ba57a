"""What is known about a person, read from paper spellings; the national id stays sealed."""

from datetime import date, datetime

import pytest
from sqlmodel import Session, select

from catalog import households as cases
from catalog.forms import PersonIn
from catalog.models import Consent, Person, Sex
from catalog.people import (
    ETHNIC_CHOICES,
    ETHNIC_GROUPS,
    doubts_about,
    name_columns,
    people_of,
    read_birth_year,
    read_ethnicity,
    read_sex,
)
from marketplace.accounts.models import Role
from marketplace.core.audit import AuditEntry
from marketplace.core.errors import NotFound
from marketplace.core.forms import parsed
from marketplace.core.secrets import Vault
from marketplace.core.units import Unreadable
from tests import factories as make

TODAY = date(2021, 12, 1)
CARD = "002399000001"  # a woman of Hà Giang born in 2099: nobody


@pytest.mark.parametrize(
    ("typed", "sex"), [("Nam", Sex.MALE), ("nữ", Sex.FEMALE), (" BÀ ", Sex.FEMALE), ("ông", Sex.MALE)]
)
def test_a_sex_is_read_from_how_people_write_it(typed: str, sex: Sex) -> None:
    assert read_sex(typed) == sex


@pytest.mark.parametrize(
    ("typed", "code"),
    [("Mông", "08"), ("H’Mông", "08"), ("tay", "02"), ("8", "08"), ("Cờ Lao", "47"), ("kinh", "01")],
)
def test_a_group_is_read_in_any_spelling(typed: str, code: str) -> None:
    assert read_ethnicity(typed) == code


def test_every_group_is_offered_once_and_reads_as_itself() -> None:
    assert sorted(code for code, _ in ETHNIC_CHOICES) == sorted(ETHNIC_GROUPS)
    assert len(ETHNIC_GROUPS) == 54
    assert [read_ethnicity(name) for name in ETHNIC_GROUPS.values()] == list(ETHNIC_GROUPS)


@pytest.mark.parametrize(
    ("typed", "year"), [("1975", 1975), ("12/5/1975", 1975), ("2021", 2021), ("1900", 1900)]
)
def test_a_birth_year_is_read(typed: str, year: int) -> None:
    assert read_birth_year(typed, today=TODAY) == year


@pytest.mark.parametrize("typed", ["75", "2022", "1899", "١٩٧٥", "1975.5", "", "-1975x", "19 75"])
def test_a_wrong_birth_year_is_refused(typed: str) -> None:
    with pytest.raises(Unreadable):
        read_birth_year(typed, today=TODAY)


@pytest.mark.parametrize("read", [read_sex, read_ethnicity])
def test_unknown_words_are_refused(read: object) -> None:
    with pytest.raises(Unreadable):
        read("=HYPERLINK()")  # type: ignore[operator]  # both readers take a text


def test_what_disagrees_on_a_card_is_a_doubt_and_no_refusal() -> None:
    doubts = doubts_about(CARD, Sex.MALE, 1975, today=TODAY)

    assert {doubt.code for doubt in doubts} >= {"birth_year_differs"}
    assert doubts_about(None, Sex.MALE, 1975, today=TODAY) == []


def test_a_name_is_kept_as_written_and_searched_without_marks() -> None:
    columns = name_columns("Nguyễn Thị Mỹ")
    assert (columns["name"], columns["name_fold"], columns["name_loose"]) == (
        "Nguyễn Thị Mỹ",
        "nguyen thi my",
        "nguyen thi mi",
    )


def test_the_head_stands_first_and_a_member_needs_only_a_name(
    db: Session, vault: Vault, now: datetime
) -> None:
    household, worker = make.a_household(db), make.an_account(db)

    added = cases.add_person(
        db, worker, household, parsed(PersonIn, {"name": "Ma Thị Ảnh"}), vault=vault, now=now
    )

    assert [person.name for person in people_of(db, household)] == ["Hoàng Thị Vén", "Ma Thị Ảnh"]
    assert (added.is_head, added.phone, added.sex, added.created_at) == (False, None, None, now)


def test_a_national_id_is_shown_for_one_look_that_is_written_down(
    db: Session, vault: Vault, now: datetime
) -> None:
    household, worker = make.a_household(db), make.an_account(db)
    person = cases.add_person(
        db,
        worker,
        household,
        parsed(PersonIn, {"name": "Ma Thị Ảnh", "national_id": "002 399 000 001"}),
        vault=vault,
        now=now,
    )
    db.flush()

    assert CARD not in str(person.model_dump())
    assert cases.show_national_id(db, worker, person.id or 0, vault=vault) == CARD
    db.flush()
    entries = db.exec(select(AuditEntry).where(AuditEntry.action == "national_id.shown")).all()
    assert [(entry.actor_id, entry.subject_id) for entry in entries] == [(worker.id, person.id)]
    assert CARD not in str([entry.model_dump() for entry in entries])


def test_no_number_no_look(db: Session, vault: Vault) -> None:
    household, worker = make.a_household(db), make.an_account(db, Role.ADMIN)

    with pytest.raises(NotFound):
        cases.show_national_id(db, worker, make.head_of(db, household).id or 0, vault=vault)


def test_a_new_head_brings_the_own_consents_and_the_name_of_the_producer(
    db: Session, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    household, worker = make.a_household(db), make.an_account(db)
    wife = make.a_person(db, household, name="Ma Thị Ảnh")
    make.a_consent(db, wife, "registry")
    told: list[str] = []
    monkeypatch.setattr(
        "catalog.consents.on_withdrawal", [lambda _db, _who, consent, _now: told.append(consent.purpose)]
    )

    cases.change_head(db, worker, household, wife.id or 0, now=now)

    assert make.head_of(db, household).id == wife.id
    assert make.producer_of(db, household).name == "Hộ Ma Thị Ảnh"
    assert told == ["shop:sendo"]
    assert [one.withdrawn_at for one in db.exec(select(Consent))] == [None, None, None]


def test_somebody_of_another_household_cannot_become_the_head(db: Session, now: datetime) -> None:
    household, other = make.a_household(db), make.a_household(db, head="Lý A Sử")
    head = make.head_of(db, household)

    with pytest.raises(cases.UnknownMember):
        cases.change_head(db, make.an_account(db), household, make.head_of(db, other).id or 0, now=now)

    assert db.exec(select(Person.id).where(Person.household_id == household.id, Person.is_head)).all() == [
        head.id
    ]
