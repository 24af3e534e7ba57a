"""Pages of who sells: cooperatives and companies, and the households that supply them."""

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlmodel import select

from catalog import producers as cases
from catalog.certificates import certificates_held, state_of
from catalog.lots import on_hand_by_pool
from catalog.models import CERTIFICATE_LABELS, PRODUCER_KIND_LABELS, Producer, ProducerKind
from catalog.product_forms import MembershipEndIn, MembershipIn, ProducerIn
from catalog.scopes import one_of
from catalog.views.common import asked, asked_page, db, me
from catalog.views.products import bp
from marketplace.core import clock, web
from marketplace.core.errors import NotFound
from marketplace.core.forms import parsed


@bp.get("/chu-the")
def producers() -> ResponseReturnValue:
    """List who sells."""
    number = asked_page()
    rows, more = cases.find_producers(db(), me(), asked("q"), number)
    return web.page(
        "catalog/producers.html",
        producers=rows,
        more=more,
        number=number,
        query=asked("q"),
        kind_labels=PRODUCER_KIND_LABELS,
    )


@bp.get("/chu-the/<int:producer_id>")
def producer(producer_id: int) -> ResponseReturnValue:
    """Show who sells: members, certificates, stock."""
    one = _the_producer(producer_id)
    pools = cases.pools_of(db(), one)
    return web.page(
        "catalog/producer.html",
        producer=one,
        members=cases.members_of(db(), me(), one),
        pools=pools,
        on_hand=on_hand_by_pool(db(), [pool.id or 0 for pool, _product in pools]),
        papers=[(paper, state_of(paper, clock.today())) for paper in certificates_held(db(), one)],
        kind_labels=PRODUCER_KIND_LABELS,
        paper_labels=CERTIFICATE_LABELS,
    )


@bp.route("/chu-the/moi", methods=["GET", "POST"])
def producer_new() -> ResponseReturnValue:
    """Add a cooperative or a company."""
    form = web.typed()
    if request.method == "POST":
        with form.attempt():
            made = cases.add_producer(db(), me(), parsed(ProducerIn, form))
            return web.receipt(
                _("Đã thêm %(name)s.", name=made.name), url_for("products.producer", producer_id=made.id)
            )
    form.fill(kind=ProducerKind.COOPERATIVE.value)
    kinds = (ProducerKind.COOPERATIVE, ProducerKind.COMPANY)
    return web.page(
        "catalog/producer_new.html",
        form=form,
        kinds=[(kind.value, _(PRODUCER_KIND_LABELS[kind])) for kind in kinds],
    )


@bp.route("/chu-the/<int:producer_id>/thanh-vien/moi", methods=["GET", "POST"])
def membership_new(producer_id: int) -> ResponseReturnValue:
    """Record that a household supplies an organisation."""
    form = web.typed()
    if request.method == "POST":
        with form.attempt():
            cases.start_membership(db(), me(), producer_id, parsed(MembershipIn, form))
            return web.receipt(_("Đã ghi thành viên."), url_for("products.producer", producer_id=producer_id))
    one = _the_producer(producer_id)
    if one.kind == ProducerKind.HOUSEHOLD:
        raise NotFound
    form.fill(household_code=asked("ho"), valid_from=clock.today().isoformat())
    return web.page("catalog/producer_member_new.html", form=form, producer=one)


@bp.route("/thanh-vien/<int:membership_id>/ket-thuc", methods=["GET", "POST"])
def membership_end(membership_id: int) -> ResponseReturnValue:
    """Say on which day a household supplied an organisation for the last time."""
    form = web.typed()
    membership, household = cases.membership_seen_by(db(), me(), membership_id)
    if request.method == "POST":
        with form.attempt():
            cases.end_membership(db(), me(), membership_id, parsed(MembershipEndIn, form).valid_to)
            return web.receipt(
                _("Đã ghi ngày cuối."), url_for("products.producer", producer_id=membership.producer_id)
            )
    form.fill(valid_to=clock.today().isoformat())
    return web.page(
        "catalog/producer_member_end.html",
        form=form,
        membership=membership,
        household=household,
        producer=_the_producer(membership.producer_id),
    )


def _the_producer(producer_id: int) -> Producer:
    seen = select(Producer).where(cases.producer_listed_for(me()))
    return one_of(db(), seen, producer_id, Producer)
