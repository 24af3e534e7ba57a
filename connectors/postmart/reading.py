"""Read Postmart's answers, which share no envelope, into our words, or say that a developer must look."""

import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from connectors.kit import figures
from connectors.kit.errors import Misunderstood
from connectors.kit.protocol import (
    N_,
    Attribute,
    Category,
    RemoteOrder,
    RemoteProduct,
    UnreadOrder,
)
from connectors.kit.redact import journal_text
from connectors.postmart import mapping, order_mapping
from connectors.postmart.categories import OCOP_CERTIFICATE, OCOP_STAR

UNREADABLE = N_("Postmart trả lời theo dạng chưa biết; hãy báo kỹ thuật.")
WINDOW_DAYS = 31  #: widest window of a list, both days included
PAGE = 500
log = logging.getLogger(__name__)


def unknown_form(what: str, *, safe: bool = True) -> Misunderstood:
    """The error for an answer of no known form; after a write it may have happened."""
    return Misunderstood("unknown_form", UNREADABLE, maybe_done=not safe, facts={"what": what})


def rows(body: Any) -> list[dict[str, Any]]:
    """A bare array of records."""
    if not isinstance(body, list) or not all(isinstance(row, dict) for row in body):
        raise unknown_form("list")
    return body


def results(body: Any) -> list[dict[str, Any]]:
    """The records of a list or a look-up: bare, under `results`, or nested in an array of those."""
    if isinstance(body, dict):
        return rows(body.get("results"))
    found = []
    for row in rows(body):
        found += results(row) if "results" in row else [row]
    return found


def record(body: Any, *, safe: bool = False) -> dict[str, Any]:
    """One record, bare or wrapped in `data`."""
    inner = body.get("data") if isinstance(body, dict) else None
    found = inner if isinstance(inner, dict) else body
    if not isinstance(found, dict):
        raise unknown_form("record", safe=safe)
    return found


def new_id(body: Any) -> str:
    """What a create answers: the product's original id."""
    found = record(body).get("originalId")
    if not isinstance(found, str | int) or isinstance(found, bool) or not found:
        raise unknown_form("originalId", safe=False)
    return str(found)


@dataclass(frozen=True)
class Case:
    """An answer of a correction or about one: `type` "00" accepted, "02" waiting, else refused."""

    type: str
    case_id: str
    said: str


def case(row: Any, *, safe: bool = False) -> Case:
    """One case record; its keys may begin with small letters."""
    if not isinstance(row, Mapping):
        raise unknown_form("case", safe=safe)
    told = {str(key).casefold(): value for key, value in row.items()}
    if not isinstance(told.get("type"), str) or not told["type"]:
        raise unknown_form("case.type", safe=safe)
    said = str(told.get("note") or told.get("message") or "")
    return Case(told["type"], str(told.get("caseid") or ""), said)


def category(row: Mapping[str, Any]) -> Category:
    """One row of `getAllCategory`."""
    code = row.get("categoryCode")
    if not isinstance(code, str) or not code:
        raise unknown_form("categoryCode")
    parent = row.get("parentCode")
    return Category(
        code,
        str(row.get("categoryName") or ""),
        figures.truth(row.get("isLeaf")),
        str(parent) if parent else None,
    )


def parents_first(found: list[Category]) -> list[Category]:
    """The same tree with every parent before its children; one whose parent is nowhere becomes a top."""
    known = {one.id for one in found}
    below: dict[str | None, list[Category]] = {}
    for one in found:
        below.setdefault(one.parent if one.parent in known else None, []).append(one)
    ordered: list[Category] = []
    waiting = list(below.get(None, []))
    while waiting:
        one = waiting.pop(0)
        ordered.append(one)
        waiting += below.pop(one.id, [])
    return ordered


def attribute(row: Mapping[str, Any]) -> Attribute:
    """One property of a category; a certificate is owed as soon as stars are told."""
    code = row.get("propCode")
    if not isinstance(code, str) or not code:
        raise unknown_form("propCode")
    listed = row.get("listValue")
    options = tuple(str(value) for value in listed) if isinstance(listed, list) else ()
    with_stars = OCOP_STAR if code == OCOP_CERTIFICATE else None
    name = str(row.get("propName") or code)
    return Attribute(code, name, figures.truth(row.get("mustHave")), options, with_stars)


def product(row: Mapping[str, Any]) -> RemoteProduct:
    """One product record."""
    try:
        return mapping.product_from_wire(row)
    except figures.Unreadable as error:
        raise unknown_form(f"product.{error}") from error


def first_created(found: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The record that counts when a SKU is there more than once: the oldest, for ours was there first."""
    if len(found) > 1:
        log.warning("postmart: %d products share one code, the oldest is taken", len(found))
    return min(found, key=_age, default=None)


def _age(row: Mapping[str, Any]) -> tuple[str, int, str]:
    try:
        created = order_mapping.moment(row.get("createdDate"), "createdDate")
    except figures.Unreadable:
        created = None
    number = str(row.get("originalId") or "")
    return (created.isoformat() if created else "~", len(number), number)


def products(found: list[dict[str, Any]]) -> list[RemoteProduct]:
    """Readable products, each SKU once; a record that cannot be read is logged and blocks no other."""
    by_sku: dict[str, list[dict[str, Any]]] = {}
    read: dict[int, RemoteProduct] = {}
    for row in found:
        try:
            read[id(row)] = one = mapping.product_from_wire(row)
        except figures.Unreadable as error:
            log.warning("postmart: product record without readable %s", error)
            continue
        by_sku.setdefault(one.sku or f" {one.remote_id}", []).append(row)
    return [read[id(first_created(same))] for same in by_sku.values()]


def order(row: Mapping[str, Any]) -> RemoteOrder:
    """One order record."""
    try:
        return order_mapping.order_from_wire(row)
    except figures.Unreadable as error:
        raise unknown_form(f"order.{error}") from error


def order_or_unread(row: dict[str, Any]) -> RemoteOrder | UnreadOrder:
    """One order of a page; parked with its redacted text when it cannot be read."""
    try:
        return order_mapping.order_from_wire(row)
    except figures.Unreadable as error:
        number = row.get("itemCode")
        known = number if isinstance(number, str) and number else None
        return UnreadOrder(known, f"unreadable_{error}", journal_text(row))


def version(row: Mapping[str, Any]) -> str:
    """What tells one state of one record from every other."""
    names = ("itemCode", "originalId", "status", "lastUpdateDate")
    if not row.get("originalId") and not row.get("itemCode"):
        return json.dumps(row, sort_keys=True, default=str)
    return "|".join(str(row.get(name)) for name in names)


def windows(first: date, last: date) -> Iterator[dict[str, str]]:
    """Queries that cover whole Vietnamese days, oldest first: what changes meanwhile moves to a later one."""
    start = first
    while start <= last:
        end = min(start + timedelta(days=WINDOW_DAYS - 1), last)
        yield {"lastUpdateFrom": f"{start:%d-%m-%Y}", "lastUpdateTo": f"{end:%d-%m-%Y}"}
        start = end + timedelta(days=1)


def order_windows(since: datetime, until: datetime) -> Iterator[dict[str, str]]:
    """Queries that cover a window of instants."""
    first = order_mapping.day(since)
    return windows(first, max(first, order_mapping.day(until)))


def months_before(on: date, months: int) -> date:
    """The first day of the month so many months before."""
    place = on.year * 12 + on.month - 1 - months
    return date(place // 12, place % 12 + 1, 1)
