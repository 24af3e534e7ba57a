"""Pages of categories: which of a marketplace's categories each product is in, and what changed there."""

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from catalog.models import Product
from marketplace.core import clock, web
from marketplace.core.db import found
from marketplace.core.text import clean
from marketplace.selling import categories as cases
from marketplace.selling.mapping import PAGE, find_leaves, mapping_of, one_mapped, open_counts, open_tasks
from marketplace.selling.sync.wire import face_of, faces
from marketplace.selling.views.common import asked, db, me

bp = Blueprint("categories", __name__)


@bp.get("/nganh-hang")
def categories() -> ResponseReturnValue:
    """List what has no category on a marketplace, with proposals, and what has one."""
    return _overview(web.typed(), asked("san"))


def _overview(form: web.Form, wanted: str) -> ResponseReturnValue:
    counts = open_counts(db())
    marketplace = wanted if wanted in counts else next(iter(counts), None)
    if marketplace is None:
        return web.page("selling/categories_none.html", form=form)
    number = max(web.asked_number("trang"), 1)
    mapping = mapping_of(db(), marketplace, number=number)
    counts[marketplace] = len(mapping.open)
    tasks = open_tasks(db())
    shown = mapping.open[(number - 1) * PAGE : number * PAGE]
    return web.page(
        "selling/categories.html",
        form=form,
        face=face_of(marketplace),
        face_of=face_of,
        counts=counts,
        tasks=[(task, list(cases.sentences_of(task))) for task in tasks if task.marketplace == marketplace],
        waiting={task.marketplace for task in tasks},
        mapping=mapping,
        shown=shown,
        sure=sum(one.sure for one in mapping.open),
        number=number,
        more=len(mapping.open) > number * PAGE,
    )


@bp.route("/nganh-hang/<int:product_id>", methods=["GET", "POST"])
def choose(product_id: int) -> ResponseReturnValue:
    """Choose a product's category on one marketplace: a proposal, or what a search finds."""
    form = web.typed()
    product = found(db(), Product, product_id)
    marketplace = asked("san") or next(iter(open_counts(db())), "")
    if request.method == "POST":
        marketplace = clean(form.value("marketplace"))[:24]
        with form.attempt():
            category = clean(form.value("category"))
            choice = cases.choose_category(db(), me(), product.code, marketplace, category, now=clock.now())
            said = _("Đã chọn ngành cho %(product)s. Muốn đổi thì bấm “Đổi”.", product=product.name)
            return web.receipt(said, url_for("categories.categories", san=choice.marketplace))
    if marketplace not in faces():
        return _overview(form, marketplace)
    query = asked("q")
    return web.page(
        "selling/categories_choose.html",
        form=form,
        face=face_of(marketplace),
        one=one_mapped(db(), found(db(), Product, product_id), marketplace),
        query=query,
        hits=find_leaves(db(), marketplace, query) if query else [],
    )


@bp.post("/nganh-hang/nhan")
def accept_all() -> ResponseReturnValue:
    """Take the first proposal for every product whose name leaves no doubt."""
    form = web.typed()
    with form.attempt():
        marketplace = clean(form.value("marketplace"))[:24]
        taken = cases.accept_proposals(db(), me(), marketplace, now=clock.now())
    if form.errors:
        return _overview(form, "")
    said = _("Đã nhận đề xuất cho %(count)s sản phẩm. Sai ở đâu thì bấm “Đổi”.", count=len(taken))
    return web.receipt(said, url_for("categories.categories", san=marketplace))


@bp.post("/nganh-hang/viec/<int:task_id>/xem")
def task_settle(task_id: int) -> ResponseReturnValue:
    """Say that a change of the marketplace has been seen."""
    task = cases.settle_task(db(), me(), task_id, now=clock.now())
    return web.receipt(_("Đã ghi là đã xem."), url_for("categories.categories", san=task.marketplace))
