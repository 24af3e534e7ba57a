"""The coordinator's day by plain HTTP: from a figure to its lines and its file; and a target written down."""

import csv
import html
import io
import re
from collections.abc import Callable
from typing import Any

from flask.testing import FlaskClient
from sqlmodel import Session, select

from marketplace.accounts.models import Role
from marketplace.reports.models import Target
from tests.factories import a_season, an_account
from tests.reports.factories import the_worked_example


def link_of(page: str, words: str) -> str:
    """The address of the link whose text is `words`."""
    found = re.search(rf'<a[^>]*href="([^"]+)"[^>]*>(?:<[^>]+>)*\s*{re.escape(words)}', page)
    assert found, words
    return html.unescape(found[1])


def test_a_coordinator_follows_a_communes_figure_to_its_lines_and_its_file(
    db: Session, as_account: Callable[[Any], FlaskClient]
) -> None:
    example = the_worked_example(db)
    a_season(db)
    coordinator = an_account(db, Role.COORDINATOR, name="Điều phối Một")
    db.commit()
    browser = as_account(coordinator)

    home = browser.get("/bao-cao").get_data(as_text=True)
    lines = browser.get(link_of(home, "Xã Vĩnh Hảo")).get_data(as_text=True)
    file = browser.get(link_of(lines, "Tải tệp CSV"))

    assert "0,06 tấn" in home  # Vĩnh Hảo: A 30 + E 10 + I 20 kg
    assert "Cộng 4 dòng" in lines
    assert "60 kg" in lines
    assert example.ven.code in lines
    assert "Hoàng Thị Vén" not in lines
    rows = list(csv.reader(io.StringIO(file.data.decode("utf-8-sig")), delimiter=";"))
    assert file.data.startswith(b"\xef\xbb\xbf")
    assert ["Người xuất", "Điều phối Một"] in rows
    head = next(n for n, row in enumerate(rows) if row and row[0] == "Ngày")
    kilos = [row[9] for row in rows[head + 1 : -1]]
    assert kilos == ["20", "0", "10", "30"]
    assert rows[-1][9] == "60"


def test_a_coordinator_reads_the_month_by_variety_and_downloads_the_same_figure(
    db: Session, as_account: Callable[[Any], FlaskClient]
) -> None:
    the_worked_example(db)
    a_season(db)
    coordinator = an_account(db, Role.COORDINATOR)
    db.commit()
    browser = as_account(coordinator)

    page = browser.get("/bao-cao/san-luong?first=2021-11-01&last=2021-11-30&by=variety").get_data(
        as_text=True
    )
    file = browser.get(link_of(page, "Tải tệp CSV"))

    assert "2.050 kg" in page
    rows = list(csv.reader(io.StringIO(file.data.decode("utf-8-sig")), delimiter=";"))
    assert rows[-2][:4] == ["Cam Vàng", "2050", "50", "2000"]
    assert rows[-1][:4] == ["Cộng", "2050", "50", "2000"]


def test_a_coordinator_mends_a_target_and_sees_it_beside_the_other(
    db: Session, as_account: Callable[[Any], FlaskClient]
) -> None:
    example = the_worked_example(db)
    season = a_season(db)
    coordinator = an_account(db, Role.COORDINATOR)
    db.commit()
    browser = as_account(coordinator)
    typed = {
        "season_id": str(season.id),
        "product_id": str(example.vang.id),
        "grams": "nhiều lắm",
        "evidence": "AB",
        "said_by": "Sở NN&PTNT",
        "said_on": "12/10/2021",
    }

    refused = browser.post("/bao-cao/chi-tieu/moi", data=typed)

    assert refused.status_code == 422
    again = refused.get_data(as_text=True)
    assert 'value="nhiều lắm"' in again
    assert 'value="Sở NN&amp;PTNT"' in again
    assert "không phải là số tấn" in again
    assert db.exec(select(Target)).all() == []
    db.rollback()

    for grams, evidence in (("11.672", "AB"), ("60,5", "ABCD")):
        answer = browser.post("/bao-cao/chi-tieu/moi", data={**typed, "grams": grams, "evidence": evidence})
        assert answer.status_code == 303
    page = browser.get(answer.headers["Location"]).get_data(as_text=True)

    assert "2,07 tấn / 11.672 tấn" in page
    assert "2,07 tấn / 60,5 tấn" in page
    assert "Sở NN&amp;PTNT" in page
