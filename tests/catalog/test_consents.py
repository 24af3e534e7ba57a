"""Consents: one purpose at a time, proved, withdrawn, never deleted; what stood on one comes down."""

from datetime import date, datetime, timedelta

import pytest
from sqlmodel import Session, select

from catalog import consents
from catalog.models import Consent, ConsentChannel
from marketplace.core.audit import AuditEntry
from marketplace.core.errors import Refused
from marketplace.selling.models import Listing, Wanted
from tests import factories as make

TODAY = date(2021, 12, 1)


def give(db: Session, code: str = "statistics", **values: object) -> Consent:
    household = make.a_household(db, consents=())
    facts: dict[str, object] = {
        "channel": ConsentChannel.SIGNATURE,
        "given_on": TODAY,
        "today": TODAY,
        **values,
    }
    return consents.record_consent(db, make.an_account(db), make.head_of(db, household), code, **facts)  # type: ignore[arg-type]  # facts of a test


def test_every_purpose_has_a_text_to_read_aloud() -> None:
    codes = [one.code for one in consents.purposes()]

    assert codes[0] == "registry"
    assert {"shop:sendo", "publish_identity", "statistics", "messages"} <= set(codes)
    for code in codes:
        one = consents.purpose(code)
        assert one.text % one.facts if one.facts else one.text
        assert one.version == "2021-11"


@pytest.mark.parametrize("code", ["", "shop", "shop:", "shop:SENDO", "shop:" + "x" * 25, "registry ", "x"])
def test_an_unknown_purpose_is_refused(code: str) -> None:
    with pytest.raises(consents.UnknownPurpose):
        consents.purpose(code)


@pytest.mark.parametrize("channel", [ConsentChannel.SPOKEN, ConsentChannel.THUMB_PRINT])
def test_a_spoken_or_thumb_consent_needs_a_witness(db: Session, channel: ConsentChannel) -> None:
    with pytest.raises(consents.WitnessNeeded):
        give(db, channel=channel)
    assert db.exec(select(Consent)).all() == []

    assert give(db, channel=channel, witness="Nông Văn Tuấn").witness == "Nông Văn Tuấn"


def test_a_consent_of_tomorrow_is_refused(db: Session) -> None:
    with pytest.raises(consents.NotYetGiven):
        give(db, given_on=TODAY + timedelta(days=1))
    assert db.exec(select(Consent)).all() == []


def test_one_in_force_is_returned_and_a_withdrawn_one_stays_in_the_history(
    db: Session, now: datetime
) -> None:
    worker, head = make.an_account(db), make.head_of(db, make.a_household(db, consents=()))

    def again() -> Consent:
        return consents.record_consent(
            db, worker, head, "messages", channel=ConsentChannel.ONLINE, given_on=TODAY, today=TODAY
        )

    first, second = again(), again()
    assert first.id == second.id
    consents.withdraw_consent(db, worker, first, now=now)
    third = again()

    assert third.id != first.id
    assert [one.id for one in consents.consents_of(db, [head])] == [third.id, first.id]
    assert (first.withdrawn_at, first.withdrawn_by) == (now, worker.id)


def test_a_second_withdrawal_changes_nothing(db: Session, now: datetime) -> None:
    worker, consent = make.an_account(db), give(db)
    consents.withdraw_consent(db, worker, consent, now=now)

    consents.withdraw_consent(db, make.an_account(db), consent, now=now + timedelta(days=1))

    assert (consent.withdrawn_at, consent.withdrawn_by) == (now, worker.id)
    db.flush()
    entries = db.exec(select(AuditEntry).where(AuditEntry.action == "consent.withdrawn")).all()
    assert len(entries) == 1


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        ("shop:sendo", Wanted.WITHDRAWN),
        ("registry", Wanted.WITHDRAWN),
        ("shop:voso", Wanted.ON_SALE),
        ("messages", Wanted.ON_SALE),
    ],
)
def test_a_withdrawal_takes_down_what_stood_on_it_and_nothing_else(
    db: Session, now: datetime, code: str, wanted: Wanted
) -> None:
    household = make.a_household(db, consents=("registry", "shop:sendo", "shop:voso", "messages"))
    neighbour = make.a_household(db, head="Lý A Sử")
    listings = []
    for one in (household, neighbour):
        producer, product = make.producer_of(db, one), make.a_product(db)
        make.a_lot(db, product=product, household=one)
        offer = make.an_offer(db, producer=producer, pack=make.a_pack(db, product))
        listings.append(make.a_listing(db, offer=offer, shop=make.a_shop(db, producer=producer)))
    head = make.head_of(db, household)
    consent = db.exec(select(Consent).where(Consent.person_id == head.id, Consent.purpose == code)).one()

    consents.withdraw_consent(db, make.an_account(db), consent, now=now)

    assert db.get_one(Listing, listings[0].id).wanted == wanted
    assert db.get_one(Listing, listings[1].id).wanted == Wanted.ON_SALE


def test_only_the_consent_of_the_head_carries_the_household(db: Session, now: datetime) -> None:
    carried, other = make.a_household(db), make.a_household(db, head="Lý A Sử", consents=())
    make.a_consent(db, make.a_person(db, other), "shop:sendo")
    ids = [carried.id or 0, other.id or 0]

    assert consents.consents_in_force(db, ids, "shop:sendo") == {carried.id}
    (given,) = [
        one for one in consents.consents_of(db, [make.head_of(db, carried)]) if one.purpose == "shop:sendo"
    ]
    consents.withdraw_consent(db, make.an_account(db), given, now=now)
    assert consents.consents_in_force(db, ids, "shop:sendo") == set()


def test_refusals_are_sentences() -> None:
    for refusal in (
        consents.UnknownPurpose,
        consents.WitnessNeeded,
        consents.NotYetGiven,
        consents.JustGiven,
    ):
        assert issubclass(refusal, Refused)
        assert refusal.sentence.endswith(".")
