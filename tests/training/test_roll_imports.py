"""Old class lists from Excel: every mistake of every row in one pass, good rows in, the same file again."""

from datetime import date
from io import BytesIO

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook
from sqlmodel import func, select

from catalog.import_batches import AlreadyUndone, refusals_of
from catalog.import_workbook import refused_workbook
from catalog.models import Household, Person, PovertyStatus
from catalog.sheets import NoHeader
from marketplace.core.audit import AuditEntry
from marketplace.core.errors import Invalid, NotFound, Refused
from tests import factories as make
from tests.security.crawling import changed, contents
from tests.training.rolls import HEADINGS, a_list, a_row
from training.attendance import Mark, take_marks
from training.closing import decide
from training.models import (
    Attendance,
    AttendanceMark,
    Door,
    Enrolment,
    EnrolmentSource,
    Seat,
    TrainingSession,
    TrainingStatus,
    WalkIn,
)
from training.roll_classes import ClassStillAhead, OfCancelledClass
from training.roll_forms import RollIn
from training.roll_imports import import_roll
from training.roll_undo import RollTouched, undo_roll

HELD_ON = date(2021, 11, 9)
#: Tables that tell of the import itself, not of what it made.
TOLD = ("admin_unit", "admin_change", "audit_entry", "import_batch", "import_refusal")


@pytest.fixture
def worker(db):
    return make.an_account(db)


@pytest.fixture
def course(db):
    return make.a_course(db)


@pytest.fixture
def facts(course):
    return RollIn(
        course_id=course.id,
        first_day=HELD_ON,
        commune="Vĩnh Hảo",
        venue="Nhà văn hóa Vĩnh Sơn",
        organiser="Trung tâm khuyến nông",
        close=True,
    )


@pytest.fixture
def take(db, vault, worker):
    def taking(data, facts, *, actor=worker):
        return import_roll(db, actor, data, facts, vault=vault, now=make.NOW, most_rows=5_000)

    return taking


def counts(result) -> tuple[int, int, int, int]:
    batch = result.batch
    return batch.rows_new, batch.rows_updated, batch.rows_same, batch.rows_refused


def rows_in(db, engine):
    """What is in the database, as others see it."""
    db.commit()
    return contents(engine, but=TOLD)


def reasons(result) -> dict[int, list[str]]:
    return {
        row: [f"{one.column}: {one.sentence % one.facts}" for one in some] for row, some in result.refused
    }


def present(db, name: str) -> list[bool]:
    rows = (
        select(Attendance.present)
        .join(Person, Person.id == Attendance.person_id)
        .where(Person.name == name)
        .order_by(Attendance.half_day_id)
    )
    return list(db.exec(rows))


def test_a_class_list_becomes_a_class_that_was_held_with_who_came(db, take, facts):
    ven = make.a_household(db)
    take_it = a_list(
        a_row("Hoàng Thị Vén", poverty="Nghèo"),
        a_row("Lù Seo Páo", village="Thôn Khuổi Nà", born=1985, sex="Nam", group="Mông", signed=("x", "")),
        a_row("Chẩu Thị Mai", village="Thôn Khuổi Nà", poverty="cận nghèo", phone="0912345678"),
    )

    result = take(take_it, facts)

    assert (counts(result), result.rows, result.drafts) == ((3, 0, 0, 0), 3, 2)
    (training,) = db.exec(select(TrainingSession)).all()
    assert (training.status, training.starts_on, training.capacity) == (TrainingStatus.HELD, HELD_ON, 3)
    assert training.attendance_closed_at == make.NOW
    entries = db.exec(select(Enrolment).order_by(Enrolment.place)).all()
    assert [(one.source, one.place) for one in entries] == [(EnrolmentSource.IMPORT, n) for n in (1, 2, 3)]
    assert entries[0].household_id == ven.id
    assert [present(db, name) for name in ("Hoàng Thị Vén", "Lù Seo Páo", "Chẩu Thị Mai")] == [
        [True, True], [True, False], [True, True],
    ]  # fmt: skip
    assert {(one.door, one.device) for one in db.exec(select(AttendanceMark))} == {
        (Door.PAPER, f"import:{result.batch.id}")
    }
    drafts = db.exec(select(Household).where(Household.draft).order_by(Household.id)).all()
    assert [one.village for one in drafts] == ["Thôn Khuổi Nà", "Thôn Khuổi Nà"]
    pao = db.exec(select(Person).where(Person.name == "Lù Seo Páo")).one()
    assert (pao.sex, pao.birth_year, pao.ethnicity) == ("male", 1985, "08")
    told = db.exec(select(PovertyStatus).order_by(PovertyStatus.id)).all()
    assert [(one.household_id, one.year, one.status, one.source) for one in told] == [
        (ven.id, 2021, "poor", f"Danh sách lớp {training.code}"),
        (drafts[1].id, 2021, "near_poor", f"Danh sách lớp {training.code}"),
    ]


def faulty(known: Household) -> bytes:
    """Two good rows and eleven with one kind of mistake each, the last with three at once."""
    return a_list(
        a_row("Lù Seo Páo"),  # 4
        a_row(""),  # 5
        a_row("Giàng A Sính", village=""),  # 6
        a_row("Giàng A Sính", born="75"),  # 7
        a_row("Giàng A Sính", sex="x"),  # 8
        a_row("Giàng A Sính", group="Sao Hỏa"),  # 9
        a_row("Giàng A Sính", poverty="x"),  # 10
        a_row("Giàng A Sính", phone="12"),  # 11
        a_row("Giàng A Sính", commune="Atlantis"),  # 12
        a_row("Giàng A Sính", commune="Cao Bồ"),  # 13: not the worker's
        a_row("Giàng A Sính", signed=("v", "")),  # 14
        a_row("Hoàng Thị Vem"),  # 15: like one who is registered
        a_row("Lù Seo Páo"),  # 16: row 4 again
        a_row("Hầu Mí Sò"),  # 17
        a_row("", born="abc", phone="1"),  # 18
    )


def test_every_mistake_of_every_row_is_named_in_one_pass(db, take, facts):
    known = make.a_household(db)

    result = take(faulty(known), facts)

    assert (counts(result), result.rows) == ((2, 0, 0, 13), 15)
    said = reasons(result)
    assert said == {
        5: ["Họ và tên: Chưa có họ tên."],
        6: ["Thôn: Chưa có tên thôn, bản."],
        7: ["Năm sinh: “75” không phải là năm sinh. Hãy ghi đủ bốn chữ số, ví dụ 1975."],
        8: ["Nam/nữ: “x” không phải là giới tính. Hãy ghi Nam hoặc Nữ."],
        9: ["Dân tộc: Không có dân tộc “Sao Hỏa” trong danh mục. Hãy ghi tên, ví dụ Tày, Dao, Mông."],
        10: [
            "Hộ nghèo/cận nghèo: “x” không rõ là hộ nghèo hay cận nghèo. Hãy ghi Nghèo, Cận nghèo hoặc Không."
        ],
        11: said[11],
        12: [
            "Xã: Không có xã, phường nào tên “Atlantis”. Hãy xem lại tên xã, hoặc gõ tên cũ của xã."
        ],
        13: ["Xã: Xã này không thuộc phạm vi bạn phụ trách."],
        14: [
            "Ký nhận buổi 1: “v” không rõ là có mặt hay vắng. Hãy ghi x khi có mặt, để trống khi vắng."
        ],
        15: [
            f"Mã hộ: Giống hộ đã có trong sổ: Hoàng Thị Vén ({known.code}, Thôn Vĩnh Sơn). "
            "Hãy ghi mã hộ vào cột “Mã hộ”, hoặc ghi “mới” nếu là hộ khác."
        ],
        16: ["Họ và tên: Người này đã có ở dòng 4 của cùng lớp."],
        18: said[18],
    }  # fmt: skip
    assert [one.partition(":")[0] for one in said[11]] == ["Điện thoại"]
    assert [one.partition(":")[0] for one in said[18]] == ["Họ và tên", "Năm sinh", "Điện thoại"]
    assert len(db.exec(select(TrainingSession)).all()) == 1


def test_the_same_file_again_and_again_changes_nothing(db, engine, take, facts):
    known = make.a_household(db)
    data = faulty(known)
    take(data, facts)
    before = rows_in(db, engine)

    second, third = take(data, facts), take(data, facts)

    assert counts(second) == counts(third) == (0, 0, 2, 13)
    assert changed(before, rows_in(db, engine)) == []


def test_the_mended_workbook_adds_exactly_the_missing_ones(db, engine, vault, take, facts):
    known = make.a_household(db)
    result = take(faulty(known), facts)
    book = refused_workbook(refusals_of(db, result.batch), vault, say=str.__mod__, reason_heading="Lý do")
    rows = CalamineWorkbook.from_filelike(BytesIO(book)).get_sheet_by_index(0).to_python()
    assert rows[0] == [*HEADINGS, "Mã hộ", "Lý do"]
    heads = rows[0]
    doubtful = rows[11]
    assert doubtful[1] == "Hoàng Thị Vem"
    doubtful[heads.index("Mã hộ")] = "mới"
    noname = rows[1]
    noname[1] = "Vàng Thị Dính"

    again = take(a_list(noname, doubtful, headings=heads), facts)

    assert counts(again) == (2, 0, 0, 0)
    assert len(db.exec(select(TrainingSession)).all()) == 1
    people = select(Person.name).join(Seat, Seat.person_id == Person.id).order_by(Seat.id)
    assert db.exec(people).all() == ["Lù Seo Páo", "Hầu Mí Sò", "Vàng Thị Dính", "Hoàng Thị Vem"]
    assert db.exec(select(func.count()).where(Household.draft)).one() == 4
    assert present(db, "Vàng Thị Dính") == [True, True]  # after the close, as a correction
    late = db.exec(select(AttendanceMark).where(AttendanceMark.door == Door.DECISION)).all()
    assert {one.reason for one in late} == {"Bổ sung từ danh sách lớp trên Excel, sau khi chốt điểm danh"}
    before = rows_in(db, engine)
    assert counts(take(a_list(noname, doubtful, headings=heads), facts)) == (0, 0, 2, 0)
    assert changed(before, rows_in(db, engine)) == []


def test_an_import_is_undone_back_to_the_last_row(db, engine, take, facts, worker):
    known = make.a_household(db)
    before = rows_in(db, engine)
    data = a_list(a_row("Hoàng Thị Vén", poverty="Nghèo"), a_row("Lù Seo Páo", poverty="Nghèo"))
    result = take(data, facts)
    assert changed(before, rows_in(db, engine)) != []

    undo_roll(db, worker, result.batch, now=make.NOW)

    assert changed(before, rows_in(db, engine)) == []
    assert result.batch.undone_at == make.NOW
    with pytest.raises(AlreadyUndone):
        undo_roll(db, worker, result.batch, now=make.NOW)
    assert counts(take(data, facts)) == (2, 0, 0, 0)
    assert known.id == db.exec(select(Enrolment.household_id).order_by(Enrolment.place)).first()


def test_a_list_for_a_class_that_is_there_leaves_it_as_it_was_when_undone(db, engine, take, worker, course):
    training = make.a_training(db, course=course, starts_on=HELD_ON)
    household = make.a_household(db)
    make.an_enrolment(db, training=training, household=household)
    facts = RollIn(training_id=training.id, close=True)
    before = rows_in(db, engine)
    result = take(a_list(a_row("Hoàng Thị Vén"), a_row("Lù Seo Páo")), facts)
    assert counts(result) == (1, 1, 0, 0)
    db.refresh(training)
    assert (training.status, training.attendance_closed_at) == (TrainingStatus.HELD, make.NOW)

    undo_roll(db, worker, result.batch, now=make.NOW)

    assert changed(before, rows_in(db, engine)) == []


def test_a_class_others_have_marked_meanwhile_stays_held_when_a_list_is_undone(db, take, worker, course):
    training = make.a_training(db, course=course, starts_on=HELD_ON)
    household = make.a_household(db, head="Phàn Chòi Nhàn")
    make.an_enrolment(db, training=training, household=household)
    result = take(a_list(a_row("Lù Seo Páo")), RollIn(training_id=training.id))
    one = Mark("tay", 1, make.head_of(db, household).id, True, Door.TAP, "may", 1, make.NOW)
    take_marks(db, worker, training, [one], now=make.NOW)

    undo_roll(db, worker, result.batch, now=make.NOW)

    assert training.status == TrainingStatus.HELD
    assert db.exec(select(AttendanceMark.key)).all() == ["tay"]
    assert present(db, "Phàn Chòi Nhàn") == [True]


def register(db, worker, result):
    draft = db.exec(select(Household).where(Household.draft)).one()
    draft.draft = False
    db.add(AuditEntry(at=make.NOW, action="household.changed", subject_kind="household", subject_id=draft.id))


def mark(db, worker, result):
    training = result.classes[0]
    person = db.exec(select(Seat.person_id)).first()
    one = Mark("tay", 1, person, False, Door.TAP, "may", 1, make.NOW)
    take_marks(db, worker, training, [one], now=make.NOW)


def correct(db, worker, result):
    person = db.exec(select(Seat.person_id)).first()
    decide(db, worker, result.classes[0], person, 1, present=False, reason="Về sớm", now=make.NOW)


def link(db, worker, result):
    walk_in = db.exec(select(WalkIn)).one()
    walk_in.linked_person_id = make.head_of(db, make.a_household(db, head="Vàng A Páo")).id
    db.add(walk_in)


def enrol_another(db, worker, result):
    make.an_enrolment(db, training=result.classes[0], household=make.a_household(db, head="Vàng A Páo"))


@pytest.mark.parametrize("build", [register, mark, correct, link, enrol_another])
def test_an_import_somebody_built_on_is_not_undone(db, engine, take, facts, worker, build):
    result = take(a_list(a_row("Lù Seo Páo")), facts)
    build(db, worker, result)
    before = rows_in(db, engine)

    with pytest.raises(RollTouched):
        undo_roll(db, worker, result.batch, now=make.NOW)

    db.rollback()
    assert changed(before, rows_in(db, engine)) == []


def test_a_correction_by_hand_outlasts_the_same_file(db, take, facts, worker):
    data = a_list(a_row("Lù Seo Páo"))
    result = take(data, facts)
    correct(db, worker, result)

    assert counts(take(data, facts)) == (0, 0, 1, 0)
    assert present(db, "Lù Seo Páo") == [False, True]


def test_one_file_holds_many_classes_and_a_stranger_is_drafted_once(db, take, facts, course):
    other = make.a_course(db, topic="Chụp ảnh nông sản")
    heads = ["Khóa học", "Ngày học", "Địa điểm", "Họ và tên", "Thôn"]
    rows = [
        [course.topic, "09/11/2021", "Hội trường xã", "Lù Seo Páo", "Thôn 1"],
        [course.topic, "09/11/2021", "hội trường XÃ", "Giàng A Sính", "Thôn 1"],
        [other.topic, date(2021, 11, 10).strftime("%d/%m/%Y"), "Hội trường xã", "Lù Seo Páo", "Thôn 1"],
        ["Nuôi cá", "09/11/2021", "Hội trường xã", "Hầu Mí Sò", "Thôn 1"],
        [course.topic, "09/11/2099", "Hội trường xã", "Hầu Mí Sò", "Thôn 1"],
    ]
    form = facts.model_copy(update={"course_id": None, "first_day": None, "venue": ""})

    result = take(a_list(*rows, headings=heads), form)

    assert (counts(result), result.drafts) == ((3, 0, 0, 2), 2)
    assert reasons(result) == {
        7: ["Khóa học: Không có khóa học “Nuôi cá”. Hãy ghi đúng chủ đề hoặc mã khóa học."],
        8: ["Ngày học: Ngày 09/11/2099 chưa tới, chưa nhập danh sách của lớp được."],
    }
    classes = db.exec(select(TrainingSession).order_by(TrainingSession.starts_on)).all()
    assert [(one.course_id, one.starts_on.day, one.capacity) for one in classes] == [
        (course.id, 9, 2), (other.id, 10, 1),
    ]  # fmt: skip
    assert counts(take(a_list(*rows, headings=heads), form)) == (0, 0, 3, 2)


def test_a_household_code_decides_and_who_is_not_of_it_is_refused_by_name(db, take, facts):
    home = make.a_household(db)
    make.a_person(db, home, name="Nông Văn Tuấn")
    heads = ["Mã hộ", "Họ và tên", "Buổi 1"]
    rows = [
        [home.code.lower(), "Nông Văn Tuấn", "x"],
        [home.code, "Trần Văn Lạ", "x"],
        ["HG-999999", "Trần Văn Lạ", "x"],
    ]

    result = take(a_list(*rows, headings=heads), facts)

    assert counts(result) == (1, 0, 0, 2)
    assert reasons(result) == {
        5: [f"Mã hộ: Hộ {home.code} không có người tên này. Người của hộ: Hoàng Thị Vén, Nông Văn Tuấn."],
        6: ["Mã hộ: Không có hộ mã HG-999999 trong phạm vi của bạn. Hãy xem lại mã."],
    }
    assert (
        db.exec(select(Seat.person_id)).one()
        == db.exec(select(Person.id).where(Person.name == "Nông Văn Tuấn")).one()
    )


def test_whoever_sat_in_another_class_then_is_refused(db, take, facts):
    household = make.a_household(db)
    other = make.a_training(db, starts_on=HELD_ON)
    make.an_enrolment(db, training=other, household=household)

    result = take(a_list(a_row("Hoàng Thị Vén")), facts)

    assert reasons(result) == {
        4: [f"Họ và tên: Người này đã có chỗ ở lớp {other.code} cùng buổi ngày 09/11/2021."]
    }
    assert db.exec(select(TrainingSession)).all() == [other]  # nobody left: no class is planned


def test_what_neither_file_nor_form_says_is_asked_for(db, engine, take):
    before = rows_in(db, engine)

    with pytest.raises(Invalid) as refusal:
        take(a_list(a_row("Lù Seo Páo")), RollIn())

    assert list(refusal.value.errors) == ["course_id", "first_day", "venue", "organiser", "commune_id"]
    db.rollback()
    assert changed(before, rows_in(db, engine)) == []


@pytest.mark.parametrize(
    ("values", "refusal"),
    [({"status": TrainingStatus.CANCELLED, "starts_on": HELD_ON}, OfCancelledClass), ({}, ClassStillAhead)],
)
def test_a_cancelled_class_and_one_still_ahead_take_no_list(db, take, values, refusal):
    training = make.a_training(db, **values)

    with pytest.raises(refusal):
        take(a_list(a_row("Lù Seo Páo")), RollIn(training_id=training.id))
    assert db.exec(select(Seat)).all() == []


def test_a_class_out_of_sight_does_not_exist(db, take):
    training = make.a_training(db, commune="Xã Cao Bồ", starts_on=HELD_ON)

    with pytest.raises(NotFound):
        take(a_list(a_row("Lù Seo Páo")), RollIn(training_id=training.id))


def test_a_list_without_names_is_none(take, facts):
    with pytest.raises(NoHeader, match="Họ và tên"):
        take(a_list(["1", "x"], headings=["STT", "Ghi chú"]), facts)


def test_signatures_under_one_merged_heading_blank_lines_and_one_column_for_hamlet_and_commune(
    db, take, facts
):
    heads = ["TT", "Họ và tên", "Thôn, xã", "Ký nhận", ""]
    rows = [
        ["", "", "", "Buổi 1", "Buổi 2"],
        ["", "Lù Seo Páo", "Thôn 1, Vĩnh Hảo", "Páo", "vắng"],
        ["2", "", "", "", ""],
    ]

    result = take(a_list(*rows, headings=heads), facts)

    assert (counts(result), result.rows) == ((1, 0, 0, 0), 1)
    assert present(db, "Lù Seo Páo") == [True, False]
    assert db.exec(select(Household.village)).one() == "Thôn 1"


def test_a_long_list_of_alike_names_is_read_whole(db, take, facts):
    syllables = ("An", "Bình", "Chi", "Dung", "Giang", "Hà", "Khánh", "Lan", "Minh", "Ngọc")
    names = [f"{a} {b} {c}" for a in syllables[:3] for b in syllables for c in syllables]
    rows = [
        a_row(name, village=f"Thôn {place % 50}", born=1950 + place % 50) for place, name in enumerate(names)
    ]

    result = take(a_list(*rows), facts)

    assert result.batch.rows_new + result.batch.rows_refused == 300
    assert result.batch.rows_new > 270


ANY_CELL = st.one_of(
    st.sampled_from(
        ["", "x", "v", "Lù Seo Páo", "Thôn 1", "Vĩnh Hảo", "mới", "--", "Tổng cộng", "Nghèo", "0912345678"]
    ),
    st.text(max_size=12),
    st.integers(-5, 3000),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
    st.booleans(),
)


@given(
    rows=st.lists(st.lists(ANY_CELL, min_size=len(HEADINGS), max_size=len(HEADINGS)), min_size=1, max_size=4)
)
@hypothesis_settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_cells_at_all_are_taken_or_refused_row_by_row_and_again_change_nothing(db, take, facts, rows):
    data = a_list(*([*row[:1], *map(writable, row[1:])] for row in rows))
    with db.begin_nested() as savepoint:
        try:
            first = take(data, facts)
        except Refused:  # nothing below the headings
            savepoint.rollback()
            return
        entered = db.exec(select(func.count(Seat.id))).one()
        marks = db.exec(select(func.count(AttendanceMark.id))).one()
        again = take(data, facts)
        now = db.exec(select(func.count(Seat.id))).one(), db.exec(select(func.count(AttendanceMark.id))).one()
        savepoint.rollback()

    assert sum(counts(first)) == first.rows == again.rows
    assert first.batch.rows_new == entered
    assert now == (entered, marks)
    assert counts(again) == (0, 0, first.batch.rows_new, first.batch.rows_refused)


def writable(cell: object) -> object:
    """Without what a workbook cannot hold."""
    return "".join(one for one in cell if one >= " ") if isinstance(cell, str) else cell
