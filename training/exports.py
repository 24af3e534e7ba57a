"""Lists of classes, of entries and rosters as tables: for Excel, and for the printer.

Phones, birth years, groups and poverty are on them only for who may see them on a page (R-76).
"""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from catalog.communes import read_communes
from catalog.household_page import may_see_identifiers
from catalog.models import POVERTY_LABELS, SEX_LABELS, Person, Poverty, Sex
from catalog.people import ETHNIC_GROUPS
from marketplace.accounts.models import Account
from marketplace.core.i18n import N_
from marketplace.core.tables import Cell, Sheet, Words
from marketplace.core.units import date_vi, datetime_vi, local_day
from training.entry_pages import Entry, groups_of, shown_phone
from training.models import (
    DAY_PART_LABELS,
    ENROLMENT_SOURCE_LABELS,
    TRAINING_STATUS_LABELS,
    Attendance,
    DayPart,
    Enrolment,
    EnrolmentSource,
    HalfDay,
    Seat,
    TrainingSession,
    TrainingStatus,
)
from training.pages import Head, Wanted, matching
from training.rosters import Line, half_days_by_number, roster_of

COUNTED = N_(
    "Bốn số không cộng lẫn: lớp, người, hộ, lượt (người nhân với buổi). Dòng cộng chỉ tính lớp đã tổ chức và "
    "đã chốt điểm danh; một người dự hai lớp là một người, hai lượt trở lên."
)
MASKED = N_("Số điện thoại được che; năm sinh, dân tộc và diện hộ chỉ hộ và khuyến nông của xã được xem.")
TICK = "x"


# --- classes
# ------------------------------------------------------------------------------------------------------------

_CLASS_HEADS = (
    N_("Mã lớp"), N_("Khóa học"), N_("Ngày đầu"), N_("Ngày cuối"), N_("Xã"), N_("Địa điểm"),
    N_("Đơn vị tổ chức"), N_("Trạng thái"), N_("Chốt điểm danh"), N_("Số chỗ"), N_("Người ghi tên"),
    N_("Hộ ghi tên"), N_("Người dự"), N_("Hộ dự"), N_("Lượt dự"),
)  # fmt: skip


def classes_sheet(db: Session, actor: Account, wanted: Wanted, *, now: datetime, say: Words = str) -> Sheet:
    """Every class in sight that fits, latest first, with its figures; totals of those that count (R-92)."""
    communes = read_communes(db)
    fitting = matching(actor, wanted, communes)
    order = (col(TrainingSession.starts_on).desc(), col(TrainingSession.id).desc())
    rows = db.execute(fitting.order_by(*order)).all()
    ids = fitting.with_only_columns(col(TrainingSession.id))
    entered, came = _entered(db, ids), _came(db, ids)
    nobody = (0, 0, 0)
    table: list[Sequence[Cell]] = [
        (
            one.code, course.topic, one.starts_on, one.ends_on, communes.by_id[one.commune_id].label,
            one.venue, one.organiser, say(TRAINING_STATUS_LABELS[TrainingStatus(one.status)]),
            say(N_("đã chốt") if one.attendance_closed_at else N_("chưa chốt")), one.capacity,
            *entered.get(one.id or 0, (0, 0)), *came.get(one.id or 0, nobody),
        )
        for one, course in rows
    ]  # fmt: skip
    closed = fitting.where(col(TrainingSession.attendance_closed_at).is_not(None))
    classes, *figures = _total(db, closed.with_only_columns(col(TrainingSession.id)))
    foot = (say(N_("Cộng")), say(N_("%(number)s lớp")) % {"number": classes}, *[None] * 10, *figures)
    about = [
        *_about(say(N_("Danh sách lớp tập huấn")), actor, now, say),
        (say(N_("Cách tính")), say(COUNTED)),
    ]
    return Sheet(about, [say(head) for head in _CLASS_HEADS], table, foot)


def _entered(db: Session, ids: "sa.Select[int | None]") -> dict[int, tuple[int, int]]:
    """Persons and households with a seat that was not given back, by class; walk-ins are entries too."""
    rows = db.execute(
        sa.select(
            col(Seat.training_id), sa.func.count(), sa.func.count(sa.distinct(col(Enrolment.household_id)))
        )
        .join(Enrolment, col(Enrolment.id) == Seat.enrolment_id)
        .where(col(Seat.training_id).in_(ids), col(Seat.given_back_at).is_(None))
        .where(col(Enrolment.status).in_(("registered", "offered")))
        .group_by(col(Seat.training_id))
    )
    return {key: (people, households) for key, people, households in rows}


def _came(db: Session, ids: "sa.Select[int | None]") -> dict[int, tuple[int, int, int]]:
    """Persons, households and attendances, by class."""
    rows = db.execute(
        sa.select(col(Attendance.training_id), *_FIGURES)
        .join(Person, col(Person.id) == Attendance.person_id)
        .where(col(Attendance.training_id).in_(ids), col(Attendance.present))
        .group_by(col(Attendance.training_id))
    )
    return {row[0]: (row[1], row[2], row[3]) for row in rows}


def _total(db: Session, ids: "sa.Select[int | None]") -> tuple[int, int, int, int]:
    """Classes, distinct persons, distinct households, attendances."""
    classes = db.execute(sa.select(sa.func.count()).select_from(ids.subquery())).scalar_one()
    row = db.execute(
        sa.select(*_FIGURES)
        .select_from(Attendance)
        .join(Person, col(Person.id) == Attendance.person_id)
        .where(col(Attendance.training_id).in_(ids), col(Attendance.present))
    ).one()
    return classes, row[0], row[1], row[2]


_FIGURES = (
    sa.func.count(sa.distinct(col(Attendance.person_id))),
    sa.func.count(sa.distinct(col(Person.household_id))),
    sa.func.count(),
)


# --- one class
# ------------------------------------------------------------------------------------------------------------

_ENTRY_HEADS = (
    N_("Tình trạng"), N_("Thứ tự"), N_("Mã hộ"), N_("Họ và tên"), N_("Thôn"), N_("Điện thoại"),
    N_("Ghi tên từ đâu"), N_("Ngày ghi tên"), N_("Ghi chú"),
)  # fmt: skip


def entries_sheet(db: Session, actor: Account, head: Head, *, now: datetime, say: Words = str) -> Sheet:
    """Everybody of every entry of a class, in the groups of its page."""
    groups = groups_of(db, actor, head.training, now=now)
    order = (groups.seated, groups.to_call, groups.walked_in, groups.waiting, groups.invited, groups.gone)
    entries = [one for group in order for one in group.entries]
    rows = [_entry_row(actor, one, person, say) for one in entries for person in one.people]
    about = _about_class(say(N_("Danh sách ghi tên")), actor, head, now, say)
    return Sheet(about, [say(name) for name in _ENTRY_HEADS], rows)


def _entry_row(actor: Account, one: Entry, person: Person, say: Words) -> Sequence[Cell]:
    entry = one.entry
    source = ENROLMENT_SOURCE_LABELS[EnrolmentSource(entry.source)]
    return (
        say(one.label), entry.place, one.household.code, person.name, one.household.village,
        shown_phone(actor, person.phone or one.head.phone), say(source),
        local_day(entry.created_at), entry.note,
    )  # fmt: skip


def roster_sheet(db: Session, actor: Account, head: Head, *, now: datetime, say: Words = str) -> Sheet:
    """Who is on the list and who came, half-day by half-day, under the headings that imports understand."""
    open_ = may_see_identifiers(actor)
    half_days = half_days_by_number(db, head.training)
    lines = [line for line in roster_of(db, head.training) if line.expected]
    heads = [say(N_("STT")), say(N_("Mã hộ")), say(N_("Họ và tên")), say(N_("Nam/nữ"))]
    if open_:
        heads += [say(N_("Năm sinh")), say(N_("Dân tộc")), say(N_("Hộ nghèo/cận nghèo"))]
    heads += [say(N_("Thôn")), say(N_("Xã")), say(N_("Điện thoại"))]
    heads += [_half_day_words(one, say) for one in half_days.values()]
    rows = [
        [place, *_line_cells(actor, line, say), *(_tick(line, number) for number in half_days)]
        for place, line in enumerate(lines, start=1)
    ]
    width = len(heads) - len(half_days)
    sums = [sum(_tick(line, number) == TICK for line in lines) for number in half_days]
    foot: list[Cell] = [None, say(N_("Cộng")), *[None] * (width - 2), *sums]
    return Sheet(_about_class(say(N_("Điểm danh")), actor, head, now, say), heads, rows, foot)


def _half_day_words(one: HalfDay, say: Words) -> str:
    said = {"n": one.number, "part": say(DAY_PART_LABELS[DayPart(one.part)]), "day": date_vi(one.day)}
    return say(N_("Buổi %(n)s (%(part)s %(day)s)")) % said


def _line_cells(actor: Account, line: Line, say: Words) -> list[Cell]:
    person, home = line.person, line.household
    cells: list[Cell] = [home.code, person.name, say(SEX_LABELS[Sex(person.sex)]) if person.sex else None]
    if may_see_identifiers(actor):
        poverty = say(POVERTY_LABELS[Poverty(line.poverty)]) if line.poverty else None
        cells += [
            None if person.birth_year is None else str(person.birth_year),
            ETHNIC_GROUPS.get(person.ethnicity or ""),
            poverty,
        ]
    return [*cells, home.village, line.commune, shown_phone(actor, person.phone)]


def _tick(line: Line, number: int) -> str:
    return TICK if number in line.came and line.came[number].present else ""


def _about(title: str, actor: Account, now: datetime, say: Words) -> list[tuple[str, str]]:
    return [
        (say(N_("Bảng")), title),
        (say(N_("Số liệu lúc")), datetime_vi(now)),
        (say(N_("Người xuất")), actor.name),
    ]


def _about_class(title: str, actor: Account, head: Head, now: datetime, say: Words) -> list[tuple[str, str]]:
    training = head.training
    days = date_vi(training.starts_on)
    if training.ends_on != training.starts_on:
        days = f"{days} – {date_vi(training.ends_on)}"
    about = _about(title, actor, now, say)
    about += [
        (say(N_("Lớp")), f"{training.code} · {head.course.topic}"),
        (say(N_("Thời gian")), days),
        (say(N_("Nơi học")), f"{training.venue}, {head.commune}"),
    ]
    return about if may_see_identifiers(actor) else [*about, (say(N_("Lưu ý")), say(MASKED))]
