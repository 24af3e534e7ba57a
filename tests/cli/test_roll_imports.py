"""`lensan import classes`: a list comes in, says what was wrong, and comes in once."""

import json

from sqlmodel import select

from catalog.models import Household
from tests import factories as make
from tests.catalog.looking import seen
from tests.training.rolls import a_list, a_row
from training.models import TrainingSession, TrainingStatus


def test_a_class_list_is_taken_once_and_its_refused_rows_are_written_out(ready, db, engine, folder):
    worker, course = make.an_account(db), make.a_course(db)
    db.commit()
    (folder / "lop.xlsx").write_bytes(a_list(a_row("Lù Seo Páo"), a_row("Giàng A Sính", born="75")))
    facts = ("--course", course.code, "--day", "9/11/2021", "--commune", "Vĩnh Hảo", "--venue", "Nhà văn hóa")
    command = (
        "import",
        "classes",
        "lop.xlsx",
        "--as",
        worker.user_name,
        *facts,
        "--organiser",
        "Khuyến nông",
    )

    first = ready(*command, "--close", "--json", "--refused", "sua.xlsx")
    second = ready(*command, "--close", "--json")

    told = json.loads(first.out)
    assert (first.code, told["rows"], told["new"], told["refused"], told["drafts"]) == (0, 2, 1, 1, 1)
    assert [(one["row"], one["column"]) for one in told["reasons"]] == [(5, "Năm sinh")]
    assert (folder / "sua.xlsx").read_bytes()[:2] == b"PK"
    again = json.loads(second.out)
    assert (again["new"], again["same"], again["classes"]) == (0, 1, told["classes"])
    (training,) = seen(engine, select(TrainingSession))
    assert (training.status, training.code) == (TrainingStatus.HELD, told["classes"][0])


def test_a_list_without_its_facts_is_refused_whole_with_what_is_missing(ready, db, engine, folder):
    worker = make.an_account(db)
    db.commit()
    (folder / "lop.xlsx").write_bytes(a_list(a_row("Lù Seo Páo")))

    told = ready("import", "classes", "lop.xlsx", "--as", worker.user_name)

    assert told.code == 1
    assert "Tệp không có cột này, hãy điền “Khóa học”." in told.err
    assert seen(engine, select(Household)) == []


def test_a_course_that_is_none_ends_the_command(ready, db, folder):
    worker = make.an_account(db)
    db.commit()
    (folder / "lop.xlsx").write_bytes(a_list(a_row("Lù Seo Páo")))

    told = ready("import", "classes", "lop.xlsx", "--as", worker.user_name, "--course", "KH-999")

    assert told.code != 0
    assert "Không có mã “KH-999”." in told.err
