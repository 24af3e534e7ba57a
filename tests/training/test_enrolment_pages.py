"""Pages of enrolment over plain HTTP: a worker with a telephone, a farmer, a coordinator who looks."""

import html
import re
from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient
from sqlmodel import Session

from catalog.models import PhoneOwner
from marketplace.accounts.models import Account, Role
from marketplace.core import clock
from marketplace.core.db import reading, writing
from tests import factories as make
from tests.factories import NOW
from tests.support.statements import statements
from tests.training.enrolling import (
    OFFERED,
    REGISTERED,
    RULES,
    WAITING,
    enrol,
    households,
    list_of,
    log_of,
    people,
)
from tests.training.test_no_shows import held
from training.entries import leave
from training.models import TrainingStatus


class Town:
    """A class of two seats in Vĩnh Hảo with its worker, a coordinator, and households with phones."""

    def __init__(self, db: Session) -> None:
        self.worker: Account = make.an_account(db)
        self.office: Account = make.an_account(db, Role.COORDINATOR)
        self.training = make.a_training(db, capacity=2)
        self.households = households(db, 4, members=2)
        for number, household in enumerate(self.households):
            head = make.head_of(db, household)
            head.phone, head.phone_owner = f"+8497100000{number}", PhoneOwner.SELF
        self.farmer: Account = make.an_account(db, Role.FARMER, household=self.households[3])
        self.people = [people(db, one) for one in self.households]
        self.url = f"/lop-tap-huan/{self.training.id}/dang-ky"
        db.commit()

    def enrol(self, engine, household: int, number: int) -> int:
        with writing(engine) as db:
            return enrol(db, self.worker, self.training, self.households[household], number).id or 0

    def offered(self, engine) -> int:
        """The first two seats were taken and given back; the second household has the offer."""
        first = self.enrol(engine, 0, 2)
        second = self.enrol(engine, 1, 1)
        with writing(engine) as db:
            leave(db, self.worker, self.training, first, RULES, now=NOW)
        return second


@pytest.fixture
def town(db):
    return Town(db)


def rows(engine, town: Town) -> list[tuple[int, str, int]]:
    with reading(engine) as db:
        return list_of(db, town.training)


def read(browser: FlaskClient, url: str) -> str:
    answer = browser.get(url, follow_redirects=True)
    assert answer.status_code == 200, answer.status
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True))).split())


def send(browser: FlaskClient, url: str, follow: bool = True, **data) -> str:
    answer = browser.post(url, data=data)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return read(browser, answer.headers["Location"]) if follow else answer.headers["Location"]


def test_a_worker_finds_a_household_without_marks_and_enrols_it_in_three_taps(engine, town, as_account):
    browser = as_account(town.worker)
    found = browser.get(f"{town.url}/tim?q=hoang+thi+1").get_data(as_text=True)
    form_url = f"{town.url}/ho/{town.households[0].id}"
    assert form_url in found
    form = browser.get(form_url).get_data(as_text=True)
    ticked = re.findall(r'name="people" value="(\d+)" checked', form)
    assert ticked == [str(town.people[0][0])]
    key = re.search(r'name="client_key" value="([^"]+)"', form)[1]

    said = send(browser, form_url, people=ticked, source="phone", client_key=key)

    assert "Đã ghi tên, có chỗ." in said
    assert "Qua điện thoại" in said
    assert rows(engine, town) == [(1, REGISTERED, 1)]


def test_the_form_sent_twice_is_one_entry(engine, town, as_account):
    browser = as_account(town.worker)
    for _ in range(2):
        send(browser, f"{town.url}/ho/{town.households[0].id}", people=town.people[0], client_key="phieu-1")

    assert rows(engine, town) == [(1, REGISTERED, 2)]
    assert "Hộ Hoàng Thị 1 trong lớp" in read(browser, f"{town.url}/ho/{town.households[0].id}")


def test_nobody_ticked_is_said_on_the_field_and_nothing_is_written(engine, town, as_account):
    answer = as_account(town.worker).post(f"{town.url}/ho/{town.households[0].id}", data={"source": "phone"})

    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "Hãy chọn ít nhất một người đi học." in page
    assert re.search(r'value="phone" checked', page)
    assert rows(engine, town) == []


def test_who_sits_elsewhere_is_marked_before_and_refused_after(engine, town, as_account):
    with writing(engine) as db:
        other = make.a_training(db)
        enrol(db, town.worker, other, town.households[0], 1)
    browser = as_account(town.worker)
    url = f"{town.url}/ho/{town.households[0].id}"
    assert f"đã có chỗ ở lớp {other.code} cùng buổi" in read(browser, url)

    answer = browser.post(url, data={"people": town.people[0]})

    assert answer.status_code == 422
    assert f"Hoàng Thị 1 đã có chỗ ở lớp {other.code} cùng buổi ngày 07/12/2021." in html.unescape(
        answer.get_data(as_text=True)
    )
    assert rows(engine, town) == []


def test_the_list_counts_persons_and_households_apart(engine, town, as_account):
    town.enrol(engine, 0, 2)
    town.enrol(engine, 1, 2)
    town.enrol(engine, 2, 1)

    page = read(as_account(town.worker), town.url)

    assert "Có chỗ: 2 người, 1 hộ" in page
    assert "Đang chờ, theo thứ tự: 3 người, 2 hộ" in page
    assert page.index("1. Hoàng Thị 2, Hoàng Văn 1") < page.index("2. Hoàng Thị 3")


def test_an_empty_class_says_what_to_do(town, as_account):
    page = read(as_account(town.worker), town.url)

    assert "Chưa có ai trong lớp này" in page
    assert "Chưa có gì xảy ra" in read(as_account(town.worker), f"{town.url}/nhat-ky")
    assert "Chưa mời ai" in read(as_account(town.worker), f"{town.url}/giay-moi")


def test_the_call_list_has_numbers_and_the_time_left(engine, town, as_account, monkeypatch):
    second = town.offered(engine)
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(hours=3))
    browser = as_account(town.worker)
    answer = browser.get(town.url).get_data(as_text=True)
    page = read(browser, town.url)

    assert "Cần gọi: 1 người, 1 hộ" in page
    assert "còn 45 giờ 0 phút" in page
    assert "0971 000 001 (Hoàng Thị 2)" in page
    assert 'href="tel:+84971000001"' in answer

    page = send(browser, f"{town.url}/{second}/da-goi", **{"from": "list"})
    assert "Đã gọi lúc 01/12/2021 13:00." in page
    page = send(browser, f"{town.url}/{second}/nhan", **{"from": "list"})
    assert "Đã nhận chỗ." in page
    assert rows(engine, town)[1] == (2, REGISTERED, 1)


def test_a_coordinator_calls_from_masked_numbers(engine, town, as_account):
    town.offered(engine)

    answer = as_account(town.office).get(town.url).get_data(as_text=True)

    assert "•••• ••• 001" in answer
    assert "971000001" not in re.sub(r"\s", "", answer)
    assert "tel:" not in answer


def test_an_offer_that_ran_out_is_shown_so_at_once_and_cannot_be_taken(engine, town, as_account, monkeypatch):
    second = town.offered(engine)
    browser = as_account(town.worker)
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(hours=48))
    page = read(browser, town.url)
    assert "Cần gọi" not in page
    assert "Hết hạn giữ chỗ" in page
    assert "Đã hết hạn giữ chỗ." in read(browser, f"{town.url}/{second}")

    answer = browser.post(f"{town.url}/{second}/nhan", follow_redirects=True)

    assert "Chỗ này đã hết hạn giữ." in html.unescape(answer.get_data(as_text=True))
    assert rows(engine, town)[1] == (2, OFFERED, 1)  # the row; whoever writes next, or the worker, ends it


def test_declining_passes_the_seat_on_and_enrolling_again_is_the_end(engine, town, as_account):
    second = town.offered(engine)
    town.enrol(engine, 2, 2)
    browser = as_account(town.worker)

    page = send(browser, f"{town.url}/{second}/tu-choi")
    assert "hộ xếp cuối danh sách" in page
    assert rows(engine, town)[1:] == [(2, "declined", 0), (3, OFFERED, 2)]

    again = f"{town.url}/ho/{town.households[1].id}"
    assert "Lần trước: Từ chối. Ghi tên lại thì xếp cuối danh sách." in read(browser, again)
    send(browser, again, people=town.people[1][:1])
    assert rows(engine, town)[3] == (4, WAITING, 1)


def test_people_are_changed_and_the_household_leaves(engine, town, as_account):
    first = town.enrol(engine, 0, 2)
    town.enrol(engine, 1, 1)
    browser = as_account(town.worker)

    send(browser, f"{town.url}/{first}/nguoi", people=town.people[0][1:])
    assert rows(engine, town) == [(1, REGISTERED, 1), (2, OFFERED, 1)]
    page = send(browser, f"{town.url}/{first}/rut")
    assert "Đã rút tên." in page
    assert "Ghi tên lại" in page
    assert rows(engine, town) == [(1, "left", 0), (2, OFFERED, 1)]


def test_an_entry_that_cannot_grow_says_so_and_keeps_the_ticks(engine, town, as_account):
    first = town.enrol(engine, 0, 1)
    town.enrol(engine, 1, 1)

    answer = as_account(town.worker).post(f"{town.url}/{first}/nguoi", data={"people": town.people[0]})

    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "Cần thêm 1 chỗ, lớp chỉ còn 0 chỗ chưa ai chờ. Hãy bớt người." in html.unescape(page)
    assert len(re.findall(r'name="people" value="\d+" checked', page)) == 2
    assert rows(engine, town) == [(1, REGISTERED, 1), (2, REGISTERED, 1)]


def test_a_household_is_moved_to_another_class(engine, town, as_account):
    first = town.enrol(engine, 0, 2)
    with writing(engine) as db:
        other = make.a_training(db, starts_on=date(2021, 12, 20), created_by=town.worker.id)
    browser = as_account(town.worker)
    assert other.code in browser.get(f"{town.url}/{first}/chuyen").get_data(as_text=True)

    where = send(browser, f"{town.url}/{first}/chuyen", follow=False, training=other.id)

    assert where.startswith(f"/lop-tap-huan/{other.id}/dang-ky/")
    with reading(engine) as db:
        assert (list_of(db, town.training), list_of(db, other)) == ([(1, "left", 0)], [(1, REGISTERED, 2)])
    answer = browser.post(f"{town.url}/{first}/chuyen", data={"training": "x"})
    assert answer.status_code == 422


def test_a_remark_is_shown_in_the_list_and_not_to_the_farmer(engine, town, as_account):
    own = town.enrol(engine, 3, 1)
    browser = as_account(town.worker)

    send(browser, f"{town.url}/{own}/ghi-chu", note="đi cùng con nhỏ")

    assert "đi cùng con nhỏ" in read(browser, town.url)
    assert "đi cùng con nhỏ" not in read(as_account(town.farmer), town.url)


def test_a_hamlet_is_invited_at_once_and_printed_by_name(engine, town, as_account):
    browser = as_account(town.worker)
    found = browser.get(f"{town.url}/tim?q=vinh+son").get_data(as_text=True)
    ids = re.findall(r'name="households" value="(\d+)"', found)
    assert len(ids) == 4

    page = send(browser, f"{town.url}/moi", households=ids)
    assert "Đã mời thêm 4 hộ." in page
    assert "Đã mời, chưa trả lời: 4 người, 4 hộ" in page
    assert "Đã mời thêm 0 hộ." in send(browser, f"{town.url}/moi", households=ids)

    paper = read(browser, f"{town.url}/giay-moi")
    assert "STT Họ và tên Thôn Điện thoại Ký nhận 1 Hoàng Thị 1 Thôn Vĩnh Sơn 0971 000 000" in paper
    assert "Cộng 4 người." in paper
    assert "•••• ••• 000" in read(as_account(town.office), f"{town.url}/giay-moi")


def test_nobody_ticked_to_invite_is_said_and_the_search_stays(town, as_account):
    answer = as_account(town.worker).post(f"{town.url}/moi?q=vinh+son")

    page = html.unescape(answer.get_data(as_text=True))
    assert answer.status_code == 422
    assert "Hãy điền “Hộ được mời”." in page
    assert "Hoàng Thị 4" in page


def test_an_invited_household_says_yes(engine, town, as_account):
    browser = as_account(town.worker)
    send(browser, f"{town.url}/moi", households=[town.households[3].id])

    page = send(as_account(town.farmer), f"{town.url}/1/nhan")

    assert "Đã ghi tên, có chỗ." in page
    assert rows(engine, town) == [(2, REGISTERED, 1)]


def test_the_log_says_why_somebody_did_not_get_the_seat(engine, town, as_account):
    first = town.enrol(engine, 0, 2)
    town.enrol(engine, 1, 2)
    send(as_account(town.worker), f"{town.url}/{first}/nguoi", people=town.people[0][:1])

    page = read(as_account(town.office), f"{town.url}/nhat-ky")

    assert re.search(r"Hoàng Thị 2 \(HG-T\d+\) Chưa đến lượt : Cần 2 chỗ, mới có 1\.", page)
    with reading(engine) as db:
        assert log_of(db, town.training)[-1] == (2, "skipped", "Cần 2 chỗ, mới có 1.")


def test_seats_beyond_are_offered_to_a_coordinator_with_how_they_were_computed(engine, town, as_account):
    browser = as_account(town.office)
    assert "Chưa đủ để tính" in read(browser, f"{town.url}/vuot-cho")
    with writing(engine) as db:
        held(db, came=10, stayed_away=10)
    page = read(browser, f"{town.url}/vuot-cho")
    assert "2 chỗ × 10/20 vắng, bỏ phần lẻ: nhiều nhất 1 chỗ vượt." in page

    answer = browser.post(f"{town.url}/vuot-cho", data={"overbooked": "2"})
    assert answer.status_code == 422
    assert 'value="2"' in answer.get_data(as_text=True)
    assert "trên 3 chỗ, kể cả 1 chỗ vượt" in send(browser, f"{town.url}/vuot-cho", overbooked="1")
    assert as_account(town.worker).get(f"{town.url}/vuot-cho").status_code == 403


# --- a farmer


def test_a_farmer_enrols_waits_accepts_and_leaves(engine, town, as_account):
    first = town.enrol(engine, 0, 2)
    browser = as_account(town.farmer)
    page = read(browser, town.url)
    assert "Lớp đã đủ người. Ghi tên thì vào danh sách chờ" in page
    assert "Ghi tên bằng cách nào" not in page

    own = f"{town.url}/ho/{town.households[3].id}"
    page = send(browser, own, people=town.people[3][:1])
    assert "đã ghi vào danh sách chờ, thứ 1." in page
    assert "Đang chờ, thứ 1 trong danh sách." in read(browser, town.url)
    assert "Hộ tự đăng ký" in page

    with writing(engine) as db:
        leave(db, town.worker, town.training, first, RULES, now=NOW)
    page = read(browser, town.url)
    assert "Giữ 1 chỗ đến 03/12/2021 10:00" in page
    assert "Đã nhận chỗ." in send(browser, f"{town.url}/2/nhan")
    assert rows(engine, town)[1] == (2, REGISTERED, 1)
    assert "Đã rút tên." in send(browser, f"{town.url}/2/rut")
    assert rows(engine, town)[1] == (2, "left", 0)


def test_a_farmer_sees_nobody_else(engine, town, as_account):
    other = town.enrol(engine, 0, 2)
    browser = as_account(town.farmer)

    assert "Hoàng Thị 1" not in read(browser, town.url)
    assert browser.get(f"{town.url}/{other}").status_code == 404
    assert browser.get(f"{town.url}/ho/{town.households[0].id}").status_code == 404
    for act in ("nhan", "tu-choi", "rut", "nguoi"):
        assert browser.post(f"{town.url}/{other}/{act}", data={"people": town.people[0]}).status_code == 404
    for page in ("tim", "nhat-ky", "giay-moi", f"{other}/chuyen"):
        assert browser.get(f"{town.url}/{page}").status_code == 403
    assert rows(engine, town) == [(1, REGISTERED, 2)]


@pytest.mark.parametrize("status", [TrainingStatus.HELD, TrainingStatus.CANCELLED])
def test_a_class_that_is_over_shows_its_list_and_takes_no_names(engine, town, as_account, status):
    own = town.enrol(engine, 3, 1)
    with writing(engine) as db:
        db.merge(town.training).status = status
    browser, farmer = as_account(town.worker), as_account(town.farmer)

    assert "Có chỗ: 1 người, 1 hộ" in read(browser, town.url)
    assert "Rút tên" not in read(farmer, f"{town.url}/{own}")
    page = read(browser, f"{town.url}/ho/{town.households[0].id}")
    assert "không ghi tên được nữa" in page
    answer = browser.post(f"{town.url}/ho/{town.households[0].id}", data={"people": town.people[0]})
    assert answer.status_code == 422
    assert rows(engine, town) == [(1, REGISTERED, 1)]


# --- few statements, whatever the number


def test_the_pages_ask_the_database_the_same_for_five_households_and_for_fifty(engine, town, as_account):
    browser = as_account(town.worker)

    def count(url: str) -> int:
        with statements(engine) as asked:
            assert browser.get(url).status_code == 200
        return len(asked)

    town.enrol(engine, 0, 1)
    few = [
        count(url)
        for url in (town.url, f"{town.url}/nhat-ky", f"{town.url}/giay-moi", f"{town.url}/tim?q=hoang")
    ]
    with writing(engine) as db:
        for household in households(db, 50, members=2):
            enrol(db, town.worker, town.training, household, 2)
    many = [
        count(url)
        for url in (town.url, f"{town.url}/nhat-ky", f"{town.url}/giay-moi", f"{town.url}/tim?q=hoang")
    ]

    assert many == few
    assert max(many) <= 10
