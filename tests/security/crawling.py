"""Addresses of every endpoint filled from a world, and what is in the database."""

import hashlib
import html
import re
from io import BytesIO
from itertools import product
from typing import Any
from zipfile import ZipFile

from flask import Flask
from sqlalchemy import Engine
from sqlmodel import SQLModel
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from tests.security.world import POVERTY_YEAR, Goods, Side, TwoCommunes

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
UNGUARDED = {"static"}
#: Pictures and papers: the world has their rows, and no file behind them.
NO_FILE = {
    "lots.photo",
    "learning.photo",
    "learning.material_file",
    "course_learning.material_file",
    "sheets.photo",
    "outside.photo",
}
#: Arguments that name a row of somebody; another's row is as if it did not exist.
PRIVATE = {
    "household_id",
    "consent_id",
    "person_id",
    "batch_id",
    "producer_id",
    "membership_id",
    "certificate_id",
    "lot_id",
    "offer_id",
    "photo_id",
    "listing_id",
    "order_id",
    "back_id",
    "login_id",
    "training_id",
    "enrolment_id",
    "award_id",
    "walk_in_id",
    "class_photo_id",
    "mark_id",
    "pool_id",
    "mixing_id",
    "sale_id",
}
#: Where a kind of row is everybody's: cooperatives are public, the office keeps accounts and shops.
AFTER_DELIVERY = {
    ("orders.returned", "order_id"),
    ("orders.complaint", "order_id"),
    ("goods_back.taken", "order_id"),
    ("goods_back.return_undo", "order_id"),
    ("goods_back.complaint_undo", "order_id"),
}
PUBLIC = {("products.membership_new", "producer_id")}
#: Endpoints about a class that was held and whose attendance is closed; the others get one that is planned.
AFTER_CLASS: set[str] = {
    "awards.of_class",
    "awards.issue",
    "awards.class_pdf",
    "awards.class_print",
    "attendance.save",
    "attendance.walk_in_new",
    "closings.closing",
    "closings.close",
    "closings.reopen",
    "closings.person",
    "closings.decide",
    "closings.accept",
    "closings.dismiss",
    "sheets.sheet",
    "sheets.cards",
    "sheets.paper",
    "sheets.save",
    "sheets.photo",
    "sheets.photo_add",
    "sheets.photo_remove",
}


def rules_of(app: Flask) -> list[Rule]:
    """Every guarded rule, by path."""
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint not in UNGUARDED]
    return sorted(rules, key=lambda rule: (rule.rule, rule.endpoint))


def argument(endpoint: str, name: str, side: Side, goods: Goods) -> object:
    """The value of one argument of a path; a KeyError asks whoever adds a new kind to add it here too."""
    if (endpoint, name) in PUBLIC:
        return side.cooperative.id
    if (endpoint, name) in AFTER_DELIVERY:
        return side.delivered.id
    if endpoint.startswith("sheets.") and name == "photo_id":
        return side.classes.sheet.photo_id
    if endpoint in AFTER_CLASS and name == "training_id":
        return side.classes.held.id
    if endpoint.startswith("roll_imports.") and name == "batch_id":
        return side.roll.id
    if endpoint.startswith("accounts.commune_"):
        return {"account_id": side.worker.id, "unit_id": side.household.commune_id}[name]
    values: dict[str, object] = {
        "login_id": side.login.id,
        "account_id": side.farmer.id,
        "unit_id": side.household.commune_id,
        "household_id": side.household.id,
        "consent_id": side.consent.id,
        "year": POVERTY_YEAR,
        "person_id": side.head.id,
        "batch_id": side.batch.id,
        "product_id": goods.product.id,
        "pack_id": goods.pack.id,
        "certificate_id": side.certificate.id,
        "producer_id": side.producer.id,
        "membership_id": side.membership.id,
        "lot_id": side.lot.id,
        "pool_id": side.lot.pool_id,
        "mixing_id": side.mixing.id,
        "sale_id": side.sale.id,
        "sha256": side.photo.sha256,
        "offer_id": side.offer.id,
        "photo_id": side.photo.id,
        "listing_id": side.listing.id,
        "order_id": side.order.id,
        "back_id": side.back.id,
        "shop_id": side.shop.id,
        "exchange_id": side.exchange.id,
        "drift_id": side.drift.id,
        "task_id": goods.task.id,
        "push_token": side.shop.push_token,
        "parked_id": side.parked.id,
        "statement_id": side.statement_line.statement_id,
        "line_id": side.statement_line.id,
        "course_id": goods.course.id,
        "question_id": goods.question.id,
        "material_id": goods.material.id,
        "training_id": side.classes.planned.id,
        "enrolment_id": side.classes.enrolment.id,
        "award_id": side.classes.award.id,
        "walk_in_id": side.classes.walk_in.id,
        "class_photo_id": side.classes.picture.id,
        "moment": "truoc",
        "mark_id": side.classes.late.id,
        "page": 1,
        "token": side.classes.copy.token,
        "kind": "csv",
        "cause": side.waiting.cause,
    }
    return values[name]


def path_of(app: Flask, rule: Rule, sides: dict[str, Side], goods: Goods) -> str:
    """The address of a rule, each argument from the side named for it."""
    values: dict[str, Any] = {
        name: argument(rule.endpoint, name, side, goods) for name, side in sides.items()
    }
    return app.url_map.bind("localhost").build(rule.endpoint, values)


def all_of(rule: Rule, side: Side) -> dict[str, Side]:
    return dict.fromkeys(rule.arguments, side)


def private(rule: Rule) -> list[str]:
    return sorted(name for name in rule.arguments & PRIVATE if (rule.endpoint, name) not in PUBLIC)


def strange_mixtures(rule: Rule, world: TwoCommunes) -> list[dict[str, Side]]:
    """Every way to fill the path with at least one row that is somebody else's."""
    names = private(rule)
    mixtures = []
    for sides in product((world.own, world.foreign), repeat=len(names)):
        if world.foreign in sides:
            mixtures.append({**all_of(rule, world.own), **dict(zip(names, sides, strict=True))})
    return mixtures


def contents(engine: Engine, *, but: tuple[str, ...] = ("admin_unit", "admin_change")) -> dict[str, str]:
    """A hash of every row of every table; the communes never change and are many."""
    found = {}
    with engine.connect() as connection:
        for table in SQLModel.metadata.sorted_tables:
            if table.name not in but:
                rows = sorted(map(repr, connection.execute(table.select())))
                found[table.name] = f"{len(rows)} {hashlib.sha256(' '.join(rows).encode()).hexdigest()}"
    return found


def changed(before: dict[str, str], after: dict[str, str]) -> list[str]:
    return sorted(name for name in before if before[name] != after[name])


def text_of(answer: TestResponse) -> str:
    """What can be read in an answer, a workbook's cells included."""
    data, kind = answer.get_data(), answer.mimetype
    answer.close()
    if kind == XLSX:
        with ZipFile(BytesIO(data)) as book:
            data = b" ".join(book.read(name) for name in book.namelist())
    return html.unescape(data.decode("utf-8", "replace"))


def digits_of(page: str) -> str:
    """The page with everything between two digits of a number gone: 0971 234 501 is 0971234501."""
    return re.sub(r"(?<=\d)[\s.\u00a0-]+(?=\d)", "", page)
