"""Pages of the chain: what came of each class, until the kilograms sold."""

from collections.abc import Callable, Sequence
from typing import Any

from flask import Blueprint, Response, g, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import col, select

from catalog.models import Season
from marketplace.core import clock, web
from marketplace.core.errors import Invalid, NotFound
from marketplace.core.forms import parsed
from marketplace.core.tables import XLSX, to_csv, to_xlsx
from marketplace.core.units import number_vi
from marketplace.reports.chain import GRAMS, MEASURE_LABELS, PEOPLE, ChainAsked, Measure, read_chain
from marketplace.reports.chain_classes import CROSSED, NEVER_MEASURES, ClassTable
from marketplace.reports.chain_exports import DEFINITIONS, chain_hash, chain_sheet, question_words
from marketplace.reports.chain_figures import SUPPRESSION
from marketplace.reports.chain_grouped import CROSS_GROUPS, TRAINED_MEASURES, GroupTable
from marketplace.reports.chain_groups import GROUP_LABELS, Group
from marketplace.reports.chain_pages import (
    FUNNEL,
    HEADS,
    HIDDEN,
    PEOPLE_FUNNEL,
    ChainIn,
    ListIn,
    address_of,
    communes,
    funnel,
    host_label,
    hosts,
    items_of,
    lines_of,
    listed_households,
    people_of,
    per_household,
    running,
)
from marketplace.reports.exports import DEFINITION, ROUNDING
from marketplace.reports.glance import Bar
from marketplace.reports.paging import SIZE, Page
from marketplace.reports.periods import Period, preset
from marketplace.reports.views.reports import BACKWARDS

bp = Blueprint("chain", __name__)

SHOWN_CLASSES = 40  #: of the latest; the file has every class


@bp.get("/bao-cao/tap-huan")
def chain() -> ResponseReturnValue:
    """Show what came of the classes of a period; every figure leads to its households."""
    form = _from_address()
    typed, seasons = ChainIn(), _seasons()
    asked = ChainAsked(_usual(seasons))
    with form.attempt():
        typed = parsed(ChainIn, form)
        asked = _asked(typed, seasons)
    found = read_chain(g.db, asked, now=clock.now())
    classes = ClassTable(found)
    groups = GroupTable(classes, typed.by)
    form.fill(**{**address_of(asked), "by": typed.by})
    link = _links(asked)
    return web.page(
        "reports/chain.html",
        form=form,
        asked=asked,
        chain=found,
        table=classes,
        classes=classes.classes[::-1][:SHOWN_CLASSES],
        more=max(0, len(classes.classes) - SHOWN_CLASSES),
        groups=groups,
        group=typed.by,
        season=next((one for one in seasons if (one.starts_on, one.ends_on) == _span(asked)), None),
        spans=[(one.key, url_for(".chain", first=one.starts_on, last=one.ends_on)) for one in seasons],
        bars=_bars(classes, FUNNEL, link),
        people_bars=_bars(classes, PEOPLE_FUNNEL, link),
        per_household=per_household,
        trained_measures=TRAINED_MEASURES,
        never_measures=NEVER_MEASURES,
        hash=chain_hash(classes, "classes", typed.by, typed.measure),
        running=lambda held, measure: running(held, measure, clock.today()),
        link=link,
        cross_url=url_for(".cross", by=typed.by, **address_of(asked)) if typed.by in CROSS_GROUPS else None,
        export_url=lambda kind, what: url_for(
            ".export", kind=kind, table=what, by=typed.by, **address_of(asked)
        ),
        communes=communes(found),
        hosts=[(host, web.say(host_label(host))) for host in hosts(found)],
        **_words(),
    )


@bp.get("/bao-cao/tap-huan/lop-va-nhom")
def cross() -> ResponseReturnValue:
    """Show one figure class by class and group by group."""
    form = _from_address()
    typed, seasons = ChainIn(), _seasons()
    asked = ChainAsked(_usual(seasons))
    with form.attempt():
        typed = parsed(ChainIn, form)
        asked = _asked(typed, seasons)
    by, measure = _crossed(typed)
    found = read_chain(g.db, asked, now=clock.now())
    return web.page(
        "reports/chain_cross.html",
        form=form.fill(**{**address_of(asked), "by": by, "measure": measure}),
        asked=asked,
        chain=found,
        measure=measure,
        by=by,
        table=GroupTable(ClassTable(found), by).cross(measure),
        link=_links(asked),
        back=url_for(".chain", by=by, **address_of(asked)),
        groups=[(group.value, web.say(GROUP_LABELS[group])) for group in CROSS_GROUPS],
        measures=[(one.value, web.say(MEASURE_LABELS[one])) for one in CROSSED],
        export_url=lambda kind: url_for(
            ".export", kind=kind, table="cross", by=by, measure=measure, **address_of(asked)
        ),
        **_words(),
    )


@bp.get("/bao-cao/tap-huan/ho")
def households() -> ResponseReturnValue:
    """Show the households behind a figure, each with what it adds."""
    typed = parsed(ListIn, _from_address())
    found = read_chain(g.db, _asked(typed, _seasons()), now=clock.now())
    items, people = items_of(found, typed), people_of(found, typed)
    number = web.asked_number("trang")
    count, rows = listed_households(g.db, items, offset=(number - 1) * SIZE if number else 0, limit=SIZE)
    address: dict[str, Any] = {name: value for name, value in request.args.items() if name != "trang"}
    page = Page(number, count, lambda n: url_for(".households", trang=n, **address))
    if not 1 <= page.number <= page.pages:
        raise NotFound
    return web.page(
        "reports/chain_households.html",
        chain=found,
        asked=found.asked,
        typed=typed,
        one=next((one for one in found.classes if one.id == typed.training), None),
        rows=[(row, lines_of(found, people, typed.measure, row.id)) for row in rows],
        count=count,
        page=page,
        back=url_for(".chain", **address_of(found.asked)),
        **_words(),
    )


@bp.get("/bao-cao/tap-huan/tep.<any(csv, xlsx):kind>")
def export(kind: str) -> ResponseReturnValue:
    """Hand out a table as a file, with who asked, when, for what, and the hash of what is shown."""
    typed, seasons = parsed(ChainIn, _from_address()), _seasons()
    found = read_chain(g.db, _asked(typed, seasons), now=clock.now())
    by, measure = _crossed(typed) if typed.table == "cross" else (typed.by, typed.measure)
    words = question_words(found, say=web.say)
    sheet = chain_sheet(
        ClassTable(found), typed.table, by, measure, user=g.actor.name, words=words, say=web.say
    )
    span = found.asked.period
    name = f"tap-huan-{typed.table}-{span.first}-{span.last}.{kind}"
    body, mimetype = (to_csv(sheet), "text/csv") if kind == "csv" else (to_xlsx(sheet), XLSX)
    return Response(body, mimetype=mimetype, headers={"Content-Disposition": f"attachment; filename={name}"})


def _from_address() -> web.Form:
    return web.Form(request.args.to_dict(flat=False))


def _seasons() -> list[Season]:
    return list(g.db.exec(select(Season).order_by(col(Season.starts_on).desc())).all())


def _usual(seasons: list[Season]) -> Period:
    """The season that is running, otherwise the last that had begun."""
    begun = next((one for one in seasons if one.starts_on <= clock.today()), None)
    return preset("season", clock.today(), season=begun)


def _asked(typed: ChainIn, seasons: list[Season]) -> ChainAsked:
    """The question; a day that was left out is that of the season around the other."""
    around = typed.last or typed.first or clock.today()
    begun = next((one for one in seasons if one.starts_on <= around), None)
    usual = preset("season", around, season=begun)
    first = typed.first or min(usual.first, typed.last or usual.last)
    last = typed.last or max(usual.last, first)
    if last < first:
        raise Invalid({"last": (BACKWARDS, {})})
    return ChainAsked(Period(first, last), typed.commune, typed.host)


def _crossed(typed: ChainIn) -> tuple[Group, Measure]:
    """What class by group is shown for; anything else becomes the usual."""
    by = typed.by if typed.by in CROSS_GROUPS else Group.COMMUNE_THEN
    return by, typed.measure if typed.measure in CROSSED else Measure.ATTENDED


def _span(asked: ChainAsked) -> tuple[Any, Any]:
    return asked.period.first, asked.period.last


def _links(asked: ChainAsked) -> Callable[..., str]:
    """Addresses of the lists behind figures."""
    address = {name: value for name, value in address_of(asked).items() if value is not None}

    def link(measure: Measure, **whose: Any) -> str:
        return url_for(".households", measure=measure, **address, **whose)

    return link


def _bars(table: ClassTable, measures: Sequence[Measure], link: Callable[[Measure], str]) -> list[Bar]:
    return funnel(table, measures, link, web.say, lambda count: number_vi(count, locale=g.actor.language))


def _words() -> dict[str, Any]:
    return {
        "M": Measure,
        "labels": {measure: web.say(label) for measure, label in MEASURE_LABELS.items()},
        "group_labels": {group: web.say(label) for group, label in GROUP_LABELS.items()},
        "weights": GRAMS,
        "people": PEOPLE,
        "heads": {measure: web.say(head) for measure, head in HEADS.items()},
        "hidden": web.say(HIDDEN),
        "definitions": [web.say(sentence) for sentence in (*DEFINITIONS, DEFINITION, SUPPRESSION, ROUNDING)],
    }
