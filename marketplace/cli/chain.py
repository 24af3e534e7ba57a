"""The command of the chain: what came of a season's classes."""

from typing import Any

import click
from sqlmodel import Session, col, select

from catalog.models import Season
from marketplace.cli.common import emit, json_option, ready, transaction
from marketplace.cli.reports import report
from marketplace.core import clock
from marketplace.core.units import kg, number_vi
from marketplace.reports.chain import GRAMS, MEASURE_LABELS, ChainAsked, Measure, read_chain
from marketplace.reports.chain_classes import ClassTable
from marketplace.reports.chain_exports import chain_hash, facts_of
from marketplace.reports.chain_figures import SUPPRESSION, Row
from marketplace.reports.chain_grouped import GroupTable
from marketplace.reports.chain_groups import Group
from marketplace.reports.chain_pages import FUNNEL, HIDDEN
from marketplace.reports.periods import Period


@report.command()
@click.option("--season", required=True, help="Niên vụ, ví dụ 2021-2022.")
@json_option
def chain(season: str, *, as_json: bool) -> None:
    """Từ lớp tập huấn đến kilôgam: mời, dự, gian hàng, tin đăng, đã bán; ô dưới 5 hộ được ẩn."""
    with transaction(ready(), writing=False) as db:
        table = ClassTable(read_chain(db, ChainAsked(_period(db, season)), now=clock.now()))
    emit(_facts(table, season), as_json=as_json, words=_words(table, season))


def _period(db: Session, key: str) -> Period:
    found = db.exec(select(Season).where(Season.key == key)).first()
    if found is None:
        keys = db.exec(select(Season.key).order_by(col(Season.key))).all()
        raise click.UsageError(f"Không có niên vụ {key}. Có: {', '.join(keys) or 'chưa có niên vụ nào'}.")
    return Period(found.starts_on, found.ends_on)


def _facts(table: ClassTable, season: str) -> dict[str, Any]:
    """For programs: whole grams, null where a figure is hidden; the hash is that of the file of classes."""
    found = table.chain
    return {
        "season": season,
        **found.asked.facts(),
        "data_as_of": found.data_as_of.isoformat(),
        "trainings": len(found.classes),
        "visits": None if table.all.figures[Measure.PEOPLE_ATTENDED] is None else found.trained.visits,
        "classes": [
            {
                "code": row.label,
                "course": row.one.course,
                "commune": row.one.commune,
                "host": row.one.host,
                "ends_on": row.one.ends_on.isoformat(),
                **facts_of(row),
            }
            for row in table.classes
            if row.one
        ],
        "courses": [{"course": row.label, **facts_of(row)} for row in table.course_rows],
        "all": dict(facts_of(table.all)),
        "other_classes": dict(facts_of(table.others)),
        "never_trained": dict(facts_of(table.never)),
        "unattributed": dict(facts_of(table.nobody)),
        "season_headline_grams": found.season_grams,
        "groups": {group.value: _group(GroupTable(table, group)) for group in Group},
        "suppression": SUPPRESSION,
        "hash": chain_hash(table, "classes", Group.COMMUNE_THEN, Measure.ATTENDED),
    }


def _group(table: GroupTable) -> dict[str, list[dict[str, Any]]]:
    return {
        name: [{"key": row.key, "label": row.label, **facts_of(row)} for row in rows]
        for name, rows in (("trained", table.trained()), ("never_trained", table.never()))
    }


def _words(table: ClassTable, season: str) -> str:
    """For people."""
    lines = [f"Niên vụ {season}: {number_vi(len(table.chain.classes))} lớp đã tổ chức và chốt điểm danh"]
    lines += [f"{MEASURE_LABELS[one]}: {_said(table.all, one)}" for one in FUNNEL]
    lines += [
        "",
        "Bán trên sàn, mọi nông sản, mỗi hộ tính cho lớp đầu tiên:",
        *(f"  {row.label}: {_said(row, Measure.CREDITED)}" for row in table.classes),
        f"  Lớp khác: {_said(table.others, Measure.CREDITED)}",
        f"  Hộ chưa từng học: {_said(table.never, Measure.SEASON)}",
        f"  Chưa gắn với hộ nào: {_said(table.nobody, Measure.SEASON)}",
        f"  Cộng: {kg(table.chain.season_grams)}",
        SUPPRESSION,
    ]
    return "\n".join(lines)


def _said(row: Row, measure: Measure) -> str:
    value = row.figures[measure]
    if value is None:
        return HIDDEN
    return kg(value) if measure in GRAMS else number_vi(value)
