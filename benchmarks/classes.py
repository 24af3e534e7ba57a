"""An old class list taken in from Excel, beside reading its cells; certificates made, beside blank pages.

Ours, for every row: the person looked for in the whole register, doubts named, a draft household where nobody
is found, a seat, marks by half-day, the class closed, all of it in the audit and ready to be undone.
"""

import statistics
from io import BytesIO

import fpdf
from python_calamine import CalamineWorkbook
from sqlmodel import Session

from benchmarks.harness import NOW, Place, Result, installation, median, options, seconds, tell
from benchmarks.world import FAMILY, GIVEN, MIDDLE
from marketplace.accounts.models import Role
from marketplace.core.db import writing
from marketplace.core.secrets import vault_of
from tests import factories as make
from tests.training.rolls import a_list, a_row
from training.award_papers import Paper
from training.award_pdf import certificates_pdf
from training.models import CertificateCopy
from training.roll_forms import RollIn
from training.roll_imports import import_roll


def main() -> None:
    asked = options(
        __doc__,
        rows=(1_000, "rows of the class list"),
        papers=(100, "certificates in one file"),
        rounds=(3, "rounds, the median counts"),
    )
    results = [
        list_read(asked.rows, asked.rounds, postgres=asked.postgres),
        papers_made(asked.papers, asked.rounds),
    ]
    tell(results, as_json=asked.as_json)


def list_read(rows: int, rounds: int, *, postgres: bool) -> Result:
    """The whole list in, again and again into an empty register."""
    ours, bare = [], []
    file = the_list(rows)
    for _ in range(rounds):
        with installation(postgres=postgres) as place:
            with writing(place.engine) as db:
                make.load_communes(db)
                facts = asked_for(db)
            bare.append(seconds(lambda: cells(file)))
            ours.append(seconds(lambda place=place, facts=facts: take(place, file, facts, rows)))
    pairs = [limit / mine for mine, limit in zip(ours, bare, strict=True)]
    middle = statistics.median(ours)
    return Result(
        f"read a class list of {rows} rows", middle, statistics.median(bare), ratio=statistics.median(pairs),
        facts={"aim": "10 s for 1,000 rows"},
    )  # fmt: skip


def cells(file: bytes) -> list[list[object]]:
    return CalamineWorkbook.from_filelike(BytesIO(file)).get_sheet_by_index(0).to_python()


def the_list(rows: int) -> bytes:
    names = [f"{a} {b} {c}" for a in FAMILY for b in MIDDLE for c in GIVEN][:rows]
    return a_list(
        *(a_row(name, village=f"Thôn {n % 50}", born=1950 + n % 50) for n, name in enumerate(names))
    )


def asked_for(db: Session) -> RollIn:
    return RollIn(
        course_id=make.a_course(db).id,
        first_day=NOW.date().replace(day=1),
        commune="Vĩnh Hảo",
        venue="Nhà văn hóa Vĩnh Sơn",
        organiser="Trung tâm khuyến nông",
        close=True,
    )


def take(place: Place, file: bytes, facts: RollIn, rows: int) -> None:
    with writing(place.engine) as db:
        worker = make.an_account(db, Role.EXTENSION)
        vault = vault_of(place.settings)
        result = import_roll(db, worker, file, facts, vault=vault, now=NOW, most_rows=rows + 10)
    assert result.batch.rows_new + result.batch.rows_refused == rows


def papers_made(papers: int, rounds: int) -> Result:
    """One file with a page for each person."""
    many = [a_paper(n) for n in range(papers)]
    ours = median(lambda: certificates_pdf(many), rounds)
    bare = median(lambda: blank(papers), rounds)
    return Result(f"{papers} certificates in one file", ours, bare, ratio=bare / ours)


def a_paper(number: int) -> Paper:
    copy = CertificateCopy(
        certificate_id=number, version=1, token=f"{number:022d}", name=f"Người Thứ {number}",
        course="Đưa nông sản lên sàn", organiser="Trung tâm khuyến nông", place="Xã Vĩnh Hảo",
        held_from=NOW.date(), held_to=NOW.date(), half_days=2, minutes=480, issued_at=NOW,
    )  # fmt: skip
    return Paper(copy, f"HG-TH-2021-{number:04d}", f"https://lensan.example/cn/{number:022d}")


def blank(pages: int) -> bytes:
    book = fpdf.FPDF(orientation="landscape")
    for _ in range(pages):
        book.add_page()
    return bytes(book.output())


if __name__ == "__main__":
    main()
