"""Pages of certificates: who earned one, giving them out, printing them, and the public check by QR code."""

from collections.abc import Sequence

from flask import Blueprint, Response, current_app, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale, get_locale
from flask_babel import gettext as _

from catalog.models import Household
from catalog.scopes import households_seen_by, one_of
from catalog.views.common import db, me, settings
from marketplace.accounts.views import limiter
from marketplace.core import clock, web
from marketplace.core.errors import Refused
from marketplace.core.forms import parsed
from marketplace.core.i18n import LANGUAGES, N_
from training import award_papers, awards
from training.award_checks import check_token
from training.award_forms import ReissueIn, RevokeIn
from training.award_pages import AwardPage, award_page, awards_of_household, standings_seen_by
from training.award_papers import Paper, paper_of
from training.award_pdf import certificates_pdf
from training.earning import AWARD_STATE_LABELS, AwardState, Standing
from training.models import TrainingSession
from training.pages import training_head
from training.trainings import one_training

bp = Blueprint("awards", __name__)


class NothingToPrint(Refused):
    sentence = N_("Lớp này chưa có giấy chứng nhận nào để in. Hãy cấp giấy chứng nhận trước.")


# --- of one class -------------------------------------------------------------------------------------------


@bp.get("/lop-tap-huan/<int:training_id>/chung-nhan")
def of_class(training_id: int) -> ResponseReturnValue:
    """Show who earned a certificate of a class, who did not and why."""
    return _class_page(web.typed(), _the_class(training_id))


def _class_page(form: web.Form, training: TrainingSession) -> ResponseReturnValue:
    people: dict[AwardState, list[Standing]] = {state: [] for state in AwardState}
    for standing in standings_seen_by(db(), me(), training):
        people[standing.state].append(standing)
    return web.page(
        "training/awards.html",
        form=form,
        head=training_head(db(), training),
        people=people,
        labels=AWARD_STATE_LABELS,
    )


@bp.post("/lop-tap-huan/<int:training_id>/chung-nhan/cap")
def issue(training_id: int) -> ResponseReturnValue:
    """Give a certificate to everybody who earned one, or to the one person named."""
    form = web.typed()
    training = _the_class(training_id)
    with form.attempt():
        named = [web.asked_number("person_id", 0)] if form.value("person_id") else None
        made = awards.issue_awards(db(), me(), training, named, now=clock.now())
    if form.errors:
        return _class_page(form, _the_class(training_id))
    many = _("Đã cấp %(number)s giấy chứng nhận.", number=len(made))
    return web.receipt(
        many if made else _("Ai đủ điều kiện đều đã có giấy."),
        url_for("awards.of_class", training_id=training_id),
    )


@bp.get("/lop-tap-huan/<int:training_id>/chung-nhan.pdf")
def class_pdf(training_id: int) -> ResponseReturnValue:
    """Send all certificates of a class that are in force, one page each."""
    training = _the_class(training_id)
    return _pdf(_papers_of(training), f"giay-chung-nhan-{training.code}.pdf")


@bp.get("/lop-tap-huan/<int:training_id>/chung-nhan/in")
def class_print(training_id: int) -> ResponseReturnValue:
    """Show all certificates of a class that are in force, ready for the printer."""
    back = url_for("awards.of_class", training_id=training_id)
    return _print(_papers_of(_the_class(training_id)), back)


def _papers_of(training: TrainingSession) -> list[Paper]:
    standings = standings_seen_by(db(), me(), training)
    papers = [
        paper_of(one.copy, one.award.number, _address)
        for one in standings
        if one.award and one.copy and one.state == AwardState.VALID
    ]
    if not papers:
        raise NothingToPrint
    return papers


def _the_class(training_id: int) -> TrainingSession:
    return one_training(db(), me(), training_id)


# --- of one person ------------------------------------------------------------------------------------------


@bp.get("/lop-tap-huan/chung-nhan/<int:award_id>")
def award(award_id: int) -> ResponseReturnValue:
    """Show a certificate, its copies, and what was done with it."""
    return _award_page(web.typed(), award_page(db(), me(), award_id))


def _award_page(form: web.Form, page: AwardPage) -> ResponseReturnValue:
    form.fill(version=page.copy.version)
    return web.page(
        "training/award.html", form=form, page=page, labels=AWARD_STATE_LABELS, duration=_duration
    )


@bp.get("/lop-tap-huan/chung-nhan/<int:award_id>.pdf")
def award_pdf(award_id: int) -> ResponseReturnValue:
    """Send one certificate."""
    paper = _paper(award_id)
    return _pdf([paper], f"{paper.number}.pdf")


@bp.get("/lop-tap-huan/chung-nhan/<int:award_id>/in")
def award_print(award_id: int) -> ResponseReturnValue:
    """Show one certificate, ready for the printer."""
    return _print([_paper(award_id)], url_for("awards.award", award_id=award_id))


def _paper(award_id: int) -> Paper:
    page = award_page(db(), me(), award_id)
    if page.award.revoked_at is not None:
        raise awards.AwardRevoked(number=page.award.number)
    return paper_of(page.copy, page.award.number, _address)


@bp.post("/lop-tap-huan/chung-nhan/<int:award_id>/thu-hoi")
def revoke(award_id: int) -> ResponseReturnValue:
    """Take a certificate back, with the reason."""
    form, page = web.typed(), _decided(award_id)
    with form.attempt():
        awards.revoke_award(db(), me(), page.award, parsed(RevokeIn, form).reason, now=clock.now())
    if form.errors:
        return _award_page(form, _decided(award_id))
    return _done(_("Đã thu hồi giấy chứng nhận %(number)s.", number=page.award.number), award_id)


@bp.post("/lop-tap-huan/chung-nhan/<int:award_id>/khoi-phuc")
def restore(award_id: int) -> ResponseReturnValue:
    """Undo a revocation made by mistake."""
    form, page = web.typed(), _decided(award_id)
    with form.attempt():
        awards.restore_award(db(), me(), page.award)
    if form.errors:
        return _award_page(form, _decided(award_id))
    return _done(_("Giấy chứng nhận %(number)s có hiệu lực trở lại.", number=page.award.number), award_id)


@bp.post("/lop-tap-huan/chung-nhan/<int:award_id>/cap-lai")
def reissue(award_id: int) -> ResponseReturnValue:
    """Issue a certificate again with the facts of today: same number, next version."""
    form, page = web.typed(), _decided(award_id)
    with form.attempt():
        data = parsed(ReissueIn, form)
        awards.reissue_award(db(), me(), page.award, data.reason, version=data.version, now=clock.now())
    if form.errors:
        return _award_page(form, _decided(award_id))
    number, version = page.award.number, page.copy.version + 1
    said = _("Đã cấp lại giấy %(number)s, nay là bản %(version)s.", number=number, version=version)
    return _done(said, award_id)


def _decided(award_id: int) -> AwardPage:
    """A certificate of a class in sight: who merely sees the person does not decide."""
    page = award_page(db(), me(), award_id)
    _the_class(page.award.training_id)
    return page


def _done(said: str, award_id: int) -> ResponseReturnValue:
    return web.receipt(said, url_for("awards.award", award_id=award_id))


@bp.get("/ho-dan/<int:household_id>/chung-nhan-tap-huan")
def of_household(household_id: int) -> ResponseReturnValue:
    """List the training certificates of a household's people."""
    household = one_of(db(), households_seen_by(me()), household_id, Household)
    rows = awards_of_household(db(), household)
    return web.page(
        "training/awards_household.html", household=household, rows=rows, labels=AWARD_STATE_LABELS
    )


# --- on paper and in public ---------------------------------------------------------------------------------


def _address(token: str) -> str:
    return settings().public_url.rstrip("/") + url_for("awards.public", token=token)


def _duration(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    if rest:
        return str(_("%(hours)s giờ %(minutes)s phút", hours=hours, minutes=rest))
    return str(_("%(hours)s giờ", hours=hours))


def _pdf(papers: Sequence[Paper], name: str) -> Response:
    answer = Response(certificates_pdf(papers), mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _print(papers: Sequence[Paper], back: str) -> ResponseReturnValue:
    return render_template("training/award_print.html", papers=papers, words=award_papers, back=back)


def _check_limit() -> str:
    return str(current_app.extensions["lensan"].check_limit)


@bp.get("/cn/<path:token>")
@limiter.limit(_check_limit)
def public(token: str) -> ResponseReturnValue:
    """Tell anybody with the QR code whether a certificate holds; unknown codes all get one answer.

    Both pages are made every time and one is sent, so that time tells nothing about the code.
    """
    check = check_token(g.db, token)
    asked = request.args.get("ngon-ngu", "")
    locale = asked if asked in LANGUAGES else str(get_locale())
    with force_locale(locale):
        seen, unknown = (
            render_template("training/award_public.html", face=face, locale=locale, duration=_duration)
            for face in (check.face, None)
        )
    return (seen, 200) if check.found else (unknown, 404)
