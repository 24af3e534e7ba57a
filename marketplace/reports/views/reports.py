"""Pages of the coordinator: tonnes, reached households, targets, health."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, current_app, g, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlmodel import col, select

from catalog.models import Product, Season
from marketplace.core import clock, web
from marketplace.core.errors import Invalid, NotFound
from marketplace.core.forms import FormState, parsed
from marketplace.core.i18n import N_
from marketplace.core.tables import XLSX, to_csv, to_xlsx
from marketplace.core.units import kg, tonnes
from marketplace.reports.dimensions import BY_LABELS, ORANGES, VIEW_LABELS, By, Filters, names_of
from marketplace.reports.exports import (
    DEFINITION,
    KIND_LABELS,
    ROUNDING,
    filter_words,
    lines_sheet,
    rows_sheet,
)
from marketplace.reports.forms import ReportIn, TargetIn, filters_of
from marketplace.reports.glance import Glance, address_of, without
from marketplace.reports.health import marketplace_health
from marketplace.reports.lines import line_sum, tonnage_lines
from marketplace.reports.overview import Overview, season_overview
from marketplace.reports.paging import SIZE, Page
from marketplace.reports.periods import Period, preset, presets
from marketplace.reports.reached import REACH_LABELS, Reach, reached, reached_households
from marketplace.reports.targets import SeasonTarget, season_with_targets, set_target, targets_of
from marketplace.reports.tonnage import Asked, tonnage_report, total
from marketplace.selling.ending_pages import how_many_end
from marketplace.selling.exposure_pages import pool_totals
from marketplace.selling.models import BLAME_LABELS, CHANNEL_LABELS, EVIDENCE_LABELS
from marketplace.selling.order_pages import URGENT, unconfirmed

bp = Blueprint("reports", __name__)

REFRESH_SECONDS = 20
SHOWN_ORDERS = 5  #: to be confirmed, most urgent first; the list has them all
SHOWN_ROWS = 200  #: more than there are communes; the file has every row
BACKWARDS = N_("“Đến ngày” phải từ “Từ ngày” trở đi. Hãy sửa lại.")


@dataclass(frozen=True)
class Question:
    """What a page was asked, and the season it falls in."""

    asked: Asked
    season: Season | None
    targets: list[SeasonTarget]


@bp.get("/bao-cao")
def home() -> ResponseReturnValue:
    """Show the season at a glance: tonnes against the target, households, health of the marketplaces."""
    now, today = clock.now(), clock.today()
    waiting, waiting_count = unconfirmed(g.db, g.actor, most=SHOWN_ORDERS)
    season, targets = season_with_targets(g.db, today)
    period = preset("season", today, season=season)
    overview = season_overview(g.db, period)
    shown = Glance(
        overview,
        period,
        today,
        link=lambda address: url_for(".tonnage_lines", **address),
        weigh=lambda grams: tonnes(grams, g.actor.language),
        say=web.say,
    )
    return web.page(
        "reports/home.html",
        season=season,
        period=period,
        overview=overview,
        shown=shown,
        targets=[(said, overview.towards(said.target.product_id, said.target.evidence)) for said in targets],
        reach=reached(g.db, period=period, today=today),
        shops=marketplace_health(g.db, now=now),
        stock=pool_totals(g.db, g.actor),
        unconfirmed=waiting,
        unconfirmed_count=waiting_count,
        ending=how_many_end(g.db, g.actor, today=clock.today()),
        urgent=URGENT,
        sweep_seconds=current_app.extensions["lensan"].worker.sweep_seconds,
        blame_labels=BLAME_LABELS,
        now=now,
        refresh=REFRESH_SECONDS,
    )


@bp.get("/bao-cao/san-luong")
def tonnage() -> ResponseReturnValue:
    """Show counted kilograms for any period, split as asked; every figure leads to its lines."""
    form = _from_address()
    form.fill(goods=ORANGES)
    question = Question(Asked(preset("season", clock.today())), None, [])
    with form.attempt():
        question = _question(form)
    asked = question.asked
    form.fill(first=asked.period.first, last=asked.period.last, by=asked.by, view=asked.view)
    goods = asked.filters.get(By.GOODS)
    wide: Filters = {by: text for by, text in asked.filters.items() if by is not By.GOODS}
    report = tonnage_report(g.db, replace(asked, filters=wide), now=clock.now())
    cells = report.of_goods(goods)
    names = names_of(g.db, wide)
    rows = report.rows_of(cells)
    return web.page(
        "reports/tonnage.html",
        form=form,
        asked=asked,
        report=report,
        rows=rows[:SHOWN_ROWS],
        more=max(0, len(rows) - SHOWN_ROWS),
        total=total(cells),
        everything=report.total,
        targets=[] if wide else [(said, report.towards(said.target)) for said in question.targets],
        chips=[(by, names[by], url_for(".tonnage", **without(asked, by))) for by in wide],
        spans=[
            (label, url_for(".tonnage", **address_of(replace(asked, period=span))))
            for _name, label, span in presets(clock.today(), season=question.season)
        ],
        lines_url=_lines_urls(asked),
        export_url=lambda kind: url_for(".tonnage_export", kind=kind, table="rows", **address_of(asked)),
        **_choices(),
    )


@bp.get("/bao-cao/san-luong/dong", endpoint="tonnage_lines")
def tonnage_lines_page() -> ResponseReturnValue:
    """Show the lines a figure was counted from, and their sum."""
    asked = _question(_from_address()).asked
    sums = line_sum(g.db, asked)
    address = address_of(asked)
    page = Page(
        web.asked_number("trang"), sums.count, lambda n: url_for(".tonnage_lines", trang=n, **address)
    )
    if not 1 <= page.number <= page.pages:
        raise NotFound
    return web.page(
        "reports/lines.html",
        asked=asked,
        lines=tonnage_lines(g.db, asked, offset=page.offset, limit=SIZE),
        sums=sums,
        page=page,
        filters=filter_words(asked.filters, names_of(g.db, asked.filters), say=web.say),
        kinds=KIND_LABELS,
        export_url=lambda kind: url_for(".tonnage_export", kind=kind, table="lines", **address),
        report_url=url_for(".tonnage", **address),
        **_choices(),
    )


@bp.get("/bao-cao/san-luong/tep.<any(csv, xlsx):kind>")
def tonnage_export(kind: str) -> ResponseReturnValue:
    """Hand out a report or its lines as a file, with who asked, when, for what, and the hash."""
    asked = _question(_from_address()).asked
    report = tonnage_report(g.db, asked, now=clock.now())
    words = filter_words(asked.filters, names_of(g.db, asked.filters), say=web.say)
    if request.args.get("table") == "lines":
        sheet = lines_sheet(report, tonnage_lines(g.db, asked), user=g.actor.name, filters=words, say=web.say)
    else:
        sheet = rows_sheet(report, user=g.actor.name, filters=words, say=web.say)
    name = f"san-luong-{asked.period.first}-{asked.period.last}.{kind}"
    body, mimetype = (to_csv(sheet), "text/csv") if kind == "csv" else (to_xlsx(sheet), XLSX)
    return Response(body, mimetype=mimetype, headers={"Content-Disposition": f"attachment; filename={name}"})


@bp.get("/bao-cao/ho", endpoint="reached")
def reached_page() -> ResponseReturnValue:
    """Show whom the programme reached, each count with its list of households."""
    form = _from_address()
    asked = _question(form).asked
    reach = parsed(ReportIn, form).reach
    counts = reached(g.db, period=asked.period, today=clock.today(), season_start=asked.season_start)
    address: dict[str, Any] = {"first": asked.period.first, "last": asked.period.last}
    of = {Reach.REGISTERED: counts.registered, Reach.ON_SALE: counts.on_sale, Reach.SOLD: counts.sold}
    page = Page(
        web.asked_number("trang"), of[reach], lambda n: url_for(".reached", reach=reach, trang=n, **address)
    )
    if not 1 <= page.number <= page.pages:
        raise NotFound
    return web.page(
        "reports/reached.html",
        form=form.fill(first=asked.period.first, last=asked.period.last, reach=reach.value),
        asked=asked,
        counts=counts,
        reach=reach,
        heading=REACH_LABELS[reach],
        reaches=[(REACH_LABELS[one], of[one], url_for(".reached", reach=one, **address)) for one in Reach],
        households=reached_households(g.db, reach, period=asked.period, offset=page.offset, limit=SIZE),
        page=page,
    )


@bp.get("/bao-cao/chi-tieu")
def targets() -> ResponseReturnValue:
    """Show a season's targets side by side, with who said them, and what has been reached of each."""
    wanted = web.asked_number("season", 0)
    season, said = targets_of(g.db, wanted) if wanted else season_with_targets(g.db, clock.today())
    if wanted and season is None:
        raise NotFound
    sold = season_overview(g.db, Period(season.starts_on, season.ends_on)) if season else Overview((), ())
    return web.page(
        "reports/targets.html",
        season=season,
        seasons=g.db.exec(select(Season).order_by(col(Season.starts_on).desc())).all(),
        targets=[(one, sold.towards(one.target.product_id, one.target.evidence)) for one in said],
    )


@bp.route("/bao-cao/chi-tieu/moi", methods=["GET", "POST"])
def target_new() -> ResponseReturnValue:
    """Write down a target as somebody said it."""
    form = web.typed()
    if request.method == "POST":
        with form.attempt():
            target = set_target(g.db, g.actor, parsed(TargetIn, form), today=clock.today())
            locale = g.actor.language
            said = _(
                "Đã ghi chỉ tiêu %(tonnes)s (%(kg)s).",
                tonnes=tonnes(target.grams, locale),
                kg=kg(target.grams, locale),
            )
            return web.receipt(said, url_for(".targets", season=target.season_id))
    seasons = g.db.exec(select(Season).order_by(col(Season.starts_on).desc())).all()
    counted = select(Product).where(col(Product.counts_for_tonnage), col(Product.active))
    products = g.db.exec(counted.order_by(col(Product.variety).is_(None), col(Product.name_fold))).all()
    form.fill(
        season_id=seasons[0].id if seasons else "", evidence="ABCD", said_on=f"{clock.today():%d/%m/%Y}"
    )
    return web.page("reports/target_new.html", form=form, seasons=seasons, products=products)


@bp.get("/bao-cao/san")
def health() -> ResponseReturnValue:
    """Show for every shop whether it still hears from its marketplace, what waits, and who must act."""
    now = clock.now()
    return web.page(
        "reports/health.html",
        shops=marketplace_health(g.db, now=now),
        stock=pool_totals(g.db, g.actor),
        sweep_seconds=current_app.extensions["lensan"].worker.sweep_seconds,
        blame_labels=BLAME_LABELS,
        now=now,
        refresh=REFRESH_SECONDS,
    )


def _lines_urls(asked: Asked) -> Callable[..., str]:
    """Addresses of the lines behind a figure; a page has a thousand, which differ at their end alone."""

    @cache
    def start(names: tuple[str, ...], since: date | None) -> str:
        address = address_of(asked, since=since)
        return url_for(".tonnage_lines", **{name: v for name, v in address.items() if name not in names})

    def lines_url(extra: Mapping[str, str], since: date | None = None) -> str:
        end = f"&{urlencode(extra)}" if extra else ""
        return start(tuple(extra), since) + end

    return lines_url


def _from_address() -> web.Form:
    """The question of a GET page is its address; it is shown again like any other form."""
    return web.Form(request.args.to_dict(flat=False))


def _question(form: FormState) -> Question:
    """Read period, grouping, view and filters; without a period it is the running season."""
    typed, filters = parsed(ReportIn, form), filters_of(form)
    season, targets = season_with_targets(g.db, typed.last or clock.today())
    usual = preset("season", typed.last or clock.today(), season=season)
    first = typed.first or min(usual.first, typed.last or usual.last)
    last = typed.last or max(usual.last, first)
    if last < first:
        raise Invalid({"last": (BACKWARDS, {})})
    start = season.starts_on if season else None
    asked = Asked(Period(first, last), typed.by or By.COMMUNE, typed.view, filters, start)
    return Question(asked, season, targets)


def _choices() -> dict[str, Any]:
    """What the forms and lists of reports choose from."""
    return {
        "bys": [(by.value, web.say(label)) for by, label in BY_LABELS.items()],
        "views": [(view.value, web.say(label)) for view, label in VIEW_LABELS.items()],
        "channels": {channel: web.say(label) for channel, label in CHANNEL_LABELS.items()},
        "levels": {level: web.say(label) for level, label in EVIDENCE_LABELS.items()},
        "definition": web.say(DEFINITION),
        "rounding": web.say(ROUNDING),
    }
