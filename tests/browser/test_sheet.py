"""Paper of a class in Chromium: one A4 page for twenty people, one for the cards of eight households."""

import re
from pathlib import Path

import pytest

from tests import factories as make
from tests.browser.conftest import DESK

pytestmark = pytest.mark.browser

LONG = "Nguyễn Thị Phương Khánh Ngọc Anh Thư"


@pytest.fixture
def thirty(db):
    """A worker and a class of thirty people, some with very long names and hamlets."""
    worker = make.an_account(db, communes=("Xã Vĩnh Hảo",))
    training = make.a_training(db, starts_on=make.TODAY, venue="Nhà văn hóa thôn Vĩnh Sơn " * 5)
    for number in range(30):
        long = number % 3 == 0
        household = make.a_household(
            db,
            head=LONG if long else f"Hoàng Thị {number}",
            village="Thôn Khuổi Phạt Thượng bên suối lớn phía tây" if long else "Vĩnh Sơn",
        )
        head = make.head_of(db, household)
        head.phone, head.birth_year, head.ethnicity, head.sex = f"+8497100{number:04d}", 1980, "09", "female"
        make.an_enrolment(db, training=training, household=household)
    db.commit()
    return worker, training


def printed(window, thirty, what, tmp_path: Path) -> list[tuple[float, float]]:
    """Width and height in points of every page of the PDF the browser makes."""
    worker, training = thirty
    desk = window(DESK)
    desk.log_in(worker)
    desk.open(f"/lop-tap-huan/{training.id}/diem-danh/{what}")
    out = tmp_path / f"{what}.pdf"
    desk.page.pdf(path=out, prefer_css_page_size=True)
    desk.picture(f"paper-{what}")
    assert desk.clean()
    boxes = re.findall(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)\s*\]", out.read_bytes())
    return [(float(width), float(height)) for width, height in boxes]


def test_thirty_people_take_two_lying_pages_whatever_their_names(window, thirty, tmp_path):
    pages = printed(window, thirty, "phieu", tmp_path)

    assert [(round(width), round(height)) for width, height in pages] == [(842, 595)] * 2


def test_nothing_of_a_printed_page_is_cut_off(window, thirty):
    worker, training = thirty
    desk = window(DESK, scripts=True)
    desk.log_in(worker)
    desk.open(f"/lop-tap-huan/{training.id}/diem-danh/phieu")
    desk.page.emulate_media(media="print")

    hidden = desk.page.evaluate("""() => [...document.querySelectorAll('.sheet')].map((sheet) => {
      const foot = sheet.querySelector('.sheet-foot').getBoundingClientRect();
      return sheet.getBoundingClientRect().bottom - foot.bottom;
    })""")

    assert len(hidden) == 2
    assert all(room >= 0 for room in hidden)


def test_thirty_households_take_four_upright_pages_of_cards(window, thirty, tmp_path):
    pages = printed(window, thirty, "the", tmp_path)

    assert [(round(width), round(height)) for width, height in pages] == [(595, 842)] * 4
