"""Pages of certificates: which hold, which end soon, and what each covers."""

from flask import flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from catalog import certificates as cases
from catalog.models import CERTIFICATE_LABELS, CertificateKind, Producer
from catalog.producers import organisations
from catalog.product_forms import CertificateIn, RevocationIn
from catalog.products import every_product
from catalog.views.common import asked, asked_page, db, me
from catalog.views.products import bp
from marketplace.core import clock, web
from marketplace.core.forms import parsed


@bp.get("/chung-nhan")
def certificates() -> ResponseReturnValue:
    """List certificates by kind and by whether they hold; what ends within half a year stands on top."""
    today, number = clock.today(), asked_page()
    kind = next((kind for kind in CertificateKind if kind.value == asked("loai")), None)
    state = asked("trang-thai") if asked("trang-thai") in cases.STATE_LABELS else ""
    rows, more = cases.find_certificates(
        db(), me(), kind=kind, state=state, query=asked("q"), number=number, today=today
    )
    soon = cases.expiring(db(), today=today, actor=me())
    return web.page(
        "catalog/certificates.html",
        rows=[(paper, holder, cases.state_of(paper, today)) for paper, holder in rows],
        more=more,
        number=number,
        query=asked("q"),
        kind=kind.value if kind else "",
        state=state,
        ending={limit: sum(one.days_left <= limit for one in soon) for limit in cases.SOON_DAYS},
        labels=CERTIFICATE_LABELS,
        state_labels=cases.STATE_LABELS,
    )


@bp.get("/chung-nhan/<int:certificate_id>")
def certificate(certificate_id: int) -> ResponseReturnValue:
    """Show a certificate and what it covers."""
    return _certificate_page(web.typed(), certificate_id)


def _certificate_page(form: web.Form, certificate_id: int) -> ResponseReturnValue:
    paper, holder = cases.certificate_seen_by(db(), me(), certificate_id)
    form.fill(revoked_on=clock.today().isoformat())
    return web.page(
        "catalog/certificate.html",
        form=form,
        paper=paper,
        holder=holder,
        products=cases.products_of(db(), paper),
        state=cases.state_of(paper, clock.today()),
        days_left=(paper.valid_to - clock.today()).days,
        warning=cases.certifier_warning(paper),
        points=cases.points,
        labels=CERTIFICATE_LABELS,
        level_labels=cases.LEVEL_LABELS,
        state_labels=cases.STATE_LABELS,
    )


@bp.route("/chung-nhan/moi", methods=["GET", "POST"])
def certificate_new() -> ResponseReturnValue:
    """Record a certificate as it is printed."""
    form = web.typed()
    if request.method == "POST":
        with form.attempt():
            made = cases.add_certificate(db(), me(), parsed(CertificateIn, form))
            warning = cases.certifier_warning(made)
            if warning:
                flash(web.say(*warning), "warn")
            return web.receipt(
                _("Đã ghi giấy số %(number)s.", number=made.number),
                url_for("products.certificate", certificate_id=made.id),
            )
    form.fill(kind=CertificateKind.OCOP.value, producer_id=asked("chu-the"))
    return web.page(
        "catalog/certificate_new.html",
        form=form,
        kinds=[(kind.value, _(label)) for kind, label in CERTIFICATE_LABELS.items()],
        levels=[(level.value, _(label)) for level, label in cases.LEVEL_LABELS.items()],
        holders=_holders(form.value("producer_id")),
        products=[(product.id, product.name) for product in every_product(db())],
    )


def _holders(chosen: str) -> list[tuple[int | None, str]]:
    """Organisations, and the household that was named if it was one."""
    rows = organisations(db())
    known = {str(one.id) for one in rows}
    if chosen not in known and chosen.isascii() and chosen.isdigit() and len(chosen) <= 9:
        other = db().get(Producer, int(chosen))
        rows += [other] if other else []
    return [(one.id, one.name) for one in rows]


@bp.post("/chung-nhan/<int:certificate_id>/thu-hoi")
def certificate_revoke(certificate_id: int) -> ResponseReturnValue:
    """Say from which day a certificate no longer holds."""
    form = web.typed()
    with form.attempt():
        cases.revoke_certificate(
            db(), me(), certificate_id, parsed(RevocationIn, form).revoked_on, now=clock.now()
        )
    if form.errors:
        return _certificate_page(form, certificate_id)
    return web.receipt(_("Đã ghi thu hồi."), url_for("products.certificate", certificate_id=certificate_id))
