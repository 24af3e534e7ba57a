"""The tabs each role sees, at most five: a thumb must reach them."""

from dataclasses import dataclass

from flask import request, url_for
from flask_babel import gettext

from marketplace.accounts.models import Account, Role
from marketplace.core.i18n import N_


@dataclass(frozen=True)
class Tab:
    endpoint: str
    label: str
    icon: str
    url: str
    current: bool


TABS: dict[Role, tuple[tuple[str, str, str], ...]] = {
    Role.FARMER: (
        ("offers.offers", N_("Hàng của tôi"), "basket"),
        ("lots.lots", N_("Thu hoạch"), "leaf"),
        ("orders.orders", N_("Đơn hàng"), "box"),
        ("trainings.trainings", N_("Lớp học"), "class"),
    ),
    Role.EXTENSION: (
        ("households.households", N_("Hộ dân"), "home"),
        ("lots.lots", N_("Thu hoạch"), "leaf"),
        ("trainings.trainings", N_("Lớp học"), "class"),
        ("offers.offers", N_("Chào bán"), "basket"),
        ("orders.orders", N_("Đơn hàng"), "box"),
    ),
    Role.COORDINATOR: (
        ("reports.home", N_("Tổng quan"), "chart"),
        ("reports.tonnage", N_("Sản lượng"), "scale"),
        ("listings.listings", N_("Tin đăng"), "flag"),
        ("orders.orders", N_("Đơn hàng"), "box"),
        ("trainings.trainings", N_("Lớp học"), "class"),
    ),
    Role.ADMIN: (
        ("accounts.accounts", N_("Tài khoản"), "people"),
        ("shops.shops", N_("Gian hàng"), "flag"),
        ("households.households", N_("Hộ dân"), "home"),
        ("trainings.trainings", N_("Lớp học"), "class"),
        ("reports.home", N_("Tổng quan"), "chart"),
    ),
}

#: Blueprints without a tab of their own for some roles: the tab their pages are reached from.
REACHED_FROM = {
    "listings": "offers.offers",
    "goods_back": "orders.orders",
    "endings": "offers.offers",
    "exposure": "offers.offers",
    "outside": "orders.orders",
    "settling": "orders.orders",
    "household_money": "orders.orders",
    "products": "reports.home",
    "courses": "trainings.trainings",
    "training_counts": "trainings.trainings",
    "enrolments": "trainings.trainings",
    "attendance": "trainings.trainings",
    "closings": "trainings.trainings",
    "sheets": "trainings.trainings",
    "awards": "trainings.trainings",
    "learning": "trainings.trainings",
    "course_learning": "trainings.trainings",
    "training_exports": "trainings.trainings",
    "roll_imports": "trainings.trainings",
    "poverty": "households.households",
    "chain": "reports.home",
}


def navigation(actor: Account | None) -> list[Tab]:
    """The tabs of this person, the current one marked by its blueprint."""
    if actor is None:
        return []
    current = _current(TABS[Role(actor.role)], request.endpoint or "")
    return [
        Tab(endpoint, gettext(label), icon, url_for(endpoint), endpoint == current)
        for endpoint, label, icon in TABS[Role(actor.role)]
    ]


def _current(tabs: tuple[tuple[str, str, str], ...], here: str) -> str | None:
    """The tab of this page, else the first of its blueprint, else the one it is reached from."""
    endpoints = [endpoint for endpoint, _, _ in tabs]
    if here in endpoints:
        return here
    blueprint = here.split(".")[0]
    of_blueprint = next((one for one in endpoints if one.split(".")[0] == blueprint), None)
    from_ = REACHED_FROM.get(blueprint)
    return of_blueprint or (from_ if from_ in endpoints else None)
