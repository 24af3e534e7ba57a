"""Certificates: who earned one, numbers without a gap, and what taking back and issuing again leave."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func
from sqlmodel import col, select

from catalog.models import Person
from marketplace.accounts.models import Account
from marketplace.core import db as database
from marketplace.core.audit import AuditEntry
from marketplace.core.errors import NotFound
from tests import factories as make
from tests.catalog.looking import seen
from tests.training.awarding import a_closed_class, an_award, an_office, somebody
from training import awards
from training.award_checks import check_token
from training.closing import decide, reopen_attendance
from training.earning import AwardState, who_earned
from training.models import (
    CertificateCopy,
    CertificateYear,
    EnrolmentSource,
    EnrolmentStatus,
    TrainingCertificate,
    TrainingSession,
    WalkIn,
)
from training.walk_ins import link_walk_in, unlink_walk_in

NOW = make.NOW


def states(db, training):
    return {one.person.name: one.state for one in who_earned(db, training)}


def copies_of(db, award):
    rows = select(CertificateCopy).where(CertificateCopy.certificate_id == award.id)
    return list(db.exec(rows.order_by(col(CertificateCopy.version))))


def kept(db):
    """How many certificates and copies there are, and the last number given out."""
    count = [
        db.exec(select(func.count()).select_from(kind)).one()
        for kind in (TrainingCertificate, CertificateCopy)
    ]
    return (*count, db.exec(select(CertificateYear.last)).all())


# --- who earned one -----------------------------------------------------------------------------------------


def test_who_attended_enough_half_days_earned_one(db):
    training = a_closed_class(db, parts=3, needed_half_days=2)
    somebody(db, training, "Đủ Ba Buổi", came=(True, True, True))
    somebody(db, training, "Đủ Hai Buổi", came=(True, False, True))
    somebody(db, training, "Một Buổi", came=(False, True, False))
    somebody(db, training, "Không Đến", came=(False, False, False))

    assert states(db, training) == {
        "Đủ Ba Buổi": AwardState.EARNED,
        "Đủ Hai Buổi": AwardState.EARNED,
        "Một Buổi": AwardState.SHORT,
        "Không Đến": AwardState.SHORT,
    }
    assert {one.person.name: (one.came, one.needed) for one in who_earned(db, training)}["Đủ Hai Buổi"] == (
        2,
        2,
    )


def test_who_had_a_seat_and_was_never_marked_is_shown_with_none(db):
    training = a_closed_class(db)
    seated, gone = make.a_household(db, head="Có Chỗ"), make.a_household(db, head="Đã Rút")
    make.an_enrolment(db, training=training, household=seated)
    make.an_enrolment(db, training=training, household=gone, status=EnrolmentStatus.LEFT)

    assert [(one.person.name, one.came) for one in who_earned(db, training)] == [("Có Chỗ", 0)]


def test_nobody_earned_one_before_attendance_is_closed(db):
    training = a_closed_class(db)
    somebody(db, training)
    training.attendance_closed_at = None

    assert states(db, training) == {"Hoàng Thị Vén": AwardState.SHORT}
    with pytest.raises(awards.AttendanceOpen):
        awards.issue_awards(db, an_office(db), training, now=NOW)
    assert kept(db) == (0, 0, [])


def test_a_walk_in_without_a_household_gets_none_until_it_is_registered(db):
    training = a_closed_class(db)
    draft = make.a_household(db, head="Lù Seo Páo", draft=True)
    person = make.head_of(db, draft)
    make.an_attendance(db, training=training, person=person)
    office = an_office(db)

    assert states(db, training) == {"Lù Seo Páo": AwardState.DRAFT}
    assert awards.issue_awards(db, office, training, now=NOW) == []
    with pytest.raises(awards.NotRegistered):
        awards.issue_awards(db, office, training, [person.id], now=NOW)
    assert kept(db) == (0, 0, [])

    draft.draft = False
    db.add(draft)
    db.flush()
    assert [award.number for award in awards.issue_awards(db, office, training, now=NOW)] == [
        "HG-TH-2021-0001"
    ]


def test_a_walk_in_counts_for_whom_it_was_linked_to_as_long_as_it_is(db):
    training, office = a_closed_class(db), an_office(db)
    draft = make.a_household(db, head="Lù Seo Páo", draft=True)
    walker, known = make.head_of(db, draft), make.head_of(db, make.a_household(db, head="Lù Seo Páo Thật"))
    make.an_enrolment(db, training=training, household=draft, source=EnrolmentSource.WALK_IN)
    make.an_attendance(db, training=training, person=walker)
    walk_in = WalkIn(training_id=training.id, person_id=walker.id, created_at=NOW, client_key="cửa-1")
    db.add(walk_in)
    db.flush()

    link_walk_in(db, office, walk_in.id, known.id, now=NOW)
    assert states(db, training) == {"Lù Seo Páo Thật": AwardState.EARNED}
    awards.issue_awards(db, office, training, now=NOW)

    unlink_walk_in(db, office, walk_in.id)
    assert states(db, training) == {"Lù Seo Páo": AwardState.DRAFT, "Lù Seo Páo Thật": AwardState.LAPSED}


# --- giving out ---------------------------------------------------------------------------------------------


def test_everybody_who_earned_one_gets_one_in_order_of_names(db):
    training = a_closed_class(db)
    for name, came in (
        ("Nông Văn Tuấn", True),
        ("Bàn Tà Liều", True),
        ("Vắng Một Buổi", False),
        ("Lò A Bình", True),
    ):
        somebody(db, training, name, came=(True, came))

    made = awards.issue_awards(db, an_office(db), training, now=NOW)

    names = {award.number: db.get_one(Person, award.person_id).name for award in made}
    assert names == {
        "HG-TH-2021-0001": "Lò A Bình",
        "HG-TH-2021-0002": "Bàn Tà Liều",
        "HG-TH-2021-0003": "Nông Văn Tuấn",
    }
    assert kept(db) == (3, 3, [3])


def test_a_certificate_keeps_what_was_true_when_it_was_issued(db):
    course = make.a_course(db, "Đóng gói cam tươi")
    training = a_closed_class(db, course=course, minutes_per_half_day=210, needed_half_days=1)
    person = somebody(db, training, came=(True, True))
    person.birth_year = 1975
    award = an_award(db, training, person)

    [copy] = copies_of(db, award)
    assert copy.model_dump(exclude={"id", "certificate_id", "token"}) == {
        "version": 1,
        "name": "Hoàng Thị Vén",
        "birth_year": 1975,
        "course": "Đóng gói cam tươi",
        "organiser": "Trung tâm khuyến nông",
        "place": "Nhà văn hóa thôn Vĩnh Sơn, xã Vĩnh Hảo, huyện Bắc Quang",
        "held_from": training.starts_on,
        "held_to": training.ends_on,
        "half_days": 2,
        "minutes": 420,
        "issued_at": NOW,
        "reason": "",
    }
    assert re.fullmatch(r"[A-Za-z0-9_-]{22}", copy.token)
    person.name, course.topic, training.venue = "Tên Khác", "Khác", "Khác"
    db.flush()
    assert (copies_of(db, award)[0].name, copies_of(db, award)[0].course) == (
        "Hoàng Thị Vén",
        "Đóng gói cam tươi",
    )


def test_issuing_again_gives_nobody_a_second_one(db):
    training = a_closed_class(db)
    first = somebody(db, training, "Bàn Tà Liều")
    office = an_office(db)
    awards.issue_awards(db, office, training, now=NOW)
    somebody(db, training, "Lò A Bình")

    assert [award.number for award in awards.issue_awards(db, office, training, now=NOW)] == [
        "HG-TH-2021-0002"
    ]
    assert awards.issue_awards(db, office, training, now=NOW) == []
    assert awards.issue_awards(db, office, training, [first.id], now=NOW) == []
    assert kept(db) == (2, 2, [2])


def test_who_is_named_but_did_not_earn_one_is_refused_and_nobody_gets_one(db):
    training = a_closed_class(db)
    good, short = (
        somebody(db, training, "Lò A Bình"),
        somebody(db, training, "Bàn Tà Liều", came=(True, False)),
    )
    stranger = make.head_of(db, make.a_household(db, head="Người Ngoài"))
    office = an_office(db)

    with pytest.raises(awards.NotEarned) as refused:
        awards.issue_awards(db, office, training, [good.id, short.id], now=NOW)
    with pytest.raises(NotFound):
        awards.issue_awards(db, office, training, [good.id, stranger.id], now=NOW)

    assert refused.value.text() == "Bàn Tà Liều mới dự 1/2 buổi nên chưa được cấp giấy chứng nhận."
    assert kept(db) == (0, 0, [])


def test_numbers_start_anew_with_the_year_of_issue_in_vietnam(db):
    office, numbers = an_office(db), []
    for now in (
        datetime(2021, 12, 31, 16, 59, tzinfo=UTC),
        datetime(2021, 12, 31, 17, 0, tzinfo=UTC),
        datetime(2022, 5, 1, tzinfo=UTC),
    ):
        training = a_closed_class(db)
        somebody(db, training)
        numbers += [award.number for award in awards.issue_awards(db, office, training, now=now)]

    assert numbers == ["HG-TH-2021-0001", "HG-TH-2022-0001", "HG-TH-2022-0002"]


def test_after_9999_numbers_grow_longer(db):
    db.add(CertificateYear(year=2021, last=9999))
    training = a_closed_class(db)

    assert an_award(db, training, somebody(db, training)).number == "HG-TH-2021-10000"


def test_numbers_given_out_at_the_same_moment_are_unique_and_without_a_gap(db, engine):
    """Eight clerks, four classes, each class twice; one clerk's work is thrown away."""
    office = an_office(db)
    classes = [a_closed_class(db) for _ in range(4)]
    for training in classes:
        for name in ("Bàn Tà Liều", "Lò A Bình", "Nông Văn Tuấn"):
            somebody(db, training, name)
    ids = [training.id for training in classes]
    db.commit()

    def issue(turn):
        with database.session(engine, writing=True) as own:
            training = own.get_one(TrainingSession, ids[turn % 4])
            made = awards.issue_awards(own, own.get_one(Account, office.id), training, now=NOW)
            if turn == 2:
                own.rollback()
                return 0
            own.commit()
            return len(made)

    with ThreadPoolExecutor(8) as threads:
        given = list(threads.map(issue, range(8)))

    assert sum(given) == 12
    numbers = sorted(seen(engine, select(TrainingCertificate.number)))
    assert numbers == [f"HG-TH-2021-{serial:04d}" for serial in range(1, 13)]
    assert len(set(seen(engine, select(CertificateCopy.token)))) == 12


# --- taking back, issuing again -----------------------------------------------------------------------------


def test_a_certificate_taken_back_keeps_its_reason_and_is_not_issued_again_by_issuing(db):
    training = a_closed_class(db)
    award, office = an_award(db, training, somebody(db, training)), an_office(db)

    awards.revoke_award(db, office, award, "Cấp nhầm người", now=NOW)

    assert (award.revoked_at, award.revoked_by, award.revoked_reason) == (NOW, office.id, "Cấp nhầm người")
    assert states(db, training) == {"Hoàng Thị Vén": AwardState.REVOKED}
    assert awards.issue_awards(db, office, training, now=NOW) == []


def test_a_second_revocation_is_refused_and_keeps_the_first(db):
    training = a_closed_class(db)
    award, office = an_award(db, training, somebody(db, training)), an_office(db)
    awards.revoke_award(db, office, award, "Cấp nhầm người", now=NOW)

    with pytest.raises(awards.AwardRevoked):
        awards.revoke_award(db, office, award, "Lần hai", now=NOW + timedelta(days=1))

    assert (award.revoked_at, award.revoked_reason) == (NOW, "Cấp nhầm người")


def test_a_revocation_made_by_mistake_is_undone_and_stays_in_the_audit(db):
    training = a_closed_class(db)
    award, office = an_award(db, training, somebody(db, training)), an_office(db)
    awards.revoke_award(db, office, award, "Nhầm", now=NOW)

    awards.restore_award(db, office, award)

    assert (award.revoked_at, award.revoked_by, award.revoked_reason) == (None, None, "")
    assert states(db, training) == {"Hoàng Thị Vén": AwardState.VALID}
    with pytest.raises(awards.AwardNotRevoked):
        awards.restore_award(db, office, award)
    entries = db.exec(select(AuditEntry).where(AuditEntry.subject_kind == "training_certificate")).all()
    assert [entry.action for entry in entries] == ["award.issued", "award.revoked", "award.restored"]
    assert entries[-1].facts == {"revoked_at": NOW.isoformat(), "reason": "Nhầm"}


def test_issuing_again_keeps_the_number_and_makes_a_new_version_with_its_own_token(db):
    training = a_closed_class(db)
    person = somebody(db, training, "Hoàng Thị Ven")
    award, office = an_award(db, training, person), an_office(db)
    person.name = "Hoàng Thị Vén"
    later = NOW + timedelta(days=3)

    copy = awards.reissue_award(db, office, award, "Sửa tên", version=1, now=later)

    first, second = copies_of(db, award)
    assert second == copy
    assert (first.name, second.name) == ("Hoàng Thị Ven", "Hoàng Thị Vén")
    assert (second.version, second.issued_at, second.reason) == (2, later, "Sửa tên")
    assert first.token != second.token
    assert award.number == "HG-TH-2021-0001"
    assert kept(db) == (1, 2, [1])


def test_issuing_again_from_a_page_of_before_is_refused(db):
    training = a_closed_class(db)
    award, office = an_award(db, training, somebody(db, training)), an_office(db)
    awards.reissue_award(db, office, award, "Mất giấy", version=1, now=NOW)

    with pytest.raises(awards.AlreadyReissued):
        awards.reissue_award(db, office, award, "Mất giấy", version=1, now=NOW)

    assert kept(db) == (1, 2, [1])


def test_a_revoked_certificate_is_not_issued_again(db):
    training = a_closed_class(db)
    award, office = an_award(db, training, somebody(db, training)), an_office(db)
    awards.revoke_award(db, office, award, "Nhầm", now=NOW)

    with pytest.raises(awards.AwardRevoked):
        awards.reissue_award(db, office, award, "Mất giấy", version=1, now=NOW)

    assert kept(db) == (1, 1, [1])


def test_a_certificate_whose_attendance_was_corrected_waits_for_a_person_to_revoke_it(db):
    training = a_closed_class(db)
    person = somebody(db, training)
    award, office = an_award(db, training, person), an_office(db)
    decide(
        db,
        office,
        training,
        person.id,
        2,
        present=False,
        reason="Về sớm",
        now=NOW,
    )

    assert states(db, training) == {"Hoàng Thị Vén": AwardState.LAPSED}
    assert award.revoked_at is None
    with pytest.raises(awards.NotEarned):
        awards.reissue_award(db, office, award, "Mất giấy", version=1, now=NOW)
    awards.revoke_award(db, office, award, "Không đủ buổi", now=NOW)
    with pytest.raises(awards.NotEarned):
        awards.restore_award(db, office, award)
    assert award.revoked_at == NOW


def test_a_class_opened_again_for_correction_calls_no_certificate_into_question(db):
    training, office = a_closed_class(db), an_office(db)
    person = somebody(db, training)
    an_award(db, training, person)

    reopen_attendance(db, office, training)
    decide(
        db,
        office,
        training,
        person.id,
        2,
        present=False,
        reason="Về sớm",
        now=NOW,
    )

    assert states(db, training) == {"Hoàng Thị Vén": AwardState.VALID}


# --- what the public is told --------------------------------------------------------------------------------


def told(db, token):
    check = check_token(db, token)
    return (check.face.state.value, check.face.newest) if check.found else None


def test_each_copy_tells_its_own_state(db):
    training = a_closed_class(db)
    award, office = an_award(db, training, somebody(db, training)), an_office(db)
    first = copies_of(db, award)[0].token
    assert told(db, first) == ("valid", 1)

    second = awards.reissue_award(db, office, award, "Mất giấy", version=1, now=NOW).token
    assert (told(db, first), told(db, second)) == (("replaced", 2), ("valid", 2))

    awards.revoke_award(db, office, award, "Nhầm", now=NOW)
    assert (told(db, first), told(db, second)) == (("revoked", 2), ("revoked", 2))


TOKEN = "Ab-_5678901234567890xY"


@pytest.mark.parametrize(
    "altered",
    [TOKEN[:-1], TOKEN + "A", TOKEN.swapcase(), TOKEN[:-1] + "Z", "", "\0" * 22, "é" * 22, f" {TOKEN}"],
)
def test_a_token_that_is_not_exactly_one_of_ours_finds_nothing(db, altered):
    training = a_closed_class(db)
    award = an_award(db, training, somebody(db, training))
    [copy] = copies_of(db, award)
    copy.token = TOKEN
    db.add(copy)
    db.flush()

    assert told(db, TOKEN) == ("valid", 1)
    assert told(db, altered) is None


def test_without_any_certificate_every_token_is_unknown(db):
    assert told(db, "A" * 22) is None
