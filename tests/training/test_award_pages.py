"""Pages of certificates: the class, one certificate, the household."""

import re

import pytest
from sqlmodel import select

from catalog.models import Household
from tests import factories as make
from tests.catalog.looking import seen
from tests.support.statements import statements
from tests.training.awarding import Hall, a_closed_class, issued, somebody, text
from training.models import Attendance, CertificateCopy, TrainingCertificate


@pytest.fixture
def hall(db):
    return Hall(db)


@pytest.fixture
def worker(hall, as_account):
    return as_account(hall.worker)


# --- the class ----------------------------------------------------------------------------------------------


def test_the_class_page_says_who_earned_one_and_why_the_others_did_not(hall, worker):
    page = text(worker.get(hall.page))

    assert "Cấp giấy cho cả 2 người đủ điều kiện" in page
    assert "Đủ điều kiện, chưa cấp (2)" in page
    assert "Chưa được cấp (1)" in page
    assert re.search(r"<b>Bàn Tà Liều</b>.{0,80}dự 1/2 buổi", page)


def test_one_tap_gives_a_certificate_to_everybody_who_earned_one_and_a_second_tap_changes_nothing(
    hall, worker, engine
):
    first = worker.post(f"{hall.page}/cap", follow_redirects=True)
    second = worker.post(f"{hall.page}/cap", follow_redirects=True)

    assert "Đã cấp 2 giấy chứng nhận." in text(first)
    assert "Đã cấp (2)" in text(first)
    assert "Ai đủ điều kiện đều đã có giấy." in text(second)
    numbers = seen(engine, select(TrainingCertificate.number).order_by(TrainingCertificate.number))
    assert numbers == ["HG-TH-2021-0001", "HG-TH-2021-0002"]


def test_one_person_can_be_given_one_alone_but_not_without_having_earned_it(hall, worker, engine):
    good = worker.post(f"{hall.page}/cap", data={"person_id": hall.ven.id})
    short = worker.post(f"{hall.page}/cap", data={"person_id": hall.lieu.id})
    nobody = worker.post(f"{hall.page}/cap", data={"person_id": "999999"})

    assert (good.status_code, short.status_code, nobody.status_code) == (303, 422, 422)
    assert "Bàn Tà Liều mới dự 1/2 buổi nên chưa được cấp giấy chứng nhận." in text(short)
    assert seen(engine, select(TrainingCertificate.person_id)) == [hall.ven.id]


def test_before_attendance_is_closed_the_page_says_so_and_gives_nothing(hall, worker, db, engine):
    hall.training.attendance_closed_at = None
    db.add(hall.training)
    db.commit()

    page = text(worker.get(hall.page))
    assert "Lớp chưa chốt điểm danh nên chưa cấp được giấy chứng nhận." in page
    assert "Cấp giấy cho cả" not in page
    assert worker.post(f"{hall.page}/cap").status_code == 422
    assert seen(engine, select(TrainingCertificate)) == []


def test_a_class_without_anybody_says_what_will_be_here(db, as_account):
    training = a_closed_class(db)
    worker = make.an_account(db, communes=("Xã Vĩnh Hảo",))
    db.commit()

    page = text(as_account(worker).get(f"/lop-tap-huan/{training.id}/chung-nhan"))

    assert "Chưa có ai trong lớp này" in page


def test_a_farmer_sees_and_downloads_the_own_households_certificates_alone(hall, db, as_account):
    made = issued(hall, db)
    farmer = as_account(hall.farmer)

    page = text(farmer.get(hall.page))
    assert "Hoàng Thị Vén" in page
    assert "Lò A Bình" not in page
    assert "Bàn Tà Liều" not in page
    own, other = (made[name].id for name in ("Hoàng Thị Vén", "Lò A Bình"))
    for ending in ("", ".pdf", "/in"):
        assert farmer.get(f"/lop-tap-huan/chung-nhan/{own}{ending}").status_code == 200
        assert farmer.get(f"/lop-tap-huan/chung-nhan/{other}{ending}").status_code == 404
    assert farmer.get(f"{hall.page}.pdf").get_data().count(b"/Type /Page\n") == 1
    assert "Tải PDF" in text(farmer.get(f"/ho-dan/{hall.farmer.household_id}/chung-nhan-tap-huan"))
    for action in ("thu-hoi", "khoi-phuc", "cap-lai"):
        assert farmer.post(f"/lop-tap-huan/chung-nhan/{own}/{action}").status_code == 403


def test_the_page_of_a_household_leads_to_its_certificates(hall, db, worker):
    issued(hall, db)
    path = f"/ho-dan/{hall.farmer.household_id}"

    assert f'href="{path}/chung-nhan-tap-huan"' in worker.get(path).get_data(as_text=True)
    assert "HG-TH-2021-0002" in text(worker.get(f"{path}/chung-nhan-tap-huan"))


def test_a_worker_who_sees_the_person_but_not_the_class_looks_and_decides_nothing(
    hall, db, engine, as_account
):
    """The household moved under a worker of another commune; the class stays where it was."""
    award = issued(hall, db)["Hoàng Thị Vén"]
    elsewhere = make.an_account(db, communes=("Xã Cao Bồ",))
    household = db.get_one(Household, hall.ven.household_id)
    household.commune_id = household.current_commune_id = make.a_commune(db, "Xã Cao Bồ").id
    db.add(household)
    db.commit()
    browser = as_account(elsewhere)

    page = browser.get(f"/lop-tap-huan/chung-nhan/{award.id}")
    assert page.status_code == 200
    assert "Thu hồi giấy này" not in text(page)
    sent = {"reason": "Thử", "sure": "1", "version": "1"}
    assert browser.post(f"/lop-tap-huan/chung-nhan/{award.id}/thu-hoi", data=sent).status_code == 404
    assert browser.post(f"/lop-tap-huan/chung-nhan/{award.id}/cap-lai", data=sent).status_code == 404
    assert seen(engine, select(TrainingCertificate.revoked_at).where(TrainingCertificate.id == award.id)) == [
        None
    ]


# --- one certificate ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("missing", ["reason", "sure"])
@pytest.mark.parametrize("action", ["thu-hoi", "cap-lai"])
def test_without_reason_or_confirmation_nothing_is_done_and_what_was_typed_stays(
    hall, db, worker, engine, action, missing
):
    award = issued(hall, db)["Hoàng Thị Vén"]
    sent = {"reason": "Cấp nhầm người", "sure": "1", "version": "1"}
    answer = worker.post(f"/lop-tap-huan/chung-nhan/{award.id}/{action}", data={**sent, missing: ""})

    assert answer.status_code == 422
    said = {"reason": "Hãy điền “Lý do”.", "sure": "Hãy đánh dấu “Tôi chắc chắn”, rồi gửi lại."}[missing]
    assert said in text(answer)
    assert missing == "reason" or 'value="Cấp nhầm người"' in text(answer)
    assert seen(engine, select(TrainingCertificate.revoked_at).where(TrainingCertificate.id == award.id)) == [
        None
    ]
    assert len(seen(engine, select(CertificateCopy))) == 2


def test_the_page_of_a_certificate_takes_it_back_and_undoes_that(hall, db, worker):
    award = issued(hall, db)["Hoàng Thị Vén"]
    path = f"/lop-tap-huan/chung-nhan/{award.id}"

    revoked = worker.post(f"{path}/thu-hoi", data={"reason": "Nhầm", "sure": "1"}, follow_redirects=True)
    assert "Đã thu hồi lúc 01/12/2021 10:00: Nhầm" in text(revoked)
    assert worker.get(f"{path}.pdf").status_code == 409
    again = worker.post(f"{path}/thu-hoi", data={"reason": "Nhầm", "sure": "1"})
    assert "Giấy chứng nhận HG-TH-2021-0002 đã thu hồi." in text(again)

    restored = worker.post(f"{path}/khoi-phuc", follow_redirects=True)
    assert "Giấy chứng nhận HG-TH-2021-0002 có hiệu lực trở lại." in text(restored)
    assert worker.get(f"{path}.pdf").status_code == 200


def test_a_corrected_name_is_pointed_out_until_the_certificate_is_issued_again(hall, db, worker):
    award = issued(hall, db)["Hoàng Thị Vén"]
    hall.ven.name = "Hoàng Thị Vẹn"
    db.add(hall.ven)
    db.commit()
    path = f"/lop-tap-huan/chung-nhan/{award.id}"
    assert "Trong hồ sơ nay ghi tên “Hoàng Thị Vẹn”, trên giấy là “Hoàng Thị Vén”." in text(worker.get(path))

    sent = {"reason": "Sửa tên", "sure": "1", "version": "1"}
    page = text(worker.post(f"{path}/cap-lai", data=sent, follow_redirects=True))

    assert "Đã cấp lại giấy HG-TH-2021-0002, nay là bản 2." in page
    assert "Trong hồ sơ nay ghi tên" not in page
    assert "Hoàng Thị Vẹn · 01/12/2021 10:00 · Sửa tên" in page
    twice = worker.post(f"{path}/cap-lai", data=sent)
    assert "Giấy chứng nhận HG-TH-2021-0002 vừa được cấp lại, nay là bản 2." in text(twice)


def test_a_certificate_without_enough_half_days_any_more_is_shown_to_be_revoked(hall, db, worker):
    award = issued(hall, db)["Hoàng Thị Vén"]
    row = db.exec(select(Attendance).where(Attendance.person_id == hall.ven.id)).first()
    row.present = False
    db.add(row)
    db.commit()

    assert "1 người có giấy nhưng sau khi sửa điểm danh không còn đủ buổi." in text(worker.get(hall.page))
    assert "Không còn đủ điều kiện" in text(worker.get(hall.page))
    page = text(worker.get(f"/lop-tap-huan/chung-nhan/{award.id}"))
    assert "Sau khi sửa điểm danh, Hoàng Thị Vén chỉ còn 1/2 buổi." in page
    assert "Hoàng Thị Vén" not in text(worker.get(f"{hall.page}/in"))


def test_a_class_has_nothing_to_print_before_anything_was_issued(hall, worker):
    for path in (f"{hall.page}.pdf", f"{hall.page}/in"):
        answer = worker.get(path)
        assert answer.status_code == 409
        assert "Lớp này chưa có giấy chứng nhận nào để in." in text(answer)


def test_the_print_page_holds_every_certificate_in_force_with_its_code(hall, db, worker):
    issued(hall, db)

    page = worker.get(f"{hall.page}/in").get_data(as_text=True)

    assert page.count('<section class="paper">') == 2
    assert page.count('src="data:image/svg+xml') == 2
    assert "Số: HG-TH-2021-0001" in page


@pytest.mark.parametrize("people", [0, 12])
def test_the_class_page_asks_the_database_as_often_for_many_as_for_few(hall, db, worker, engine, people):
    for number in range(people):
        somebody(db, hall.training, f"Người Thứ {number}")
    db.commit()
    issued(hall, db)

    with statements(engine) as said:
        worker.get(hall.page)
    assert len(said) <= 8, said
