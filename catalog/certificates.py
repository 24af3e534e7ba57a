"""Certificates: what a producer may show on which product, on which day (R-21 to R-27, R-32).

A holder's stars belong to the households that supply it, while they do; nothing here looks at the clock.
"""

import calendar
from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import ColumnElement, true
from sqlmodel import Session, col, func, or_, select

from catalog.models import (
    Certificate,
    CertificateKind,
    CertificateProduct,
    Membership,
    Producer,
    Product,
)
from catalog.paging import page_of
from catalog.producers import producer_listed_for
from catalog.product_forms import CertificateIn, Level
from catalog.scopes import one_of
from marketplace.accounts.models import Account
from marketplace.core.audit import Actor, note
from marketplace.core.db import flush_or, found, locked
from marketplace.core.errors import Refused
from marketplace.core.i18n import N_
from marketplace.core.text import fold
from marketplace.core.units import date_vi, number_vi

MONTHS_VALID = 36
SOON_DAYS = (30, 90, 180)  #: how long before the end the office is warned (R-25)
OCOP_FROM = 3  #: fewer stars are not called OCOP certified
LEVEL_LABELS = {Level.DISTRICT: N_("Huyện"), Level.PROVINCE: N_("Tỉnh"), Level.CENTRAL: N_("Trung ương")}

STATE_LABELS = {
    "valid": N_("Còn hiệu lực"),
    "soon": N_("Sắp hết hiệu lực"),
    "ended": N_("Hết hiệu lực"),
    "later": N_("Chưa có hiệu lực"),
}

#: Half-open bands in hundredths of a point: from this score on, so many stars at most.
_BANDS = ((9000, 5), (7000, 4), (5000, 3), (3000, 2), (0, 1))
_DISTRICT_FIRST, _DISTRICT_LAST = date(2023, 2, 24), date(2025, 7, 5)  #: when districts certified three stars

Sentence = tuple[str, dict[str, object]]

#: Called with (db, certificate id, now) when one was revoked; selling takes it off the listings.
on_revocation: list[Callable[[Session, int, datetime], None]] = []


class TooManyStars(Refused):
    sentence = N_("%(score)s điểm được nhiều nhất %(band)s sao. Hãy xem lại số sao và điểm trên quyết định.")
    status = 422
    field = "stars"


class StarsMissing(Refused):
    sentence = N_("Giấy OCOP cần có số sao. Hãy chọn từ 1 đến 5.")
    status = 422
    field = "stars"


class StarsOnlyOnOcop(Refused):
    sentence = N_("Chỉ giấy OCOP có sao và điểm. Hãy để trống hai ô này.")
    status = 422
    field = "stars"


class GiNameMissing(Refused):
    sentence = N_("Hãy điền tên chỉ dẫn địa lý như trên giấy.")
    status = 422
    field = "gi_name"


class GiNotForProduct(Refused):
    sentence = N_("Chỉ dẫn địa lý “%(gi_name)s” không dành cho %(product)s. Hãy bỏ sản phẩm này.")
    status = 422
    field = "product_ids"


class UnknownProduct(Refused):
    sentence = N_("Hãy chọn sản phẩm trong danh sách.")
    status = 422
    field = "product_ids"


class UnknownHolder(Refused):
    sentence = N_("Hãy chọn chủ thể trong danh sách.")
    status = 422
    field = "producer_id"


class EndsBeforeStart(Refused):
    sentence = N_("Ngày hết hiệu lực không được trước ngày bắt đầu %(day)s.")
    status = 422
    field = "valid_to"


class CertificateExists(Refused):
    sentence = N_("Giấy số “%(number)s” loại này đã được ghi. Hãy tìm trong danh sách.")
    field = "number"


def add_certificate(db: Session, actor: Actor, data: CertificateIn) -> Certificate:
    """Record a paper; validity left empty is 36 months from the decision (R-23).

    Refuses more stars than the score's band allows (R-21) and a GI right on a product without that GI (R-32).
    """
    if db.get(Producer, data.producer_id) is None:
        raise UnknownHolder
    valid_from = data.valid_from or data.decision_date
    valid_to = data.valid_to or default_valid_to(data.decision_date)
    if valid_to < valid_from:
        raise EndsBeforeStart(day=date_vi(valid_from))
    _check_stars(data)
    product_ids = set(data.product_ids)
    _check_products(db, data, product_ids)
    certificate = Certificate.model_validate(
        data,
        update={
            "valid_from": valid_from,
            "valid_to": valid_to,
            "issuer_level": data.issuer_level.value if data.issuer_level else None,
        },
    )
    db.add(certificate)
    flush_or(db, CertificateExists(number=data.number))
    for product_id in sorted(product_ids):
        db.add(CertificateProduct(certificate_id=certificate.id or 0, product_id=product_id))
    note(db, actor, "certificate.added", certificate, kind=certificate.kind.value)
    return certificate


def revoke_certificate(
    db: Session, actor: Actor, certificate_id: int, revoked_on: date, *, now: datetime
) -> Certificate:
    """From this day on the certificate no longer holds; a second time keeps the earlier day."""
    certificate = locked(db, Certificate, certificate_id)
    certificate.revoked_on = min(revoked_on, certificate.revoked_on or revoked_on)
    db.add(certificate)
    note(db, actor, "certificate.revoked", certificate, day=revoked_on.isoformat())
    for react in on_revocation:
        react(db, certificate_id, now)
    return certificate


def band(score_hundredths: int) -> int:
    """The most stars a score may have; 69.99 points are three, 70 are four (R-21)."""
    return next(stars for least, stars in _BANDS if score_hundredths >= least)


def default_valid_to(decision_date: date) -> date:
    """The day before 36 calendar months are over; from 29 February they end on 28 February (R-23)."""
    year, month = divmod(decision_date.year * 12 + decision_date.month - 1 + MONTHS_VALID, 12)
    day = min(decision_date.day, calendar.monthrange(year, month + 1)[1])
    return date(year, month + 1, day) - timedelta(days=1)


def certifier_warning(certificate: Certificate) -> Sentence | None:
    """A sentence when somebody else decided on such stars at that time; never a refusal (R-22)."""
    if certificate.kind != CertificateKind.OCOP or certificate.issuer_level is None:
        return None
    expected = {5: Level.CENTRAL, 4: Level.PROVINCE}.get(certificate.stars or 0)
    if certificate.stars == 3:
        by_district = _DISTRICT_FIRST <= certificate.decision_date <= _DISTRICT_LAST
        expected = Level.DISTRICT if by_district else Level.PROVINCE
    if expected is None or certificate.issuer_level == expected:
        return None
    facts: dict[str, object] = {"stars": certificate.stars, "label": LEVEL_LABELS[expected]}
    return N_("Vào ngày quyết định, hạng %(stars)s sao do cấp %(label)s công nhận. Hãy xem lại giấy."), facts


def valid_on(day: date) -> ColumnElement[bool]:
    """A condition on `Certificate`: holds that day and was not revoked by then."""
    return (
        (col(Certificate.valid_from) <= day)
        & (col(Certificate.valid_to) >= day)
        & or_(col(Certificate.revoked_on).is_(None), col(Certificate.revoked_on) > day)
    )


def certificates_of_producers(
    db: Session, producer_ids: Collection[int], product_ids: Collection[int], day: date
) -> dict[tuple[int, int], list[Certificate]]:
    """{(producer, product): certificates its goods carry that day}, for any number of both in two statements.

    A producer carries its own; a household also those of the organisations it supplied that day (R-26).
    """
    own = db.exec(
        select(CertificateProduct.product_id, Certificate)
        .join(Certificate)
        .join(Product, col(Product.id) == CertificateProduct.product_id)
        .where(col(Certificate.producer_id).in_(producer_ids), *_covering(product_ids, day))
        .order_by(col(Certificate.id))
    )
    carried: defaultdict[tuple[int, int], list[Certificate]] = defaultdict(list)
    for product_id, certificate in own:
        carried[certificate.producer_id, product_id].append(certificate)
    seller = select(Producer.id).where(Producer.household_id == Membership.household_id).scalar_subquery()
    supplied = db.exec(
        select(seller, CertificateProduct.product_id, Certificate)
        .select_from(Certificate)
        .join(CertificateProduct)
        .join(Product, col(Product.id) == CertificateProduct.product_id)
        .join(Membership, col(Membership.producer_id) == Certificate.producer_id)
        .where(seller.in_(producer_ids), *_covering(product_ids, day), *_member_on(day))
        .order_by(col(Certificate.id))
    )
    for producer_id, product_id, certificate in supplied:
        carried[producer_id, product_id].append(certificate)
    return dict(carried)


def certificates_of_households(
    db: Session, household_ids: Collection[int], product_ids: Collection[int], day: date
) -> dict[tuple[int, int], list[Certificate]]:
    """{(household, product): certificates its goods carry that day}; of lots, on the day of harvest (8.3)."""
    rows = select(Producer.id, Producer.household_id).where(col(Producer.household_id).in_(household_ids))
    household_of = {producer_id or 0: household_id or 0 for producer_id, household_id in db.exec(rows)}
    carried = certificates_of_producers(db, list(household_of), product_ids, day)
    return {
        (household_of[producer_id], product_id): found for (producer_id, product_id), found in carried.items()
    }


def ocop_products(db: Session, day: date) -> dict[int, int]:
    """{product: most stars} of products with a valid OCOP certificate of 3 stars or more that day (R-24)."""
    rows = db.exec(
        select(CertificateProduct.product_id, func.max(Certificate.stars))
        .join(Certificate)
        .where(Certificate.kind == CertificateKind.OCOP, col(Certificate.stars) >= OCOP_FROM, valid_on(day))
        .group_by(col(CertificateProduct.product_id))
    )
    return {product_id: stars or 0 for product_id, stars in rows}


@dataclass(frozen=True)
class Expiring:
    """A certificate near its end; `within` is the warning it falls under, in days."""

    certificate: Certificate
    holder: str
    days_left: int
    within: int


def expiring(db: Session, *, today: date, actor: Account | None = None) -> list[Expiring]:
    """Certificates in sight that end within 180, 90 or 30 days, the first to end first (R-25)."""
    rows = db.exec(
        select(Certificate, Producer.name)
        .join(Producer, col(Producer.id) == Certificate.producer_id)
        .where(valid_on(today), col(Certificate.valid_to) <= today + timedelta(days=SOON_DAYS[-1]))
        .where(producer_listed_for(actor) if actor else true())
        .order_by(col(Certificate.valid_to), col(Certificate.id))
    )
    ending = ((certificate, name, (certificate.valid_to - today).days) for certificate, name in rows)
    return [
        Expiring(certificate, name, days, next(limit for limit in SOON_DAYS if days <= limit))
        for certificate, name, days in ending
    ]


def state_of(certificate: Certificate, today: date) -> str:
    """One of "valid", "soon" (ends within 180 days), "ended", "later" (not yet begun)."""
    if certificate.revoked_on is not None and certificate.revoked_on <= today:
        return "ended"
    if certificate.valid_to < today:
        return "ended"
    if certificate.valid_from > today:
        return "later"
    return "soon" if (certificate.valid_to - today).days <= SOON_DAYS[-1] else "valid"


def in_state(state: str, today: date) -> ColumnElement[bool]:
    """A condition on `Certificate`: those of which `state_of` says this; any other word means all."""
    soon = today + timedelta(days=SOON_DAYS[-1])
    if state == "valid":
        return valid_on(today) & (col(Certificate.valid_to) > soon)
    if state == "soon":
        return valid_on(today) & (col(Certificate.valid_to) <= soon)
    if state == "ended":
        return (col(Certificate.valid_to) < today) | (col(Certificate.revoked_on) <= today)
    if state == "later":
        unrevoked = or_(col(Certificate.revoked_on).is_(None), col(Certificate.revoked_on) > today)
        return (col(Certificate.valid_from) > today) & unrevoked
    return true()


def find_certificates(
    db: Session,
    actor: Account,
    *,
    kind: CertificateKind | None,
    state: str,
    query: str,
    number: int,
    today: date,
) -> tuple[list[tuple[Certificate, Producer]], bool]:
    """A page of certificates with their holders, the first to end first; searched by holder or number.

    Those of organisations are public, those of households only where the household is in sight.
    """
    wanted = (
        select(Certificate, Producer)
        .join(Producer, col(Producer.id) == Certificate.producer_id)
        .where(in_state(state, today), producer_listed_for(actor))
        .order_by(col(Certificate.valid_to) < today, col(Certificate.valid_to), col(Certificate.id))
    )
    if kind is not None:
        wanted = wanted.where(Certificate.kind == kind)
    if query:
        named = col(Producer.name_fold).contains(fold(query), autoescape=True)
        numbered = func.lower(Certificate.number).contains(query.lower(), autoescape=True)
        wanted = wanted.where(or_(named, numbered))
    rows, more = page_of(db, wanted, number, query, lambda row: f"{row[1].name} {row[0].number}")
    return [(row[0], row[1]) for row in rows], more


def certificates_held(db: Session, producer: Producer) -> list[Certificate]:
    """Every certificate a producer stands on, the last to end first."""
    wanted = select(Certificate).where(Certificate.producer_id == producer.id)
    return list(db.exec(wanted.order_by(col(Certificate.valid_to).desc(), col(Certificate.id))))


def certificate_seen_by(db: Session, actor: Account, certificate_id: int) -> tuple[Certificate, Producer]:
    """A certificate with its holder; NotFound when the holder is a household out of sight."""
    paper = found(db, Certificate, certificate_id)
    holders = select(Producer).where(producer_listed_for(actor))
    return paper, one_of(db, holders, paper.producer_id, Producer)


def certificates_covering(
    db: Session, actor: Account, product: Product
) -> list[tuple[Certificate, Producer]]:
    """Every certificate for a product whose holder is in sight, the last to end first."""
    rows = (
        select(Certificate, Producer)
        .join(Producer, col(Producer.id) == Certificate.producer_id)
        .join(CertificateProduct, col(CertificateProduct.certificate_id) == Certificate.id)
        .where(CertificateProduct.product_id == product.id, producer_listed_for(actor))
    )
    return list(db.exec(rows.order_by(col(Certificate.valid_to).desc(), col(Certificate.id))))


def products_of(db: Session, certificate: Certificate) -> list[Product]:
    """What a certificate covers."""
    covered = select(CertificateProduct.product_id).where(CertificateProduct.certificate_id == certificate.id)
    return list(db.exec(select(Product).where(col(Product.id).in_(covered)).order_by(col(Product.name_fold))))


def _covering(product_ids: Collection[int], day: date) -> tuple[ColumnElement[bool], ...]:
    """Valid that day for these products; a GI right only where the product's own GI is the same (R-32)."""
    gi_fits = or_(
        col(Certificate.kind) != CertificateKind.GI_RIGHT, col(Product.gi_name) == col(Certificate.gi_name)
    )
    return col(CertificateProduct.product_id).in_(product_ids), valid_on(day), gi_fits


def _member_on(day: date) -> tuple[ColumnElement[bool], ...]:
    still = or_(col(Membership.valid_to).is_(None), col(Membership.valid_to) >= day)
    return col(Membership.valid_from) <= day, still


def _check_stars(data: CertificateIn) -> None:
    if data.kind != CertificateKind.OCOP:
        if data.stars is not None or data.score_hundredths is not None:
            raise StarsOnlyOnOcop
        return
    if data.stars is None:
        raise StarsMissing
    if data.score_hundredths is not None and data.stars > band(data.score_hundredths):
        raise TooManyStars(score=points(data.score_hundredths), band=band(data.score_hundredths))


def points(score_hundredths: int) -> str:
    """94,9: a score as decisions print it."""
    return number_vi(Decimal(score_hundredths).scaleb(-2), 2)


def _check_products(db: Session, data: CertificateIn, product_ids: set[int]) -> None:
    products = db.exec(select(Product).where(col(Product.id).in_(product_ids))).all()
    if len(products) != len(product_ids):
        raise UnknownProduct
    if data.kind != CertificateKind.GI_RIGHT:
        return
    if data.gi_name is None:
        raise GiNameMissing
    wrong = next((product for product in products if product.gi_name != data.gi_name), None)
    if wrong is not None:
        raise GiNotForProduct(gi_name=data.gi_name, product=wrong.name)
