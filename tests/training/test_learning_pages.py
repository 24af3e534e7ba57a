"""Pages of quizzes, notes, pictures, materials and imports, by plain HTTP."""

from datetime import date
from io import BytesIO

import pytest
from PIL import Image
from sqlmodel import select

from catalog.models import ImportBatch, Photo
from marketplace.accounts.models import Role
from tests import factories as make
from tests.catalog.looking import seen
from tests.training.rolls import a_list, a_row
from tests.training.test_materials import PDF, an_archive
from training.models import (
    Material,
    Question,
    QuizResult,
    TrainerNote,
    TrainingPhoto,
    TrainingSession,
    TrainingStatus,
)

HELD_ON = date(2021, 11, 9)


@pytest.fixture
def course(db):
    return make.a_course(db)


@pytest.fixture
def training(db, course):
    return make.a_training(db, course=course, starts_on=HELD_ON, status=TrainingStatus.HELD)


@pytest.fixture
def home(db, training):
    household = make.a_household(db)
    make.an_enrolment(db, training=training, household=household)
    return household


@pytest.fixture
def browsers(db, home, as_account):
    """A browser of each who sees the class, and of a worker who does not."""
    accounts = {
        "worker": make.an_account(db),
        "office": make.an_account(db, Role.COORDINATOR),
        "farmer": make.an_account(db, Role.FARMER, household=home),
        "stranger": make.an_account(db, communes=("Xã Cao Bồ",)),
    }
    db.commit()
    return {name: as_account(account) for name, account in accounts.items()}


def a_jpeg() -> BytesIO:
    out = BytesIO()
    Image.new("RGB", (60, 40), "orange").save(out, "JPEG")
    return BytesIO(out.getvalue())


def text(answer) -> str:
    page = answer.get_data(as_text=True)
    answer.close()
    return page


def test_the_office_writes_questions_a_worker_enters_answers_and_the_page_counts(
    engine, db, browsers, course, training, home
):
    address = f"/khoa-hoc/{course.id}/kiem-tra"
    typed = {
        "words": "Ai xác nhận đơn?",
        "option_1": "Người bán",
        "option_2": "Người mua",
        "right_option": "1",
    }
    assert browsers["office"].post(f"{address}/them", data=typed).status_code == 303
    wrong = browsers["office"].post(f"{address}/them", data={**typed, "option_2": "", "right_option": "2"})
    assert (wrong.status_code, 'value="Người bán"' in text(wrong)) == (422, True)
    (question,) = seen(engine, select(Question))
    person = make.head_of(db, home)
    db.commit()  # frees the writer

    quiz = f"/lop-tap-huan/{training.id}/kiem-tra"
    field = f"p{person.id}q{question.id}"
    assert field in text(browsers["worker"].get(f"{quiz}/truoc"))
    assert browsers["worker"].post(f"{quiz}/truoc", data={field: "1"}).status_code == 303
    assert browsers["farmer"].post(f"{quiz}/sau", data={field: "0"}).status_code == 303

    results = {str(one.moment): (one.correct, one.asked) for one in seen(engine, select(QuizResult))}
    assert results == {"before": (0, 1), "after": (1, 1)}
    page = text(browsers["office"].get(quiz))
    assert "0/1</td>" in page
    assert "1/1</td>" in page
    assert "trước 0/1 câu, sau 1/1 câu" in page
    assert browsers["stranger"].get(quiz).status_code == 404


@pytest.mark.parametrize("value", ["2", "-1", "abc", "²", "99999"])
def test_an_answer_that_is_none_is_refused_with_a_sentence(
    engine, db, browsers, course, training, home, value
):
    question = Question(course_id=course.id, position=1, words="Gì?", options=["a", "b"], right_option=0)
    db.add(question)
    db.flush()
    field = f"p{make.head_of(db, home).id}q{question.id}"
    db.commit()

    answer = browsers["worker"].post(f"/lop-tap-huan/{training.id}/kiem-tra/truoc", data={field: value})

    assert answer.status_code == 422
    assert "hãy tải lại trang" in text(answer)
    assert seen(engine, select(QuizResult)) == []


def test_a_note_is_kept_once_shown_to_the_staff_and_to_no_farmer(engine, browsers, training):
    address = f"/lop-tap-huan/{training.id}/ghi-chu"
    for _ in range(2):
        sent = browsers["worker"].post(f"{address}/them", data={"words": "Nhiều người chưa có mạng."})
        assert sent.status_code == 303
    empty = browsers["worker"].post(f"{address}/them", data={"words": "  "})

    assert empty.status_code == 422
    assert [one.words for one in seen(engine, select(TrainerNote))] == ["Nhiều người chưa có mạng."]
    assert "Nhiều người chưa có mạng." in text(browsers["office"].get(address))
    assert browsers["farmer"].get(address).status_code == 403


def test_a_picture_of_the_class_is_sent_to_who_sees_the_class_and_to_nobody_else(
    engine, app, browsers, training
):
    address = f"/lop-tap-huan/{training.id}/anh"
    sent = browsers["worker"].post(f"{address}/them", data={"photo": (a_jpeg(), "lop.jpg")})
    assert sent.status_code == 303
    (row,), (photo,) = seen(engine, select(TrainingPhoto)), seen(engine, select(Photo))
    picture = f"{address}/{row.id}.jpg"

    answers = {name: browser.get(picture) for name, browser in browsers.items()}
    nobody = app.test_client()

    assert {name: answer.status_code for name, answer in answers.items()} == {
        "worker": 200, "office": 200, "farmer": 200, "stranger": 404,
    }  # fmt: skip
    assert "public" not in answers["worker"].headers["Cache-Control"]
    for answer in answers.values():
        answer.close()
    assert nobody.get(picture).status_code == 302
    assert nobody.get(f"/anh/{photo.sha256}.jpg").status_code == 404  # the open address of what is for sale


def test_a_removed_picture_is_gone_for_farmers_and_comes_back(engine, browsers, training):
    address = f"/lop-tap-huan/{training.id}/anh"
    browsers["worker"].post(f"{address}/them", data={"photo": (a_jpeg(), "lop.jpg")})
    (row,) = seen(engine, select(TrainingPhoto))

    assert browsers["worker"].post(f"{address}/{row.id}/bo").status_code == 303
    assert f"{row.id}.jpg" not in text(browsers["worker"].get(address))
    assert browsers["farmer"].get(f"{address}/{row.id}.jpg").status_code == 404
    assert browsers["farmer"].post(f"{address}/{row.id}/lay-lai").status_code == 403
    assert browsers["worker"].post(f"{address}/{row.id}/lay-lai").status_code == 303

    assert f"{row.id}.jpg" in text(browsers["farmer"].get(address))


def test_the_same_picture_sent_again_comes_back_once(engine, browsers, training):
    address = f"/lop-tap-huan/{training.id}/anh"
    browsers["worker"].post(f"{address}/them", data={"photo": (a_jpeg(), "lop.jpg")})
    (row,) = seen(engine, select(TrainingPhoto))
    browsers["worker"].post(f"{address}/{row.id}/bo")

    browsers["worker"].post(f"{address}/them", data={"photo": (a_jpeg(), "khac.jpg")})

    (again,) = seen(engine, select(TrainingPhoto))
    assert (again.id, again.removed_at) == (row.id, None)


def test_a_material_is_read_on_the_phone_and_its_file_is_a_download(engine, browsers, course, training):
    sent = browsers["office"].post(
        f"/khoa-hoc/{course.id}/tai-lieu/them",
        data={"title": "Chụp ảnh cam", "words": "Chụp ngoài trời.", "file": (BytesIO(PDF), "Bài cam.pdf")},
    )
    assert sent.status_code == 303
    (material,) = seen(engine, select(Material))
    address = f"/lop-tap-huan/{training.id}/tai-lieu"

    assert "Chụp ảnh cam" in text(browsers["farmer"].get(address))
    assert "Chụp ngoài trời." in text(browsers["farmer"].get(f"{address}/{material.id}"))
    file = browsers["farmer"].get(f"{address}/{material.id}/tep")
    assert (file.get_data(), file.mimetype) == (PDF, "application/pdf")
    assert file.headers["Content-Disposition"].startswith("attachment;")
    assert file.headers["X-Content-Type-Options"] == "nosniff"
    file.close()
    assert browsers["stranger"].get(f"{address}/{material.id}/tep").status_code == 404

    browsers["office"].post(f"/khoa-hoc/{course.id}/tai-lieu/{material.id}/ngung")
    assert browsers["farmer"].get(f"{address}/{material.id}").status_code == 404
    assert browsers["farmer"].get(f"{address}/{material.id}/tep").status_code == 404
    browsers["office"].post(f"/khoa-hoc/{course.id}/tai-lieu/{material.id}/lay-lai")
    assert browsers["farmer"].get(f"{address}/{material.id}").status_code == 200


def test_a_material_of_another_course_is_not_shown_under_a_class(db, browsers, training):
    other = Material(
        course_id=make.a_course(db, topic="Nuôi ong").id, title="Ong", words="Mật.", created_at=make.NOW
    )
    db.add(other)
    db.commit()

    assert browsers["farmer"].get(f"/lop-tap-huan/{training.id}/tai-lieu/{other.id}").status_code == 404


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "không phải PDF"),
        (b"MZ program", "không phải PDF"),
        (an_archive("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"), "macro"),
    ],
    ids=["empty", "program", "macros"],
)
def test_a_file_that_is_none_is_refused_and_what_was_typed_stays(
    engine, settings, browsers, course, data, said
):
    answer = browsers["office"].post(
        f"/khoa-hoc/{course.id}/tai-lieu/them",
        data={"title": "Bài của tôi", "words": "", "file": (BytesIO(data), "bai.pdf")},
    )

    page = text(answer)
    assert (answer.status_code, 'value="Bài của tôi"' in page, said in page) == (422, True, True)
    assert seen(engine, select(Material)) == []
    assert not settings.material_dir.exists()


def test_a_list_is_sent_looked_at_and_taken_out_again(engine, browsers, course):
    facts = {
        "course_id": course.id, "first_day": "2021-11-16", "commune_id": "", "commune": "Vĩnh Hảo",
        "venue": "Hội trường", "organiser": "Khuyến nông", "host": "province", "close": "1",
    }  # fmt: skip
    data = a_list(a_row("Lù Seo Páo"), a_row("Giàng A Sính", born="75"))
    sent = browsers["worker"].post(
        "/lop-tap-huan/nhap-excel", data={**facts, "file": (BytesIO(data), "lop.xlsx")}
    )
    assert sent.status_code == 303
    page = text(browsers["worker"].get(sent.location))
    assert "Năm sinh</strong>: “75” không phải là năm sinh." in page
    (batch,) = seen(engine, select(ImportBatch))
    assert browsers["stranger"].get(sent.location).status_code == 404
    book = browsers["worker"].post(f"{sent.location}/dong-bi-tu-choi.xlsx")
    assert (book.status_code, book.get_data()[:2]) == (200, b"PK")
    office = browsers["office"].post(
        f"{sent.location}/dong-bi-tu-choi.xlsx", headers={"Accept": "application/json"}
    )
    assert (office.status_code, office.get_json()["code"]) == (409, "not_the_importer")
    assert browsers["worker"].get(f"/nhap-excel/{batch.id}").status_code == 404  # no list of households

    undone = browsers["worker"].post(f"{sent.location}/hoan-tac")

    assert undone.status_code == 303
    assert [one.starts_on for one in seen(engine, select(TrainingSession))] == [HELD_ON]
    assert "Đã hoàn tác lúc" in text(browsers["worker"].get(sent.location))


def test_missing_facts_of_a_list_are_asked_for_field_by_field(engine, browsers, course):
    data = a_list(a_row("Lù Seo Páo"))

    answer = browsers["worker"].post(
        "/lop-tap-huan/nhap-excel",
        data={"venue": "Hội trường", "host": "province", "file": (BytesIO(data), "lop.xlsx")},
    )

    page = text(answer)
    assert (answer.status_code, 'value="Hội trường"' in page) == (422, True)
    assert "Tệp không có cột này, hãy điền “Khóa học”." in page
    assert seen(engine, select(ImportBatch)) == []


def test_a_list_without_a_file_is_asked_for_one(engine, browsers, training):
    answer = browsers["worker"].post(f"/lop-tap-huan/{training.id}/nhap-excel", data={"close": "1"})

    assert (answer.status_code, "Hãy chọn tệp Excel có danh sách." in text(answer)) == (422, True)
    assert seen(engine, select(ImportBatch)) == []
