"""One table: endpoint → who may call it. No row, nobody.

Which rows of data each person sees is decided by `…_seen_by(actor)`.
"""

from marketplace.accounts.models import Role
from marketplace.core.web import ANY

F, E, C, A = Role.FARMER.value, Role.EXTENSION.value, Role.COORDINATOR.value, Role.ADMIN.value
EVERYBODY = frozenset({F, E, C, A})
STAFF = frozenset({E, C, A})
OFFICE = frozenset({C, A})
FIELD = frozenset({F, E})
OPEN = frozenset({ANY})


def only(*roles: str) -> frozenset[str]:
    """A row that names these roles and no other."""
    return frozenset(roles)


MAY: dict[str, frozenset[str]] = {
    "home": EVERYBODY,
    "health": OPEN,
    "patterns": OFFICE,
    "permissions": OFFICE,
    "settings": only(A),
    # accounts
    "accounts.login": OPEN,
    "accounts.logout": OPEN,
    "accounts.language": OPEN,
    "accounts.me": EVERYBODY,
    "accounts.password": EVERYBODY,
    "accounts.login_revoke": EVERYBODY,
    "accounts.accounts": only(A),
    "accounts.account_new": only(A),
    "accounts.account": only(A),
    "accounts.account_close": only(A),
    "accounts.account_reopen": only(A),
    "accounts.password_reset": only(A),
    "accounts.commune_add": only(A),
    "accounts.commune_remove": only(A),
    "accounts.audit": only(A),
    # households
    "households.households": STAFF,
    "households.household_new": only(E),
    "households.household": EVERYBODY,
    "households.household_edit": only(E),
    "households.person_new": only(E),
    "households.consent_new": only(E),
    "households.consent_withdraw": FIELD,
    "households.national_id_show": only(E, A),
    "households.communes": STAFF,
    "households.splits": only(E, C),
    "households.split_settle": only(E, C),
    "imports.imports": STAFF,
    "imports.import_new": only(E, A),
    "imports.import_batch": STAFF,
    "imports.import_workbook": only(E, A),
    "imports.import_undo": only(E, A),
    # products, certificates, lots
    "products.products": EVERYBODY,
    "products.product": EVERYBODY,
    "products.product_new": OFFICE,
    "products.product_edit": OFFICE,
    "products.pack_new": OFFICE,
    "products.pack_retire": OFFICE,
    "products.price_set": OFFICE,
    "products.producers": STAFF,
    "products.producer": STAFF,
    "products.producer_new": OFFICE,
    "products.membership_new": only(E, C, A),
    "products.membership_end": only(E, C, A),
    "products.certificates": STAFF,
    "products.certificate_new": OFFICE,
    "products.certificate": STAFF,
    "products.certificate_revoke": OFFICE,
    "products.seasons": OFFICE,
    "products.season_new": OFFICE,
    "products.window_set": OFFICE,
    "lots.lots": EVERYBODY,
    "lots.lot_new": FIELD,
    "lots.lot": EVERYBODY,
    "lots.write_off": FIELD,
    "lots.correct": FIELD,
    "lots.photo": OPEN,
    # selling
    "offers.offers": EVERYBODY,
    "offers.offer_new": FIELD,
    "offers.offer": EVERYBODY,
    "offers.offer_edit": FIELD,
    "offers.put_on_sale": FIELD,
    "offers.photo_add": FIELD,
    "offers.photo_remove": FIELD,
    "listings.listings": EVERYBODY,
    "listings.listing": EVERYBODY,
    "listings.wish": only(F, E, C),
    "listings.stop_offer": only(F, E, C),
    "listings.again": only(F, E, C, A),
    "listings.again_all": only(E, C, A),
    "repairs.group": EVERYBODY,
    "repairs.mend": only(F, E, C),
    "orders.orders": EVERYBODY,
    "orders.order": EVERYBODY,
    "orders.confirm": only(F, E, C),
    "orders.deliver": only(F, E, C),
    "orders.cancel": only(F, E, C),
    "orders.again": only(F, E, C),
    "orders.returned": only(E, C),
    "orders.complaint": only(E, C),
    "orders.outside_sale_new": only(F, E, C),
    "orders.outside_sales": EVERYBODY,
    "parked.parked": OFFICE,
    "parked.one": OFFICE,
    "parked.again": OFFICE,
    "parked.match": OFFICE,
    "parked.settle": OFFICE,
    "parked.reopen": OFFICE,
    "drift.drifts": OFFICE,
    "drift.settle": OFFICE,
    "drift.settle_group": OFFICE,
    "drift.policy": OFFICE,
    "shops.shops": OFFICE,
    "shops.shop_new": OFFICE,
    "shops.shop": OFFICE,
    "shops.shop_keys": only(A),
    "shops.exchanges": OFFICE,
    "shops.exchange": OFFICE,
    "shops.push": OPEN,
    "categories.categories": OFFICE,
    "categories.choose": OFFICE,
    "categories.accept_all": OFFICE,
    "categories.task_settle": OFFICE,
    # reports
    "reports.home": OFFICE,
    "reports.tonnage": OFFICE,
    "reports.tonnage_lines": OFFICE,
    "reports.tonnage_export": OFFICE,
    "reports.reached": OFFICE,
    "reports.targets": OFFICE,
    "reports.target_new": OFFICE,
    "reports.health": OFFICE,
}
