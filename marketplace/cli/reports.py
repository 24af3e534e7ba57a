"""Commands of reports: sold kilograms and reached households."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import click

from marketplace.cli.common import emit, json_option, lensan, ready, transaction
from marketplace.core import clock
from marketplace.core.units import date_vi, kg
from marketplace.reports.dimensions import BY_LABELS, By, View
from marketplace.reports.periods import Period, season_on
from marketplace.reports.reached import reached
from marketplace.reports.tonnage import (
    Amount,
    Asked,
    Cell,
    Report,
    TonnageRow,
    by_evidence,
    by_product,
    tonnage_report,
    total,
)
from marketplace.selling.models import CHANNEL_LABELS

DAY = click.DateTime(["%Y-%m-%d"])
first_option = click.option("--from", "first", type=DAY, required=True, help="Ngày đầu, ví dụ 2021-11-01.")
last_option = click.option("--to", "last", type=DAY, required=True, help="Ngày cuối, tính cả ngày này.")


@lensan.group()
def report() -> None:
    """Báo cáo: sản lượng và số hộ."""


@report.command()
@first_option
@last_option
@click.option(
    "--by", type=click.Choice([by.value for by in By]), default="commune", help="Chia theo mục nào."
)
@click.option(
    "--view", type=click.Choice([view.value for view in View]), default="then", help="Địa giới nào."
)
@json_option
def tonnage(first: datetime, last: datetime, by: str, view: str, *, as_json: bool) -> None:
    """Kilôgam đã bán, từng kênh, cam và mọi nông sản để riêng."""
    period = _period(first, last)
    with transaction(ready(), writing=False) as db:
        season = season_on(db, period.last)
        asked = Asked(period, By(by), View(view), {}, season.starts_on if season else None)
        found = tonnage_report(db, asked, now=clock.now())
    emit(_facts(found), as_json=as_json, words=_words(found))


@report.command(name="reached")
@first_option
@last_option
@json_option
def reached_command(first: datetime, last: datetime, *, as_json: bool) -> None:
    """Số hộ đã đăng ký, có hàng trên sàn, đã bán được; số sản phẩm trên sàn."""
    period = _period(first, last)
    with transaction(ready(), writing=False) as db:
        season = season_on(db, period.last)
        start = season.starts_on if season else None
        counts = reached(db, period=period, today=clock.today(), season_start=start)
    value = {"period": _span(period), "data_as_of": clock.now().isoformat(), **vars(counts)}
    words = (
        f"Hộ đã đăng ký: {counts.registered} (mới trong kỳ {counts.registered_new})\n"
        f"Hộ có hàng đang bán trên sàn: {counts.on_sale}\n"
        f"Hộ đã bán được hàng trên sàn: {counts.sold} (luỹ kế niên vụ {counts.sold_since})\n"
        f"Sản phẩm đang có trên sàn: {counts.products}, trong đó OCOP còn hiệu lực {counts.ocop_products}"
    )
    emit(value, as_json=as_json, words=words)


def _period(first: datetime, last: datetime) -> Period:
    if last < first:
        raise click.UsageError("--to phải từ --from trở đi.")
    return Period(first.date(), last.date())


def _facts(found: Report) -> dict[str, Any]:
    """The report for programs: weights in whole grams, and in kg as exact text."""
    oranges, everything = total(found.oranges), found.total
    return {
        "period": _span(found.asked.period),
        "data_as_of": found.data_as_of.isoformat(),
        "by": found.asked.by.value,
        "view": found.asked.view.value,
        "season_start": found.asked.season_start.isoformat() if found.asked.season_start else None,
        "headline": {"goods": "oranges", "channels": "marketplace_retail + marketplace_bulk"},
        "headline_grams": oranges.headline_grams,
        "headline_kg": _exact_kg(oranges.headline_grams),
        "complaint_grams": everything.complaint_grams,
        "unattributed_grams": everything.unattributed_grams,
        "oranges": _part(found, found.oranges),
        "all_goods": _part(found, found.cells),
        "hash": found.hash,
    }


def _part(found: Report, cells: tuple[Cell, ...]) -> dict[str, Any]:
    """`by_evidence` splits the headline; `unattributed_grams` is its part that no household is known for."""
    sums = total(cells)
    return {
        **_row(sums),
        "by_evidence": {level.value: _amount(amount) for level, amount in by_evidence(cells).items()},
        "by_product": [
            {"product_id": int(row.key), "product": row.label, **_row(row)} for row in by_product(cells)
        ],
        "rows": [{"key": row.key, "label": row.label, **_row(row)} for row in found.rows_of(cells)],
    }


def _row(row: TonnageRow) -> dict[str, Any]:
    return {
        "headline_grams": row.headline_grams,
        "headline_kg": _exact_kg(row.headline_grams),
        "season_headline_grams": row.season_grams,
        "complaint_grams": row.complaint_grams,
        "unattributed_grams": row.unattributed_grams,
        "by_channel": {channel.value: _amount(amount) for channel, amount in row.by_channel.items()},
    }


def _amount(amount: Amount) -> dict[str, Any]:
    return {"grams": amount.grams, "kg": _exact_kg(amount.grams), "value_vnd": amount.value_vnd}


def _exact_kg(grams: int) -> str:
    """50 or 0.5, with a point for programs; a float would not be exact."""
    return f"{Decimal(grams).scaleb(-3).normalize():f}"


def _span(period: Period) -> dict[str, str]:
    return {"from": period.first.isoformat(), "to": period.last.isoformat()}


def _words(found: Report) -> str:
    """The report for people."""
    period, oranges, everything = found.asked.period, total(found.oranges), found.total
    lines = [
        f"Sản lượng từ {date_vi(period.first)} đến {date_vi(period.last)}",
        f"Cam bán trên sàn: {kg(oranges.headline_grams)} "
        f"(bán lẻ {kg(oranges.retail_grams)}, bán sỉ {kg(oranges.bulk_grams)})",
        f"Mọi nông sản bán trên sàn: {kg(everything.headline_grams)} "
        f"(bán lẻ {kg(everything.retail_grams)}, bán sỉ {kg(everything.bulk_grams)})",
    ]
    lines += [f"{CHANNEL_LABELS[channel]}: {kg(amount.grams)}" for channel, amount in everything.outside]
    lines += [
        f"Khiếu nại, không trả hàng: {kg(everything.complaint_grams)}",
        f"Chưa gắn với hộ nào: {kg(everything.unattributed_grams)}",
        "",
        f"{BY_LABELS[found.asked.by]}, cam bán trên sàn:",
        *(f"  {row.label}: {kg(row.headline_grams)}" for row in found.rows_of(found.oranges)),
        f"Mã kiểm {found.hash}",
    ]
    return "\n".join(lines)
