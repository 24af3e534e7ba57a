"""Import of households from Excel, beside reading the file and inserting it unchecked.

Ours, for every row: eleven cells read and checked, commune found by name, folded and sort columns, duplicates
looked for in the file and in the database, national ids encrypted, consent, code, audit. Theirs:
python-calamine and one `executemany` for each of the same three tables.
"""

import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import python_calamine
import xlsxwriter
from sqlalchemy import delete, insert, select
from sqlmodel import Session, SQLModel

from benchmarks.harness import NOW, Place, Result, installation, options, seconds, tell
from benchmarks.world import FAMILY, GIVEN, MIDDLE
from catalog.imports import import_households
from catalog.models import AdminUnit, Consent, Household, ImportBatch, ImportRefusal, Level, Person, Producer
from marketplace.core.audit import SYSTEM, AuditEntry
from marketplace.core.db import writer, writing
from marketplace.core.secrets import vault_of
from tests import factories as make

HEADINGS = (
    "STT", "Họ và tên chủ hộ", "Năm sinh", "Giới tính", "Dân tộc", "Điện thoại", "Số CCCD", "Xã", "Thôn",
    "Diện tích (ha)", "Đồng ý",
)  # fmt: skip
TABLES: tuple[type[SQLModel], ...] = (
    Consent,
    Producer,
    Person,
    Household,
    ImportRefusal,
    ImportBatch,
    AuditEntry,
)


def main() -> None:
    asked = options(
        __doc__,
        households=(10_000, "rows of the file"),
        ids=(50, "of a hundred rows, how many carry a national id"),
        rounds=(3, "rounds, the median counts"),
    )
    ours, bare = [], []
    with installation(postgres=asked.postgres) as place:
        file = place.folder / "ho.xlsx"
        with writing(place.engine) as db:
            make.load_communes(db)
            write_file(file, asked.households, asked.ids, communes_of(db))
        for _ in range(asked.rounds):
            bare.append(seconds(lambda: read_and_insert(place, file)))
            empty(place)
            ours.append(seconds(lambda: take(place, file, asked.households)))
            empty(place)
    pairs = [limit / mine for mine, limit in zip(ours, bare, strict=True)]
    result = Result(
        f"import {asked.households} households",
        statistics.median(ours),
        statistics.median(bare),
        aim=0.2,
        ratio=statistics.median(pairs),
        facts={"rounds": [round(pair, 2) for pair in pairs]},
    )
    tell([result], as_json=asked.as_json)


def communes_of(db: Session) -> list[str]:
    """Names of communes that only one commune has, as they were in the season."""
    units = db.scalars(
        select(AdminUnit).where(
            AdminUnit.level == Level.COMMUNE,
            AdminUnit.valid_from <= NOW.date(),
            AdminUnit.valid_to >= NOW.date(),
        )
    ).all()
    names = [unit.name for unit in units]
    return sorted({name for name in names if names.count(name) == 1})


def write_file(file: Path, count: int, ids: int, communes: list[str]) -> None:
    """A list as an office keeps it: a title, headings, one household a row."""
    with xlsxwriter.Workbook(file, {"constant_memory": True}) as book:
        sheet = book.add_worksheet("Danh sách hộ")
        sheet.write_row(0, 0, ["DANH SÁCH HỘ TRỒNG CAM"])
        sheet.write_row(2, 0, HEADINGS)
        for n, row in enumerate(rows_of(count, ids, communes)):
            sheet.write_row(3 + n, 0, row)


def rows_of(count: int, ids: int, communes: list[str]) -> Iterator[list[Any]]:
    names = [f"{first} {middle} {given}" for first in FAMILY for middle in MIDDLE for given in GIVEN]
    for n in range(count):
        sex = "Nam" if n % 2 == 0 else "Nữ"
        # Nobody is born in 2099 yet: no such number belongs to a person.
        national_id = f"002{2 + n % 2}99{n:06d}" if n % 100 < ids else ""
        born = "" if national_id else 1960 + n % 40
        village = f"Thôn {GIVEN[n % len(GIVEN)]} {n // len(names)}"  # a name comes twice, but elsewhere
        who = [n + 1, names[n % len(names)], born, sex, "Tày", f"09120{n:05d}", national_id]
        yield [*who, communes[n % len(communes)], village, f"0,{n % 9 + 1}", "Có"]


def take(place: Place, file: Path, count: int) -> None:
    """What `lensan import households` does, commit included."""
    vault = vault_of(place.settings)
    with writing(place.engine) as db:
        result = import_households(db, SYSTEM, file.read_bytes(), vault=vault, now=NOW, most_rows=50_000)
        assert (result.batch.rows_new, len(result.refused)) == (count, 0), result.refused[:3]


def read_and_insert(place: Place, file: Path) -> None:
    """The limit: the file read, and as many rows in the same three tables, one statement each, one commit."""
    with file.open("rb") as opened:
        book = python_calamine.load_workbook(opened)
        rows = book.get_sheet_by_index(0).to_python()[3:]
    with writer(place.engine).connect() as connection, connection.begin():
        commune = connection.scalar(select(AdminUnit.id).where(AdminUnit.level == Level.COMMUNE).limit(1))
        connection.execute(insert(Household), [
            {"id": n, "code": f"HG-{n:06d}", "commune_id": commune, "village": row[8], "village_fold": row[8],
             "active": True, "registered_at": NOW, "note": ""}
            for n, row in enumerate(rows, 1)
        ])  # fmt: skip
        connection.execute(insert(Person), [
            {"household_id": n, "name": row[1], "name_fold": row[1], "name_loose": row[1],
             "name_sort": row[1], "phone": str(row[5]), "is_head": True, "created_at": NOW}
            for n, row in enumerate(rows, 1)
        ])  # fmt: skip
        connection.execute(insert(Producer), [
            {"kind": "household", "household_id": n, "name": row[1], "name_fold": row[1], "address": ""}
            for n, row in enumerate(rows, 1)
        ])  # fmt: skip


def empty(place: Place) -> None:
    with writer(place.engine).connect() as connection, connection.begin():
        for table in TABLES:
            connection.execute(delete(table))


if __name__ == "__main__":
    main()
