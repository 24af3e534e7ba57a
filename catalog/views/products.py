"""Pages of products, their packs, prices and harvest windows; others add theirs to the blueprint."""

from flask import Blueprint, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from catalog import products as cases
from catalog.certificates import certificates_covering, ocop_products, state_of
from catalog.models import CERTIFICATE_LABELS, RESTRICTION_LABELS, SALE_UNIT_LABELS, Pack, Product, SaleUnit
from catalog.producers import organisations
from catalog.product_forms import PackIn, PriceIn, ProductChangeIn, ProductIn, WindowIn
from catalog.seasons import seasons, set_window, windows_of
from catalog.shipped import grades_of
from catalog.views.common import asked, asked_page, db, me
from marketplace.accounts.models import Role
from marketplace.core import clock, web
from marketplace.core.db import found
from marketplace.core.errors import NotFound
from marketplace.core.forms import parsed
from marketplace.core.units import vnd

bp = Blueprint("products", __name__)

COMBO_ROWS = 4


@bp.get("/san-pham")
def products() -> ResponseReturnValue:
    """List the catalogue; who may change it also sees what is no longer used."""
    number = asked_page()
    office = me().role in (Role.COORDINATOR, Role.ADMIN)
    rows, more = cases.find_products(db(), asked("q"), number, retired=office)
    return web.page(
        "catalog/products.html",
        products=rows,
        more=more,
        number=number,
        query=asked("q"),
        group_labels=cases.GROUP_LABELS,
        stars=ocop_products(db(), clock.today()),
    )


@bp.get("/san-pham/<int:product_id>")
def product(product_id: int) -> ResponseReturnValue:
    """Show a product: its packs and prices, when it is harvested, what it is certified for."""
    return _product_page(web.typed(), product_id)


def _product_page(form: web.Form, product_id: int) -> ResponseReturnValue:
    one, today = found(db(), Product, product_id), clock.today()
    packs = cases.packs_of(db(), one)
    prices = cases.prices_of(db(), packs)
    return web.page(
        "catalog/product.html",
        form=form,
        product=one,
        packs=packs,
        parts=cases.parts_of(db(), packs),
        prices=prices,
        now={pack_id: cases.common_price(rows, today) for pack_id, rows in prices.items()},
        sellers={seller.id: seller.name for seller in organisations(db())},
        windows=windows_of(db(), one),
        seasons=[(season.id, season.key) for season in seasons(db())],
        papers=[
            (paper, holder, state_of(paper, today))
            for paper, holder in certificates_covering(db(), me(), one)
        ],
        grades=grades_of(one),
        group_labels=cases.GROUP_LABELS,
        unit_labels=SALE_UNIT_LABELS,
        restriction_labels=RESTRICTION_LABELS,
        pack_labels=cases.PACK_UNIT_LABELS,
        channel_labels=cases.PRICE_CHANNEL_LABELS,
        paper_labels=CERTIFICATE_LABELS,
    )


@bp.route("/san-pham/moi", methods=["GET", "POST"])
def product_new() -> ResponseReturnValue:
    """Put a product on the catalogue."""
    form = web.typed()
    if request.method == "POST":
        with form.attempt():
            made = cases.add_product(db(), me(), parsed(ProductIn, form))
            return web.receipt(
                _("Đã thêm %(name)s.", name=made.name), url_for("products.product", product_id=made.id)
            )
    form.fill(sale_unit=SaleUnit.KG.value, counts_for_tonnage="1", group="food", picture="khac.svg")
    return _product_form(form, None)


@bp.route("/san-pham/<int:product_id>/sua", methods=["GET", "POST"])
def product_edit(product_id: int) -> ResponseReturnValue:
    """Change a product, or take it off the lists."""
    form = web.typed()
    if request.method == "POST":
        with form.attempt():
            changed = cases.change_product(
                db(), me(), product_id, parsed(ProductChangeIn, form), now=clock.now()
            )
            return web.receipt(
                _("Đã lưu %(name)s.", name=changed.name), url_for("products.product", product_id=product_id)
            )
    one = found(db(), Product, product_id)
    if request.method == "GET":
        ticks = ("counts_for_tonnage", "returns_sellable", "active")
        shown = one.model_dump(mode="json", include=set(ProductIn.model_fields) - set(ticks))
        form.fill(**shown, **{name: "1" if getattr(one, name) else "" for name in ticks})
    return _product_form(form, one)


def _product_form(form: web.Form, one: Product | None) -> ResponseReturnValue:
    return web.page(
        "catalog/product_edit.html",
        form=form,
        product=one,
        groups=[(code, _(label)) for code, label in cases.GROUP_LABELS.items()],
        units=[(unit.value, _(label)) for unit, label in SALE_UNIT_LABELS.items()],
        restrictions=[(kind.value, _(label)) for kind, label in RESTRICTION_LABELS.items()],
        pictures=[
            {"value": name, "text": _(cases.PICTURES[name]), "picture": name} for name in cases.PICTURES
        ],
    )


@bp.route("/san-pham/<int:product_id>/quy-cach/moi", methods=["GET", "POST"])
def pack_new(product_id: int) -> ResponseReturnValue:
    """Add a way to pack a product."""
    form = web.typed()
    if request.method == "POST":
        with form.attempt():
            data = parsed(PackIn, form)
            made = cases.add_pack(db(), me(), found(db(), Product, product_id), data)
            said = _("Đã thêm quy cách %(name)s. Hãy đặt giá.", name=made.name)
            return web.receipt(said, url_for("products.price_set", product_id=product_id, pack_id=made.id))
    one = found(db(), Product, product_id)
    return web.page(
        "catalog/pack_new.html",
        form=form,
        product=one,
        units=[(code, _(label)) for code, label in cases.PACK_UNIT_LABELS.items()],
        products=[(other.id, other.name) for other in cases.every_product(db())],
        rows=COMBO_ROWS,
    )


@bp.post("/san-pham/<int:product_id>/quy-cach/<int:pack_id>/bo")
def pack_retire(product_id: int, pack_id: int) -> ResponseReturnValue:
    """Offer a pack no longer."""
    pack = cases.retire_pack(db(), me(), _the_pack(product_id, pack_id).id or 0)
    said = _("Không dùng quy cách %(name)s nữa. Hàng đã bán giữ nguyên.", name=pack.name)
    return web.receipt(said, url_for("products.product", product_id=product_id))


@bp.route("/san-pham/<int:product_id>/quy-cach/<int:pack_id>/gia", methods=["GET", "POST"])
def price_set(product_id: int, pack_id: int) -> ResponseReturnValue:
    """Set a reference price from a day on; the one before ends the day before."""
    form = web.typed()
    if request.method == "POST":
        with form.attempt():
            pack = _the_pack(product_id, pack_id)
            price = cases.set_price(db(), me(), pack, parsed(PriceIn, form))
            warning = cases.price_warning(found(db(), Product, product_id), pack, price.price_vnd)
            if warning:
                flash(web.say(*warning), "warn")
            return web.receipt(
                _("Đã đặt giá %(price)s.", price=vnd(price.price_vnd)),
                url_for("products.product", product_id=product_id),
            )
    form.fill(valid_from=clock.today().isoformat())
    return web.page(
        "catalog/price_set.html",
        form=form,
        product=found(db(), Product, product_id),
        pack=_the_pack(product_id, pack_id),
        sellers=[(seller.id, seller.name) for seller in organisations(db())],
        channels=[(code, _(label)) for code, label in cases.PRICE_CHANNEL_LABELS.items()],
    )


@bp.post("/san-pham/<int:product_id>/mua-vu")
def window_set(product_id: int) -> ResponseReturnValue:
    """Say when a product is harvested in a season."""
    form = web.typed()
    with form.attempt():
        set_window(db(), me(), found(db(), Product, product_id), parsed(WindowIn, form), now=clock.now())
    if form.errors:
        return _product_page(form, product_id)
    return web.receipt(_("Đã lưu mùa hái."), url_for("products.product", product_id=product_id))


def _the_pack(product_id: int, pack_id: int) -> Pack:
    pack = found(db(), Pack, pack_id)
    if pack.product_id != product_id:
        raise NotFound
    return pack


from catalog.views import certificates, producers  # noqa: E402, F401 - they need `bp`
from catalog.views import seasons as season_pages  # noqa: E402, F401 - it needs `bp`
