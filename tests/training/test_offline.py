"""Marks and walk-ins that a phone kept without a network: taken once, in any order, never for a stranger."""

from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from sqlmodel import col, func, select

from catalog.models import Household, Person
from marketplace.core.db import writing
from marketplace.core.offline import Item, OfflineReceipt, receive
from tests import factories as make
from tests.catalog.looking import seen
from tests.conftest import NOW
from training.models import Attendance, AttendanceMark, Door, TrainingSession, TrainingStatus, WalkIn

PHONE_A, PHONE_B = "may-a", "may-b"
UNKNOWN = "Chương trình trên máy chủ chưa nhận được loại phiếu này. Hãy tải lại trang rồi gửi lại."
NOT_SEEN = "Không tìm thấy, hoặc không thuộc phạm vi của bạn."


class Room:
    """A class of two people that is on, and whoever holds it."""

    def __init__(self, db, engine) -> None:
        self.engine = engine
        self.worker = make.an_account(db)
        self.training = make.a_training(db, starts_on=make.TODAY, status=TrainingStatus.HELD)
        self.homes = [make.a_household(db, head=name) for name in ("Lý Thị Sử", "Bàn Thị Mỷ")]
        for home in self.homes:
            make.an_enrolment(db, training=self.training, household=home)
        self.people = [make.head_of(db, home) for home in self.homes]
        db.commit()

    def mark(self, number: int, who: int = 0, *, device: str = PHONE_A, **body: Any) -> Item:
        said = {
            "training": self.training.id,
            "half_day": 1,
            "person": self.people[who].id,
            "present": True,
            "door": "tap",
        }
        return Item(f"{device}-{number:04d}", "attendance.mark", device, number, NOW, said | body)

    def walk_in(self, number: int, **body: Any) -> Item:
        said = {"training": self.training.id, "name": "Giàng Thị Mai", "village": "Thôn Khuổi Phạt"}
        return Item(f"den-them-{number:04d}", "attendance.walk_in", PHONE_A, number, NOW, said | body)

    def send(self, *items: Item, actor=None, now=NOW):
        with writing(self.engine) as db:
            return receive(db, actor or self.worker, items, now=now)

    def set(self) -> list[tuple[str, bool, bool]]:
        rows = select(Person.name, Attendance.present, Attendance.disputed)
        joined = rows.join(Attendance, col(Attendance.person_id) == Person.id).order_by(Person.name)
        return [tuple(row) for row in seen(self.engine, joined)]

    def count(self, kind) -> int:
        return seen(self.engine, select(func.count()).select_from(kind))[0]

    def change(self, **values: Any) -> None:
        with writing(self.engine) as db:
            db.get_one(TrainingSession, self.training.id).sqlmodel_update(values)


@pytest.fixture
def room(db, engine):
    return Room(db, engine)


def states(receipts) -> list[str]:
    return [one.state for one in receipts]


def test_a_mark_sent_twice_is_one_mark_by_the_door_and_clock_of_the_phone(room):
    done_at = NOW - timedelta(hours=5)
    item = Item(**{**vars(room.mark(3, door="card")), "done_at": done_at})

    assert states([*room.send(item), *room.send(item)]) == ["kept", "again"]
    (mark,) = seen(room.engine, select(AttendanceMark))
    assert (mark.door, mark.device, mark.number, mark.present) == (Door.CARD, PHONE_A, 3, True)
    assert (mark.marked_at, mark.received_at, mark.actor_id) == (done_at, NOW, room.worker.id)
    assert room.set() == [("Lý Thị Sử", True, False)]


def test_the_phones_own_counting_decides_whatever_order_its_requests_arrive_in(room):
    first, second, third = room.mark(1), room.mark(2, present=False), room.mark(3)

    room.send(third)
    room.send(first, second)

    assert room.set() == [("Lý Thị Sử", True, False)]
    assert room.count(AttendanceMark) == 3


def test_two_phones_come_to_one_set_in_every_order(db, engine):
    found = set()
    for order in permutations(range(4)):
        room = Room(db, engine)
        items = [
            room.mark(1),
            room.mark(2, present=False),
            room.mark(1, device=PHONE_B),
            room.mark(2, 1, device=PHONE_B),
        ]
        for item in items:
            object.__setattr__(item, "key", f"{item.key}-{room.training.id}")
        for place in order:
            room.send(items[place])
        rows = select(Attendance).where(Attendance.training_id == room.training.id)
        names = [person.id for person in room.people]
        found.add(tuple(sorted(
            (names.index(row.person_id), row.present, row.disputed) for row in seen(engine, rows)
        )))  # fmt: skip

    assert found == {((0, True, True), (1, True, False))}


def test_a_walk_in_and_its_mark_arrive_together_and_twice(room):
    walk_in = room.walk_in(1)
    mark = room.mark(2, person=None, walk_in=walk_in.key)

    first = room.send(walk_in, mark)
    second = room.send(walk_in, mark)

    assert states([*first, *second]) == ["kept", "kept", "again", "again"]
    (person_id,) = seen(room.engine, select(WalkIn.person_id))
    assert first[0].result == second[0].result == {"person": person_id}
    assert room.set() == [("Giàng Thị Mai", True, False)]
    assert seen(room.engine, select(Household.draft).order_by(col(Household.id))) == [False, False, True]


def test_a_mark_of_a_walk_in_that_is_not_here_waits_for_it(room):
    walk_in = room.walk_in(1)
    mark = room.mark(2, person=None, walk_in=walk_in.key)

    (refused,) = room.send(mark)
    assert (refused.state, refused.sentence) == (
        "refused",
        "Máy chủ chưa nhận phiếu ghi người đến thêm này. Hãy gửi lại phiếu đó trước.",
    )
    assert room.count(AttendanceMark) == room.count(OfflineReceipt) == 0
    assert states(room.send(walk_in, mark)) == ["kept", "kept"]


def test_the_walk_in_of_another_class_is_nobody_in_this_one(db, room):
    other = make.a_training(db, starts_on=make.TODAY, status=TrainingStatus.HELD)
    db.commit()
    walk_in = room.walk_in(1, training=other.id)

    receipts = room.send(walk_in, room.mark(2, person=None, walk_in=walk_in.key))

    assert states(receipts) == ["kept", "refused"]
    assert room.set() == []


@pytest.mark.parametrize("kind", ["mark", "walk_in"])
def test_a_class_out_of_sight_is_not_there(db, room, kind):
    stranger = make.an_account(db, communes=("Xã Cao Bồ",))
    db.commit()

    (receipt,) = room.send(getattr(room, kind)(1), actor=stranger)

    assert (receipt.state, receipt.sentence) == ("refused", NOT_SEEN)
    assert [room.count(one) for one in (AttendanceMark, WalkIn, OfflineReceipt)] == [0, 0, 0]


@pytest.mark.parametrize(
    "body",
    [
        {"door": "decision"}, {"door": "paper"}, {"door": None}, {"present": "có"}, {"present": None},
        {"half_day": "1"}, {"half_day": 0}, {"half_day": 2**40}, {"person": "1"}, {"person": 2**31},
        {"person": [1]}, {"training": None}, {"training": 2**63}, {"training": 1.5}, {"walk_in": 7},
    ],
    ids=str,
)  # fmt: skip
def test_what_no_page_of_ours_sends_is_refused_by_itself(room, body):
    receipts = room.send(room.mark(1, **body), room.mark(2, 1))

    assert states(receipts) == ["refused", "kept"]
    assert receipts[0].sentence == UNKNOWN
    assert room.set() == [("Bàn Thị Mỷ", True, False)]


@pytest.mark.parametrize("half_day", [3, 2**31 - 1])
def test_a_half_day_the_class_does_not_have_is_refused(room, half_day):
    (receipt,) = room.send(room.mark(1, half_day=half_day))

    assert receipt.state == "refused"
    assert receipt.sentence == "Lớp không có buổi %(number)s. Hãy tải lại trang điểm danh."
    assert room.count(AttendanceMark) == 0


@pytest.mark.parametrize(
    ("body", "label"),
    [
        ({"name": ""}, "Họ và tên"), ({"name": "\x00"}, "Họ và tên"), ({"name": "M" * 101}, "Họ và tên"),
        ({"name": None}, "Họ và tên"), ({"name": {"a": 1}}, "Họ và tên"), ({"village": " "}, "Thôn, bản"),
        ({"village": "ß" * 60}, "Thôn, bản"), ({"training": "lớp"}, "Lớp"), ({"training": 2**40}, "Lớp"),
    ],
    ids=str,
)  # fmt: skip
def test_a_walk_in_that_cannot_be_read_is_told_which_answer_to_mend(room, body, label):
    (receipt,) = room.send(room.walk_in(1, **body))

    assert receipt.state == "refused"
    assert receipt.facts["label"] == label
    assert [room.count(one) for one in (WalkIn, OfflineReceipt)] == [0, 0]
    assert room.count(Household) == 2


def test_a_mark_for_a_class_called_off_may_be_sent_again_when_it_is_on(room):
    room.change(status=TrainingStatus.CANCELLED)
    (refused,) = room.send(room.mark(1))
    assert (refused.state, refused.sentence) == (
        "refused",
        "Lớp %(training)s đã hủy nên không điểm danh được.",
    )
    assert room.set() == []

    room.change(status=TrainingStatus.HELD)
    assert states(room.send(room.mark(1))) == ["kept"]
    assert room.set() == [("Lý Thị Sử", True, False)]


def test_what_comes_after_the_attendance_was_closed_is_kept_but_waits_for_a_person(room):
    room.send(room.mark(1))
    room.change(attendance_closed_at=NOW)

    assert states(room.send(room.mark(2, 1))) == ["kept"]
    assert room.set() == [("Lý Thị Sử", True, False)]
    assert seen(room.engine, select(AttendanceMark.held_back).order_by(col(AttendanceMark.number))) == [
        False,
        True,
    ]
