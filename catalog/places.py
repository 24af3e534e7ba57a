"""Provinces, districts and communes over time (R-51 to R-55).

Codes were re-used on 1 July 2025 (`01153` was thị trấn Việt Quang and is xã Bắc Quang), so a unit is known by
its id; code and name mean something only together with a date.
"""

import csv
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from importlib import resources

from sqlalchemy import update
from sqlmodel import Session, col, select

from catalog.models import AdminChange, AdminUnit, Household, Level
from marketplace.core.errors import Refused
from marketplace.core.i18n import N_
from marketplace.core.text import clean, fold

REFORM = date(2025, 7, 1)
BEGINNING = date(2004, 7, 8)  #: Decision 124/2004/QĐ-TTg
SHIPPED = ("hagiang_communes.csv", "tuyenquang_communes.csv")
COLUMNS = (
    "old_province_code", "old_province", "old_district_code", "old_district", "old_commune_code",
    "old_commune", "new_province_code", "new_province", "new_commune_code", "new_commune", "split",
)  # fmt: skip
KINDS = ("tinh ", "thanh pho ", "huyen ", "thi xa ", "quan ", "xa ", "phuong ", "thi tran ")


class NotAUnitList(Refused):
    sentence = N_(
        "Tệp thiếu cột %(column)s. Hãy dùng tệp CSV có đủ các cột như catalog/data/hagiang_communes.csv."
    )
    status = 422


def bare(name: str) -> str:
    """Folded name without its kind: "Xã Vĩnh Hảo" and "vinh hao" are the same."""
    folded = fold(name)
    for kind in KINDS:
        if folded.startswith(kind):
            return folded.removeprefix(kind)
    return folded


def load_shipped_units(db: Session) -> int:
    """Load both vintages of Hà Giang and Tuyên Quang from the product's data; again changes nothing."""
    added = 0
    for name in SHIPPED:
        text = resources.files("catalog").joinpath("data", name).read_text("utf-8")
        added += load_units(db, csv.DictReader(text.splitlines()), source=f"catalog/data/{name}")
    return added


def load_units(
    db: Session, rows: Iterable[Mapping[str, str]], *, source: str, effective: date = REFORM
) -> int:
    """Load old → new communes; returns how many units were new. Units already known stay.

    Refuses a list without the columns of `COLUMNS`. All codes are text with leading zeros. An old unit that
    is still open ends the day before `effective`, and the households in it move to its successor.
    """
    known = {(unit.level, unit.code, unit.valid_from): unit for unit in db.exec(select(AdminUnit))}
    changes = {(change.old_id, change.new_id) for change in db.exec(select(AdminChange))}
    before, last_day = len(known), effective - timedelta(days=1)
    open_before = {
        (unit.level, unit.code): unit
        for unit in known.values()
        if unit.valid_from < effective and (unit.valid_to or last_day) >= last_day
    }

    def unit(level: Level, code: str, name: str, parent: AdminUnit | None, *, old: bool) -> AdminUnit:
        if old and (level, code) in open_before:
            found = open_before[level, code]
            found.valid_to = last_day
            return found
        start, end = (BEGINNING, last_day) if old else (effective, None)
        key = (level, code, start)
        if key not in known:
            known[key] = AdminUnit(
                level=level,
                code=code,
                name=clean(name),
                name_fold=bare(name),
                parent_id=parent.id if parent else None,
                valid_from=start,
                valid_to=end,
                source=source,
            )
            db.add(known[key])
            db.flush()
        return known[key]

    for row in rows:
        missing = next((column for column in COLUMNS if not row.get(column)), None)
        if missing:
            raise NotAUnitList(column=missing)
        province = unit(Level.PROVINCE, row["old_province_code"], row["old_province"], None, old=True)
        district = unit(Level.DISTRICT, row["old_district_code"], row["old_district"], province, old=True)
        old = unit(Level.COMMUNE, row["old_commune_code"], row["old_commune"], district, old=True)
        parent = unit(Level.PROVINCE, row["new_province_code"], row["new_province"], None, old=False)
        new = unit(Level.COMMUNE, row["new_commune_code"], row["new_commune"], parent, old=False)
        if (old.id, new.id) not in changes:
            changes.add((old.id or 0, new.id or 0))
            db.add(
                AdminChange(
                    old_id=old.id or 0, new_id=new.id or 0, effective=effective, split=row["split"] == "1"
                )
            )
    db.flush()
    _move_households(db)
    return len(known) - before


def _move_households(db: Session) -> None:
    """Bring `current_commune_id` up to date where it names a unit that has ended."""
    current = current_unit_ids(db)
    used = db.exec(select(Household.current_commune_id).distinct()).all()
    for unit_id in used:
        if unit_id is not None and current[unit_id] != unit_id:
            db.execute(
                update(Household)
                .where(col(Household.current_commune_id) == unit_id)
                .values(current_commune_id=current[unit_id])
            )


def current_unit_ids(db: Session) -> dict[int, int | None]:
    """Every unit → the unit that it is today, itself while it lasts; None for split ones (R-52)."""
    successors: dict[int, list[int]] = {}
    statement = select(AdminUnit.id, AdminChange.new_id).join(
        AdminChange, col(AdminChange.old_id) == AdminUnit.id, isouter=True
    )
    for old, new in db.exec(statement):
        successors.setdefault(old or 0, []).extend([new] if new is not None else [])
    return {unit_id: follow(unit_id, successors) for unit_id in successors}


def follow(unit_id: int, successors: Mapping[int, list[int]]) -> int | None:
    """The end of the chain of changes; None as soon as it forks."""
    seen = {unit_id}
    while after := successors.get(unit_id):
        if len(after) > 1:
            return None
        unit_id = after[0]
        if unit_id in seen:  # a wrong list must not hang us
            return unit_id
        seen.add(unit_id)
    return unit_id
