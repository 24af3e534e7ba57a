"""What an offer answers to a category's attributes: what was typed, and what our own rows know already.

A paper is never typed: OCOP stars and the number come from a certificate in force alone (R-25).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from catalog.certificates import OCOP_FROM
from catalog.models import CertificateKind
from connectors.kit.attributes import is_required, missing
from connectors.kit.protocol import Attribute, Schema
from marketplace.core.text import fold
from marketplace.selling.sync.wording import Seen

__all__ = ["Attribute", "Schema", "answered", "asked_for", "known_answer", "known_of", "missing"]

COUNTRY = "Việt Nam"
_ORIGIN = ("xuat xu", "nguon goc", "noi san xuat", "origin")
_SHELF_LIFE = ("han su dung", "han dung", "shelf life")
_NUMBER = ("gcn", "chung nhan", "giay", "quyet dinh", "cert", "number")
_CLAIM = re.compile("[1-9]")


@dataclass(frozen=True)
class Known:
    """What our rows say about an offer's goods."""

    province: str = ""
    shelf_life_days: int | None = None
    ocop_stars: int = 0  #: 0: no certificate in force
    ocop_number: str = ""


def known_of(seen: Seen) -> Known:
    """The facts of one offer: where it grew, how long it keeps, its OCOP certificate."""
    places = sorted(seen.facts.places[one] for one in seen.communes if one in seen.facts.places)
    province = places[0].rpartition(", ")[2].removeprefix("tỉnh ") if places else ""
    days = seen.facts.products[seen.offer.product_id].shelf_life_days
    ocop = next(
        (
            one
            for one in seen.certificates
            if one.kind == CertificateKind.OCOP and (one.stars or 0) >= OCOP_FROM
        ),
        None,
    )
    return Known(province, days, (ocop.stars or 0) if ocop else 0, ocop.number if ocop else "")


def answered(schema: Schema | None, typed: Mapping[str, str], known: Known) -> dict[str, str]:
    """The answers as they are sent: what was typed, and for the rest of what is required what we know.

    Left out are a claim to OCOP without a certificate in force, whoever typed it, and what is asked no more.
    """
    if schema is None:
        return dict(typed)
    papers = {one.id for one in schema.attributes if _is_paper(one)}
    unproved = papers if not known.ocop_stars else set()
    answers = {
        one.id: typed[one.id]
        for one in schema.attributes
        if one.id in typed and not (one.id in unproved and _CLAIM.search(typed[one.id]))
    }
    for attribute in sorted(schema.attributes, key=lambda one: one.required_with is not None):
        value = known_answer(attribute, known)
        if value and attribute.id in papers - unproved:
            answers[attribute.id] = value
        elif value and is_required(attribute, answers):
            answers.setdefault(attribute.id, value)
    return answers


def asked_for(schema: Schema, known: Known) -> list[Attribute]:
    """What a form asks: what is required, also together with another; papers we know are left out."""
    return [
        one
        for one in schema.attributes
        if (one.required and not (_is_paper(one) and known_answer(one, known)))
        or (one.required_with and not _is_paper(one))
    ]


def known_answer(attribute: Attribute, known: Known) -> str:
    """What we may answer by ourselves; "" when only a person knows."""
    said = list(_said(attribute, known))
    if not attribute.options:
        return said[0] if said else ""
    folded = {_folded(option): option for option in reversed(attribute.options)}
    return next((folded[_folded(one)] for one in said if _folded(one) in folded), "")


@lru_cache(maxsize=2048)  # a marketplace has few attributes and options, asked about with every listing
def _folded(text: str) -> str:
    return fold(text)


def _words(attribute: Attribute) -> str:
    return _folded(f"{attribute.name} {attribute.id}")


def _is_paper(attribute: Attribute) -> bool:
    return "ocop" in _words(attribute)


def _said(attribute: Attribute, known: Known) -> Iterator[str]:
    """The ways to say it, best first; of options the first that is one is chosen."""
    words = _words(attribute)
    if _is_paper(attribute):
        if any(word in words for word in _NUMBER) and "sao" not in words:
            yield from filter(None, [known.ocop_number])
        else:
            yield from _stars(attribute, known)
    elif any(word in words for word in _ORIGIN):
        if known.province:
            yield from (f"{known.province}, {COUNTRY}", known.province, f"tỉnh {known.province}")
        yield COUNTRY
    elif any(word in words for word in _SHELF_LIFE) and known.shelf_life_days:
        yield from _lasting(known.shelf_life_days)


def _stars(attribute: Attribute, known: Known) -> Iterator[str]:
    stars = str(known.ocop_stars)
    yield stars
    wanted = [stars] if known.ocop_stars else []
    yield from (option for option in attribute.options if re.findall(r"\d+", option) == wanted)


def _lasting(days: int) -> Iterator[str]:
    yield f"{days} ngày"
    months = days // 365 * 12 if days % 365 == 0 else days // 30 if days % 30 == 0 else 0
    if months:
        yield f"{months} tháng"
    if months and months % 12 == 0:
        yield f"{months // 12} năm"
