"""The chain as files and for programs: what is hidden on the page is hidden in them."""

import io
import json
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner
from python_calamine import CalamineWorkbook
from sqlmodel import Session

from marketplace.cli import lensan
from marketplace.core.tables import Sheet, to_csv, to_xlsx
from marketplace.reports.chain import GRAMS, MEASURE_LABELS, Chain, Measure
from marketplace.reports.chain_classes import ClassTable
from marketplace.reports.chain_exports import DEFINITIONS, chain_sheet, question_words
from marketplace.reports.chain_figures import SUPPRESSION
from marketplace.reports.chain_groups import Group
from marketplace.selling.models import Channel
from tests.factories import a_season
from tests.reports.chains import a_village, chain_of
from tests.reports.factories import an_entry, at


def a_sheet(chain: Chain, what: str = "classes", by: Group = Group.SEX) -> Sheet:
    return chain_sheet(ClassTable(chain), what, by, Measure.ATTENDED, user="Điều phối Một", words="tất cả")


def cell(sheet: Sheet, row: str, head: str) -> object:
    rows = {str(cells[0]): cells for cells in (*sheet.rows, sheet.foot)}
    return rows[row][list(sheet.head).index(head)]


def test_the_head_says_what_is_counted_for_whom_and_when(db: Session) -> None:
    a_village(db)
    about = a_sheet(chain_of(db)).about

    assert ("Kỳ", "01/09/2021 – 31/05/2022") in about
    assert ("Số liệu lúc", "01/12/2021 10:00") in about
    assert ("Người xuất", "Điều phối Một") in about
    assert ("Ô ẩn", SUPPRESSION) in about
    assert [text for label, text in about if label == "Cách tính"][:-1] == list(DEFINITIONS)


def test_one_household_that_sold_is_hidden_with_its_kilograms(db: Session) -> None:
    village = a_village(db)
    an_entry(db, product=village.vang, household=village.came[0], grams=7_531_000)
    sheet = a_sheet(chain_of(db))
    code = village.training.code

    assert cell(sheet, code, "Hộ có mặt") == 6
    heads = (Measure.SOLD, Measure.SEASON, Measure.SOON, Measure.LATER)
    said = [cell(sheet, code, MEASURE_LABELS[one] + (" (kg)" if one in GRAMS else "")) for one in heads]
    assert said == ["ẩn"] * 4
    rows = to_csv(Sheet((), sheet.head, sheet.rows, ())).decode()
    assert "7531" not in rows


def test_the_foot_is_the_seasons_tonnage_and_the_rows_make_it(db: Session) -> None:
    village = a_village(db)
    for household in village.came:
        an_entry(db, product=village.vang, household=household, grams=1_001)
    an_entry(db, product=village.vang, grams=500)
    sheet = a_sheet(chain_of(db))
    credited = "Bán trên sàn, tính cho lớp đầu tiên (kg)"

    rows = (village.training.code, "Lớp ngoài điều kiện lọc", "Hộ chưa từng học", "Chưa gắn với hộ nào")
    kilos = [cell(sheet, row, credited) for row in rows]

    assert kilos == [Decimal("6.006"), Decimal("0.000"), Decimal("0.000"), Decimal("0.500")]
    assert cell(sheet, "Bán trên sàn, cả kỳ", credited) == Decimal("6.506")


def test_groups_always_have_a_row_for_the_unknown(db: Session) -> None:
    a_village(db)

    for by in Group:
        sheet = a_sheet(chain_of(db), "groups", by)
        unknown = "Chưa rõ xã mới" if by is Group.COMMUNE_NOW else "Chưa rõ"
        assert sheet.rows[-1][0] == unknown
    assert cell(a_sheet(chain_of(db), "groups"), "Chưa rõ", "Hộ có mặt") == 6


def test_class_by_group_has_a_row_per_class_and_both_sums(db: Session) -> None:
    village = a_village(db)
    sheet = a_sheet(chain_of(db), "cross")

    assert sheet.head == ["Lớp", "Nam", "Nữ", "Chưa rõ", "Cộng"]
    assert sheet.rows == [[village.training.code, 0, 0, 6, 6]]
    assert sheet.foot == ["Cộng", 0, 0, 6, 6]


def test_xlsx_and_csv_have_the_same_cells(db: Session) -> None:
    village = a_village(db)
    an_entry(db, product=village.vang, household=village.came[0])
    sheet = a_sheet(chain_of(db))

    rows = CalamineWorkbook.from_filelike(io.BytesIO(to_xlsx(sheet))).get_sheet_by_index(0).to_python()
    lines = to_csv(sheet).decode("utf-8-sig").splitlines()

    assert len(rows) == len(lines) == len(sheet.about) + len(sheet.rows) + 3
    assert rows[len(sheet.about) + 2][0] == village.training.code


def test_the_hash_changes_with_what_is_shown_and_not_with_what_is_hidden(db: Session) -> None:
    village = a_village(db)
    few = (village.came[0], village.stayed[0])
    for household in few:
        an_entry(db, product=village.vang, household=household, grams=5_000)

    def hashed() -> str:
        return dict(a_sheet(chain_of(db)).about)["Mã kiểm"]

    before = hashed()
    assert hashed() == before
    for household, grams in zip(few, (-1_000, 1_000), strict=True):
        an_entry(db, product=village.vang, household=household, grams=grams)
    assert hashed() == before
    for household in village.came:
        an_entry(db, product=village.vang, household=household, grams=9_000)
    assert hashed() != before


def test_the_question_is_written_in_words(db: Session) -> None:
    village = a_village(db)

    chain = chain_of(db, host="province", commune_id=village.training.commune_id)

    assert question_words(chain) == "Xã mở lớp: Xã Vĩnh Hảo · Đơn vị đứng lớp: Tỉnh"
    assert question_words(chain_of(db)) == "tất cả"


@pytest.fixture
def run(db: Session, database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> CliRunner:
    a_season(db)
    village = a_village(db)
    for household in village.came:
        an_entry(db, product=village.vang, household=household, grams=1_500, when=at(20))
    an_entry(db, product=village.vang, household=village.came[0], grams=2_000, channel=Channel.TRADER)
    an_entry(db, product=village.vang, grams=500)
    db.commit()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LENSAN_DATABASE_URL", database_url)
    monkeypatch.setenv("LENSAN_DEBUG", "true")
    return CliRunner()


def test_the_chain_for_programs(run: CliRunner) -> None:
    answer = run.invoke(lensan, ["report", "chain", "--season", "2021-2022", "--json"])

    assert answer.exit_code == 0, answer.output
    found = json.loads(answer.stdout)
    assert (found["season"], found["from"], found["to"]) == ("2021-2022", "2021-09-01", "2022-05-31")
    assert (found["trainings"], found["visits"], found["all"]["attended"]) == (1, 6, 6)
    assert found["classes"][0]["credited_grams"] == 9_000
    assert (found["never_trained"]["season_grams"], found["unattributed"]["season_grams"]) == (0, 500)
    assert found["season_headline_grams"] == 9_500
    assert found["all"]["elsewhere_grams"] is None  # of one household
    assert set(found["groups"]) == set(Group)
    assert len(found["hash"]) == 64


def test_the_chain_for_people(run: CliRunner) -> None:
    answer = run.invoke(lensan, ["report", "chain", "--season", "2021-2022"])

    assert answer.exit_code == 0, answer.output
    assert "Hộ có mặt: 6" in answer.stdout
    assert "Hộ chưa từng học: 0 kg" in answer.stdout
    assert "Cộng: 9,5 kg" in answer.stdout


def test_an_unknown_season_is_refused_with_those_there_are(run: CliRunner) -> None:
    answer = run.invoke(lensan, ["report", "chain", "--season", "2030-2031"])

    assert answer.exit_code == 2
    assert "Không có niên vụ 2030-2031. Có: 2021-2022." in answer.output
