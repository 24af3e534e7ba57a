"""The rule pack: what the preview says is what the marketplace does."""

import unicodedata
from dataclasses import fields, replace
from datetime import timedelta

from connectors.kit.conformance.bench import Bench
from connectors.kit.conformance.checks import Failed, check, expect, same
from connectors.kit.conformance.goods import TEXT, blocking, many_offers
from connectors.kit.conformance.manners import CODE
from connectors.kit.errors import Rejected
from connectors.kit.protocol import Offer, Problem, Promotion, Schema

OFFERS = 80
FIELDS = {field.name for field in fields(Offer)}


def _schemas(bench: Bench) -> list[Schema]:
    return [bench.schema(leaf.id) for leaf in bench.categories() if leaf.leaf]


def _offers(bench: Bench) -> list[Offer]:
    return list(many_offers(bench.offer(), _schemas(bench), OFFERS))


def _problems(bench: Bench) -> list[Problem]:
    bad = bench.offer(title="", description="", price_vnd=0, packs=-1, category="", unit="?", pictures=())
    offers = [bad, bench.offer(restricted="alcohol"), bench.offer(restricted="medicinal"), *_offers(bench)]
    return [problem for offer in offers for problem in bench.marketplace.check(offer)]


@check()
def every_sentence_of_a_problem_can_be_filled(bench: Bench) -> None:
    for problem in _problems(bench):
        try:
            filled = problem.sentence % problem.facts
        except (KeyError, ValueError, TypeError) as broken:
            raise Failed(f"{problem.code}: “{problem.sentence}” cannot be filled") from broken
        expect(len(filled.split()) >= 3, f"{problem.code}: “{filled}” is no whole sentence")
        expect(filled.rstrip().endswith("."), f"{problem.code}: “{filled}” has no full stop")


@check()
def a_problem_names_a_field_of_the_offer_and_a_code(bench: Bench) -> None:
    for problem in _problems(bench):
        expect(problem.field in FIELDS, f"{problem.code}: an offer has no field {problem.field!r}")
        expect(CODE.fullmatch(problem.code), f"the code {problem.code!r} is not lower case words")


@check()
def the_same_offer_has_the_same_problems(bench: Bench) -> None:
    for offer in _offers(bench)[:20]:
        same("problems", bench.marketplace.check(offer), bench.marketplace.check(offer))


@check()
def green_offers_are_accepted(bench: Bench) -> None:
    green = [offer for offer in _offers(bench) if not blocking(bench.marketplace, offer)]
    expect(len(green) >= 5, f"only {len(green)} of {OFFERS} offers are green")
    for offer in green:
        try:
            bench.shop.create(offer)
        except Rejected as refusal:
            raise Failed(f"green, but refused with {refusal.code} {refusal.facts}: {offer}") from refusal
        except Exception as error:
            raise Failed(f"green, but {error!r}: {offer}") from error


@check()
def red_offers_are_refused_and_make_no_product(bench: Bench) -> None:
    red = [offer for offer in _offers(bench) if blocking(bench.marketplace, offer)]
    expect(len(red) >= 5, f"only {len(red)} of {OFFERS} offers are red")
    for offer in red:
        codes = [problem.code for problem in blocking(bench.marketplace, offer)]
        try:
            bench.shop.create(offer)
        except Rejected:
            same(f"products of a refused offer ({codes})", bench.rows(offer.sku), [])
            continue
        raise Failed(f"red for {codes}, but accepted: {offer}")


@check()
def hints_do_not_block(bench: Bench) -> None:
    for number, offer in enumerate(_offers(bench)):
        problems = bench.marketplace.check(offer)
        if problems and not any(problem.blocks for problem in problems):
            bench.published(replace(offer, sku=f"HG-HINT-{number}"))


@check()
def a_promotion_is_taken_left_out_or_stopped_as_previewed(bench: Bench) -> None:
    today = bench.clock.now().date()
    promotion = Promotion(120_000, today + timedelta(days=1), today + timedelta(days=5))
    offer = bench.offer(promotion=promotion)
    if blocking(bench.marketplace, offer):
        _blocked(bench, "promotion", offer)
        return
    bench.published(offer)
    same("the price before the promotion begins", bench.goods()["price_vnd"], 150_000)


def _blocked(bench: Bench, field: str, offer: Offer) -> None:
    found = {problem.field for problem in blocking(bench.marketplace, offer)}
    expect(field in found, f"a problem with {field} is not named: {sorted(found)}")


@check()
def goods_without_a_name_are_stopped(bench: Bench) -> None:
    _blocked(bench, "title", bench.offer(title=" \n "))


@check()
def goods_without_a_price_are_stopped(bench: Bench) -> None:
    _blocked(bench, "price_vnd", bench.offer(price_vnd=0))


@check()
def goods_with_less_than_nothing_in_stock_are_stopped(bench: Bench) -> None:
    _blocked(bench, "packs", bench.offer(packs=-1))


@check()
def goods_in_no_leaf_are_stopped(bench: Bench) -> None:
    _blocked(bench, "category", bench.offer(category="", schema=None))
    inner = next((category for category in bench.categories() if not category.leaf), None)
    if inner is not None:
        _blocked(bench, "category", bench.offer(category=inner.id, schema=None))


@check()
def goods_without_a_required_attribute_are_stopped(bench: Bench) -> None:
    required = bench.required()
    if required is None:
        return  # this marketplace requires none
    leaf, _ = required
    schema = bench.schema(leaf.id)
    _blocked(bench, "attributes", bench.offer(category=leaf.id, schema=schema, attributes={}))


@check()
def alcohol_is_stopped(bench: Bench) -> None:
    expect(blocking(bench.marketplace, bench.offer(restricted="alcohol")), "restricted goods are green")
    expect(blocking(bench.marketplace, bench.offer(title="Rượu ngô Thanh Vân")), "spirits are green")


@check()
def claims_to_heal_are_stopped(bench: Bench) -> None:
    words = TEXT + "\n\nĂn mỗi ngày một quả là chữa khỏi bệnh, thay thế thuốc."
    expect(blocking(bench.marketplace, bench.offer(description=words)), "a claim to heal is green")


@check()
def the_wording_is_what_the_marketplace_shows(bench: Bench) -> None:
    titles = (
        "  Cam   sành\tHà Giang  ",
        unicodedata.normalize("NFD", "Mật ong bạc hà Mèo Vạc"),
        "Chè <b>Shan</b> & “tuyết”",
    )
    for number, title in enumerate(titles):
        offer = bench.offer(f"HG-{number}", title=title)
        if blocking(bench.marketplace, offer):
            continue
        bench.published(offer)
        same("the title shown", bench.goods(offer.sku)["title"], bench.marketplace.wording(offer).title)


@check()
def the_wording_of_a_wording_is_itself(bench: Bench) -> None:
    for offer in _offers(bench)[:30]:
        title = bench.marketplace.wording(offer).title
        same("the title", bench.marketplace.wording(replace(offer, title=title)).title, title)
        same("letters composed", unicodedata.normalize("NFC", title), title)
