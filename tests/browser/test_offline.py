"""The roster in Chromium with the network taken away: nothing marked is lost, nothing is taken twice."""

import gzip
import json
from datetime import timedelta
from time import monotonic

import pytest
from playwright.sync_api import expect
from sqlmodel import col, func, select

from catalog.models import Household, Person
from marketplace.core import clock
from marketplace.core.offline import OfflineReceipt
from tests import factories as make
from tests.browser.conftest import ROOT
from tests.browser.test_layout import MEASURE, NARROW, complaints
from tests.catalog.looking import seen
from tests.conftest import NOW
from training.models import Attendance, AttendanceMark, HalfDay, TrainingStatus, WalkIn

pytestmark = pytest.mark.browser

NAMES = (
    "Hoàng Thị Vén",
    "Nông Văn Tuấn",
    "Lý Thị Sử",
    "Đặng Văn Quý",
    "Bàn Thị Mỷ",
    "Phàn A Dơ",
    "Sùng Mí Già",
)
SETTLED = {"timeout": 10_000}
#: As phones do that have an antenna and no network.
SAYS_IT_IS_ON_LINE = "Object.defineProperty(navigator, 'onLine', { get: () => true })"


@pytest.fixture(autouse=True)
def _time_passes(monkeypatch):
    """Kept pages are told from what was received later by the server's clock, so it has to go on."""
    start = monotonic()
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(seconds=monotonic() - start))


@pytest.fixture
def classroom(db):
    """A class of seven that is on today, and the worker who holds it."""
    worker = make.an_account(db, name="Nông Thị Cán Bộ")
    training = make.a_training(db, starts_on=make.TODAY, status=TrainingStatus.HELD)
    for name in NAMES:
        make.an_enrolment(db, training=training, household=make.a_household(db, head=name))
    db.commit()
    return worker, training


def roster_of(training, half_day: int = 1) -> str:
    return f"/lop-tap-huan/{training.id}/diem-danh?buoi={half_day}"


def opened(window, worker, training):
    """A phone with the roster open and kept."""
    phone = window(NARROW, scripts=True)
    phone.log_in(worker)
    phone.open(roster_of(training))
    phone.page.click("text=Tải để dùng khi mất mạng")
    expect(phone.page.locator("[data-ready]")).to_have_text("Đã tải đủ để làm việc ngoại tuyến")
    return phone


def tap(page, name: str) -> None:
    row = page.locator(".roster-list li", has_text=name)
    box = row.locator("input[name=present]")
    box.evaluate("(one) => one.scrollIntoView({ block: 'center' })")  # away from the tabs at the foot
    box.click(force=True)
    expect(row.locator("[data-sent]")).to_be_visible()  # it is kept


def count(page) -> str:
    return page.locator("[data-queue] [data-count]").inner_text()


def received(page) -> None:
    expect(page.locator("[data-queue] [data-count]")).to_have_text("Không còn phiếu nào chưa gửi.", **SETTLED)


def until(page, function: str) -> None:
    """Wait until a function in the page says yes; playwright's own way is an eval, which our pages refuse."""
    deadline = monotonic() + 10
    while not page.evaluate(function):
        assert monotonic() < deadline, function
        page.wait_for_timeout(50)


def present(engine, half_day: int = 1) -> list[str]:
    rows = (
        select(Person.name)
        .join(Attendance, col(Attendance.person_id) == Person.id)
        .join(HalfDay, col(HalfDay.id) == Attendance.half_day_id)
        .where(HalfDay.number == half_day, Attendance.present)
        .order_by(col(Person.id))
    )
    return seen(engine, rows)


def marks(engine) -> int:
    return seen(engine, select(func.count()).select_from(AttendanceMark))[0]


def test_spaces_are_no_name_of_somebody_who_came_too(engine, window, classroom):
    worker, training = classroom
    phone = opened(window, worker, training)
    page = phone.page

    page.fill("form[data-walk-in] #f-name", "   ")
    page.fill("form[data-walk-in] #f-village", "Thôn Khuổi Phạt")
    page.click("form[data-walk-in] button[type=submit]")

    expect(page.locator("form[data-walk-in] #f-name")).to_be_focused()
    expect(page.locator("form[data-walk-in] #f-village")).to_have_value("Thôn Khuổi Phạt")
    page.fill("form[data-walk-in] #f-name", " Giàng Thị Mai ")
    page.click("form[data-walk-in] button[type=submit]")
    expect(page.locator(".roster-list li", has_text="Giàng Thị Mai")).to_contain_text("số biên nhận")
    received(page)
    assert present(engine) == ["Giàng Thị Mai"]
    assert marks(engine) == 1


def test_a_class_is_marked_without_a_network_and_received_once(engine, window, classroom):
    worker, training = classroom
    phone = opened(window, worker, training)
    page, context = phone.page, phone.page.context
    tap(page, NAMES[0])
    received(page)
    assert present(engine) == [NAMES[0]]
    assert phone.clean()

    context.set_offline(True)
    page.reload()
    expect(page.locator("[data-ready]")).to_have_text("Đã tải đủ để làm việc ngoại tuyến")
    expect(page.locator(".roster-list input[name=present]:checked")).to_have_count(1)
    for name in NAMES[1:6]:
        tap(page, name)
    page.fill("form[data-walk-in] #f-name", "Giàng Thị Mai")
    page.fill("form[data-walk-in] #f-village", "Thôn Khuổi Phạt")
    page.click("form[data-walk-in] button[type=submit]")
    expect(page.locator("[data-count]").first).to_have_text("7/8 phiếu chưa gửi.")
    page.click("text=Xem từng phiếu")
    phone.picture("offline-1-waiting")
    assert complaints(page.evaluate(MEASURE)) == []
    page.close()
    assert marks(engine) == 1

    page = context.new_page()
    page.goto(phone.address + roster_of(training))
    expect(page.locator("[data-count]").first).to_have_text("7/8 phiếu chưa gửi.")
    expect(page.locator(".roster-list li", has_text="Giàng Thị Mai")).to_have_count(1)
    expect(page.locator(".roster-list input[name=present]:checked")).to_have_count(7)
    context.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")
    received(page)

    assert present(engine) == [*NAMES[:6], "Giàng Thị Mai"]
    assert (marks(engine), len(seen(engine, select(WalkIn)))) == (7, 1)
    numbers = seen(engine, select(OfflineReceipt.number).order_by(col(OfflineReceipt.id)))
    assert numbers == list(range(1, 9))
    page.reload()
    expect(page.locator(".roster-list li", has_text="Giàng Thị Mai")).to_have_count(1)
    phone.page = page
    phone.picture("offline-2-received")


def test_an_answer_that_was_lost_doubles_nothing(engine, window, classroom):
    worker, training = classroom
    phone = opened(window, worker, training)
    page = phone.page
    lost = []

    def lose(route):
        lost.append(route.fetch().status)  # the server has it, the phone does not know
        route.abort()

    page.route("**/ngoai-tuyen/gui", lose, times=2)
    tap(page, NAMES[0])
    expect(page.locator("[data-trouble]")).to_contain_text("mất mạng")
    tap(page, NAMES[1])
    page.click("text=Gửi ngay")
    received(page)

    assert lost == [200, 200]
    assert present(engine) == [NAMES[0], NAMES[1]]
    assert marks(engine) == 2
    assert len(seen(engine, select(OfflineReceipt))) == 2


def test_what_is_unsent_waits_for_its_author_when_somebody_else_logs_in(db, engine, window, classroom):
    worker, training = classroom
    other = make.an_account(db, name="Lý Văn Khác")
    db.commit()
    phone = opened(window, worker, training)
    page, context = phone.page, phone.page.context
    context.route("**/ngoai-tuyen/gui", lambda route: route.abort())
    tap(page, NAMES[0])
    log_out(page)
    assert f"lensan-pages-{worker.id}" in page.evaluate("caches.keys()")  # needed to finish the work
    context.unroute("**/ngoai-tuyen/gui")
    phone.log_in(other)
    phone.open(roster_of(training))
    expect(page.locator("[data-others]")).to_have_text(
        "1 phiếu của Nông Thị Cán Bộ chờ người đó đăng nhập trên máy này để gửi."
    )
    expect(page.locator(".roster-list input[name=present]:checked")).to_have_count(0)
    tap(page, NAMES[1])
    received(page)
    assert present(engine) == [NAMES[1]]

    log_out(page)
    phone.log_in(worker)
    phone.open(roster_of(training))
    received(page)
    authors = select(AttendanceMark.actor_id).order_by(col(AttendanceMark.id))
    assert seen(engine, authors) == [other.id, worker.id]
    log_out(page)
    until(page, "async () => (await caches.keys()).every((name) => !name.includes('pages'))")


def log_out(page) -> None:
    page.click("details.account summary")
    page.click("text=Đăng xuất")
    page.wait_for_selector("#f-password")


def test_kept_pages_are_shown_to_nobody_else_without_a_network(db, window, classroom):
    worker, training = classroom
    phone = opened(window, worker, training)
    page, context = phone.page, phone.page.context
    context.set_offline(True)
    phone.open("/ho-dan")  # never asked for
    page.wait_for_selector("text=Làm việc khi mất mạng")
    titles = ["Điểm danh · Buổi 1 · Sáng 01/12", "Điểm danh · Buổi 2 · Chiều 01/12"]
    expect(page.locator("[data-kept-pages] a")).to_have_text(titles)
    phone.picture("offline-5-kept-pages")
    assert complaints(page.evaluate(MEASURE)) == []
    page.locator("[data-kept-pages] a").first.click()
    page.wait_for_selector(f"text={NAMES[0]}")
    context.set_offline(False)
    log_out(page)
    context.set_offline(True)
    phone.open(roster_of(training))

    page.wait_for_selector("text=Làm việc khi mất mạng")
    assert NAMES[0] not in page.content()


def test_two_phones_that_disagree_come_to_one_set(engine, window, classroom):
    worker, training = classroom
    one, other = (opened(window, worker, training) for _ in range(2))
    for phone in (one, other):
        phone.page.context.set_offline(True)
    for name in NAMES[:3]:
        tap(one.page, name)
    for name in (NAMES[2], NAMES[3], NAMES[2]):  # there, there, and the first not after all
        tap(other.page, name)
    for phone in (other, one):
        phone.page.context.set_offline(False)
        phone.page.evaluate("dispatchEvent(new Event('online'))")
        received(phone.page)

    assert present(engine) == list(NAMES[:4])
    assert marks(engine) == 6
    disputed = select(Person.name).join(Attendance, col(Attendance.person_id) == Person.id)
    assert seen(engine, disputed.where(Attendance.disputed)) == [NAMES[2]]


def test_a_new_version_waits_until_nothing_is_unsent(engine, window, classroom):
    worker, training = classroom
    phone = opened(window, worker, training)
    page, context = phone.page, phone.page.context
    page.route("**/ngoai-tuyen/gui", lambda route: route.abort())
    tap(page, NAMES[0])
    page.evaluate("navigator.serviceWorker.register('/sw.js?v=moi')")
    until(page, "async () => !!(await navigator.serviceWorker.getRegistration()).waiting")
    context.set_offline(True)
    page.reload()
    expect(page.locator("[data-count]").first).to_have_text("1/1 phiếu chưa gửi.")
    assert page.evaluate(ACTIVE).endswith("moi") is False

    page.unroute("**/ngoai-tuyen/gui")
    context.set_offline(False)
    received(page)
    until(page, f"async () => (await ({ACTIVE})()).endsWith('moi')")
    assert present(engine) == [NAMES[0]]
    context.set_offline(True)
    page.reload()
    expect(page.locator(".roster-list input[name=present]:checked")).to_have_count(1)


ACTIVE = "async () => (await navigator.serviceWorker.getRegistration()).active.scriptURL"


def test_a_refused_item_says_why_and_a_login_that_ended_is_asked_for(db, engine, window, classroom):
    worker, training = classroom
    phone = opened(window, worker, training)
    page, context = phone.page, phone.page.context
    context.set_offline(True)
    tap(page, NAMES[0])
    training.status = TrainingStatus.CANCELLED
    db.add(training)
    db.commit()
    cookies = context.cookies()
    context.clear_cookies()
    context.set_offline(False)
    page.click("text=Gửi ngay")
    page.wait_for_selector("text=Cần đăng nhập lại để gửi. Phiếu vẫn nằm trong máy.")
    assert page.locator("[data-login]").is_visible()
    context.add_cookies(cookies)
    page.click("text=Gửi ngay")
    said = f"cần xem lại: Lớp {training.code} đã hủy nên không điểm danh được."
    expect(page.locator("[data-sent]:visible")).to_have_text(said)
    page.click("text=Xem từng phiếu")
    phone.picture("offline-3-refused")
    assert complaints(page.evaluate(MEASURE)) == []

    with page.expect_download() as download:
        page.click("text=Xuất phiếu chưa gửi")
    (item,) = json.loads(download.value.path().read_text("utf-8"))["items"]
    assert (item["label"], item["state"]) == (f"{NAMES[0]}: có mặt buổi 1", "refused")
    assert marks(engine) == 0
    training.status = TrainingStatus.HELD
    db.add(training)
    db.commit()
    page.click("text=Gửi ngay")
    received(page)
    assert present(engine) == [NAMES[0]]


def test_a_roster_kept_the_day_before_opens_on_the_day_and_takes_cards(db, engine, window, classroom):
    worker, training = classroom
    tomorrow = make.TODAY + timedelta(days=1)
    for half_day in make.half_days_of(db, training):
        half_day.day = tomorrow
        db.add(half_day)
    training.starts_on = training.ends_on = tomorrow
    db.add(training)
    db.commit()
    (code,) = seen(engine, select(Household.code).join(Person).where(Person.name == NAMES[2]))
    phone = opened(window, worker, training)
    page = phone.page
    expect(page.locator(".roster-list input[name=present]:enabled")).to_have_count(0)
    page.context.set_offline(True)
    page.evaluate("localStorage['lensan-clock'] = Number(localStorage['lensan-clock']) - 24 * 3600 * 1000")
    page.reload()
    page.evaluate(SAYS_IT_IS_ON_LINE)
    page.fill("#f-ma", code.lower())
    page.keyboard.press("Enter")
    expect(page.locator("[data-said]")).to_have_text(f"{NAMES[2]}: có mặt.")
    page.fill("#f-ma", "HG-999999")
    page.keyboard.press("Enter")
    expect(page.locator("[data-said]")).to_contain_text("Không có ai của hộ này trong lớp.")
    page.click("text=Tất cả có mặt")
    expect(page.locator("[data-count]").first).to_have_text("7/7 phiếu chưa gửi.")
    phone.picture("offline-4-card")
    assert marks(engine) == 0


def test_a_card_that_is_not_in_the_class_is_left_to_the_server(window, classroom):
    worker, training = classroom
    page = opened(window, worker, training).page
    page.fill("#f-ma", "HG-999999")
    page.keyboard.press("Enter")
    page.wait_for_url("**/the-ho?*ma=HG-999999*")
    expect(page.locator("main")).to_contain_text("Không có ai của hộ này trong lớp")


CAMERA = """
  navigator.mediaDevices.getUserMedia = async () => document.createElement('canvas').captureStream();
  HTMLMediaElement.prototype.play = async () => {};
  window.BarcodeDetector = class {
    static async getSupportedFormats() { return ['qr_code']; }
    async detect() { return window.card ? [{ rawValue: window.card }] : []; }
  };
"""


def test_a_card_held_before_the_camera_marks_its_household(engine, window, classroom):
    """Debian's Chromium reads no codes, so what the camera sees is given to it."""
    worker, training = classroom
    (code,) = seen(engine, select(Household.code).join(Person).where(Person.name == NAMES[4]))
    phone = opened(window, worker, training)
    page = phone.page
    page.add_init_script(CAMERA)
    page.reload()
    page.click("text=Quét mã trên thẻ hộ")
    expect(page.locator("[data-said]")).to_have_text("Đưa mã trên thẻ hộ vào khung hình.")
    page.evaluate("(code) => { window.card = `lensan:${code}`; }", code)
    expect(page.locator("[data-said]")).to_have_text(f"{NAMES[4]}: có mặt.")
    page.wait_for_timeout(600)  # held still: one reading
    page.click("text=Quét mã trên thẻ hộ")
    received(page)

    assert present(engine) == [NAMES[4]]
    assert seen(engine, select(AttendanceMark.door)) == ["card"]


def test_all_scripts_together_are_light():
    scripts = sorted((ROOT / "marketplace/static").glob("*.js"))
    sizes = {script.name: len(gzip.compress(script.read_bytes(), 6)) for script in scripts}

    assert {"sw.js", "queue.js", "roster.js"} <= set(sizes)
    assert sum(sizes.values()) <= 30 * 1024
