"""Reading the journal: which calls went wrong, and which belong to one operation."""

from collections.abc import Sequence

from sqlmodel import Session, col, or_, select
from sqlmodel.sql.expression import SelectOfScalar

from marketplace.core.db import found
from marketplace.core.i18n import N_
from marketplace.selling.models import Exchange

#: What people call the operations of a connector.
OPERATIONS = {
    "open_shop": N_("Đăng nhập gian hàng"),
    "categories": N_("Hỏi ngành hàng"),
    "attributes": N_("Hỏi thuộc tính của ngành hàng"),
    "find": N_("Tìm tin theo mã hàng"),
    "create": N_("Đăng tin mới"),
    "update": N_("Sửa tin"),
    "withdraw": N_("Gỡ tin"),
    "verdict": N_("Hỏi kết quả duyệt"),
    "set_price_and_stock": N_("Ghi số gói"),
    "products": N_("Xem lại cả gian hàng"),
    "orders": N_("Kéo đơn hàng"),
    "order": N_("Xem một đơn"),
    "confirm": N_("Xác nhận đơn"),
    "deliver": N_("Báo đã giao"),
    "cancel_reasons": N_("Hỏi các lý do hủy"),
    "cancel": N_("Hủy đơn"),
}


def exchanges_where(
    *, shop_id: int | None = None, failed: bool = False, cause: str = ""
) -> SelectOfScalar[Exchange]:
    """Calls to marketplaces, newest first: of one shop, failed ones, those of operations with one cause."""
    wanted = select(Exchange).order_by(col(Exchange.id).desc())
    if shop_id is not None:
        wanted = wanted.where(Exchange.shop_id == shop_id)
    if cause:
        wanted = wanted.where(Exchange.cause == cause)
    if failed:
        wanted = wanted.where(
            or_(
                col(Exchange.cause).is_not(None),
                col(Exchange.error).is_not(None),
                col(Exchange.status).is_(None),
                col(Exchange.status) >= 400,
            )
        )
    return wanted


def calls_of(db: Session, exchange: Exchange) -> Sequence[Exchange]:
    """All calls of the operation this one was part of, in order; a call without an operation is alone."""
    if not exchange.operation_key:
        return [exchange]
    same = select(Exchange).where(Exchange.operation_key == exchange.operation_key)
    return db.exec(same.order_by(col(Exchange.id))).all()


def calls_from(db: Session, exchange_id: int) -> Sequence[Exchange]:
    """The same by the number of one call; NotFound when the journal has none."""
    return calls_of(db, found(db, Exchange, exchange_id))
