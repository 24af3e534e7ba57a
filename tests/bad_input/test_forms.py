"""Every field of every form, typed wrong: one sentence, what was typed kept, nothing changed, no error."""

import html
import re
import unicodedata
from dataclasses import dataclass

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from marketplace.accounts.permissions import MAY, OPEN
from tests.bad_input.conftest import Kept
from tests.bad_input.forms import BARE, CLERKS, FORMS, OTHERWISE, Fields, Kind, fields_of, plain
from tests.bad_input.mutations import NEVER, NUL, SCRIPT, mutations
from tests.security.crawling import all_of, changed, contents, path_of, rules_of

GROUPS = sorted({name.split(".")[0] for name in FORMS})
#: Their own harmless answer to anything: the language stays, the number of packs counts, no cause is no
#: listing.
TAKES_ANYTHING = {"language", "next", "do", "cause"}
SHOWN = (Kind.TEXT, Kind.SHAPED, Kind.NUMBER, Kind.DAY)
NOT_OURS = ("Input should", "Value error", "should have", "valid integer", "%(", "Traceback", "None</")


@dataclass
class Sheet:
    """A form with its address, as its clerk has it open."""

    endpoint: str
    path: str
    fields: Fields
    browser: FlaskClient

    def send(self, **instead: str) -> TestResponse:
        return self.browser.post(self.path, data={**plain(self.fields), **instead})


def sheets(app, world, season, browser_of, kept, group):
    """The forms of a blueprint, their clerks logged in; from now on nothing is kept."""
    opened = list(_sheets(app, world, season, browser_of, group))
    kept.watching = True
    return opened


def _sheets(app, world, season, browser_of, group):
    for rule in rules_of(app):
        if rule.endpoint not in FORMS or rule.endpoint.split(".")[0] != group or "POST" not in rule.methods:
            continue
        roles = MAY[rule.endpoint]
        clerk = None if roles == OPEN else next(role for role in CLERKS if role.value in roles)
        path = path_of(app, rule, all_of(rule, world.own), world.goods) + asked(rule.endpoint, world)
        fields = fields_of(rule.endpoint, world, world.own, season)
        yield Sheet(rule.endpoint, path, fields, browser_of(clerk))


def asked(endpoint, world):
    """What the page before has put into the address of the form."""
    seller, product = world.own.producer.id, world.goods.product.id
    return {
        "offers.offer_new": f"?nguoi-ban={seller}&san-pham={product}",
        "outside.sale_new": f"?nguoi-ban={seller}",
        "shops.shop_new": "?san=sendo",
    }.get(endpoint, "")


def test_every_form_is_tried(app):
    posts = {rule.endpoint for rule in rules_of(app) if "POST" in rule.methods}

    assert posts == set(FORMS) | BARE | OTHERWISE


@pytest.mark.parametrize("group", GROUPS)
def test_every_form_is_taken_when_it_is_right(app, world, season, browser_of, kept, group):
    """Otherwise the wrong ones below would be refused for another reason than the one they are tried for."""
    refused = []
    for sheet in sheets(app, world, season, browser_of, kept, group):
        answer = sheet.send()
        if not (kept.accepted and answer.status_code == 303) and sheet.endpoint not in NOT_THERE:
            refused.append((sheet.endpoint, answer.status_code, sentences(answer)))
    assert refused == []


#: Nothing waits: the commune was never split.
NOT_THERE = {"households.split_settle"}


@pytest.mark.parametrize("group", GROUPS)
def test_every_field_typed_wrong_is_met_with_a_sentence(app, engine, world, season, browser_of, kept, group):
    opened = sheets(app, world, season, browser_of, kept, group)
    wrong, before = [], contents(engine)
    for sheet in opened:
        for name, value in mutations(sheet.fields):
            answer = sheet.send(**{name: value})
            found = list(complaints(sheet, name, value, answer, kept))
            wrong += [f"{sheet.endpoint} {name}={value[:30]!r}: {one}" for one in found]
    assert wrong == [], "\n".join(wrong)
    assert changed(before, contents(engine)) == []


def complaints(sheet: Sheet, name: str, value: str, answer: TestResponse, kept: Kept):
    """What is wrong with the answer to one mutation."""
    page, kind = answer.get_data(as_text=True), sheet.fields[name].kind
    yield from (f"answer holds {word!r}" for word in (SCRIPT, *NOT_OURS) if word in page)
    if answer.status_code not in (303, 403, 404, 409, 422):
        yield f"answered {answer.status_code}"
        return
    yield from kept.wrong
    if value in NEVER.get(kind, ()) and kept.accepted and name not in TAKES_ANYTHING:
        yield "taken"
    if answer.status_code == 422:
        if not sentences(answer):
            yield "no sentence"
        yield from (f"lost {lost}" for lost in not_kept(sheet, name, value, page))


def not_kept(sheet: Sheet, name: str, value: str, page: str) -> list[str]:
    """Fields of words and numbers that no longer say what was typed."""
    typed = {**plain(sheet.fields), name: value}
    shown = unicodedata.normalize("NFC", html.unescape(page))
    asked = {
        field: text
        for field, text in typed.items()
        if sheet.fields[field].kind in SHOWN and text.strip() and text != NUL and f'name="{field}"' in page
    }
    return [field for field, text in asked.items() if unicodedata.normalize("NFC", text) not in shown]


def sentences(answer: TestResponse) -> list[str]:
    """What a refused page says, without its marks."""
    page = answer.get_data(as_text=True)
    summary = re.search(r'<div class="summary" role="alert".*?</div>', page, re.DOTALL)
    lines = re.findall(r"<li>(.*?)</li>", summary[0], re.DOTALL) if summary else []
    lines += re.findall(r'role="alert"[^>]*>(.*?)</', page, re.DOTALL)
    said = [html.unescape(re.sub(r"<[^>]+>", "", line)).strip() for line in lines]
    return [line for line in said if line]


@pytest.mark.parametrize(
    ("endpoint", "field"),
    [
        ("offers.offer_new", "producer_id"),
        ("offers.offer_new", "pack_id"),
        ("outside.sale_new", "producer_id"),
        ("lots.lot_new", "household_id"),
        ("shops.shop_new", "marketplace"),
    ],
)
def test_a_form_without_its_beginning_is_refused_with_a_sentence(
    app, world, season, browser_of, kept, endpoint, field
):
    """A page sent from a list of choices that was never made: shown again, not answered as if done."""
    opened = sheets(app, world, season, browser_of, kept, endpoint.split(".")[0])
    sheet = next(one for one in opened if one.endpoint == endpoint)
    sheet.path = sheet.path.split("?")[0]

    answer = sheet.send(**{field: ""})

    assert answer.status_code == 422
    assert sentences(answer) != []
