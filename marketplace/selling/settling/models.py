"""The tables of settlement: statements, their lines, and whose money each line is.

Nothing is computed but sums and shares: what was withheld is recorded as the statement says it (R-7C).
"""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from marketplace.core.db import Utc, stored
from marketplace.core.i18n import N_


class Amounts(SQLModel):
    """đồng by kind, each with the sign it has in the payout; the payout is their sum."""

    goods_vnd: int = Field(default=0, sa_type=BigInteger)  #: what buyers paid for goods
    marketplace_voucher_vnd: int = Field(default=0, sa_type=BigInteger)  #: paid by the marketplace for them
    seller_voucher_vnd: int = Field(default=0, sa_type=BigInteger)
    fee_vnd: int = Field(default=0, sa_type=BigInteger)
    payment_fee_vnd: int = Field(default=0, sa_type=BigInteger)
    shipping_vnd: int = Field(default=0, sa_type=BigInteger)
    vat_vnd: int = Field(default=0, sa_type=BigInteger)  #: withheld
    pit_vnd: int = Field(default=0, sa_type=BigInteger)  #: withheld
    refund_vnd: int = Field(default=0, sa_type=BigInteger)
    unsold_vnd: int = Field(default=0, sa_type=BigInteger)  #: what cancelled and refused orders cost
    adjustment_vnd: int = Field(default=0, sa_type=BigInteger)


KINDS = tuple(Amounts.model_fields)  #: the columns, in the order people read them
KIND_LABELS = {
    "goods_vnd": N_("Người mua trả tiền hàng"),
    "marketplace_voucher_vnd": N_("Sàn trả thay voucher"),
    "seller_voucher_vnd": N_("Voucher của người bán"),
    "fee_vnd": N_("Phí sàn"),
    "payment_fee_vnd": N_("Phí thanh toán"),
    "shipping_vnd": N_("Cước người bán chịu"),
    "vat_vnd": N_("Thuế GTGT sàn đã khấu trừ"),
    "pit_vnd": N_("Thuế TNCN sàn đã khấu trừ"),
    "refund_vnd": N_("Hoàn tiền người mua"),
    "unsold_vnd": N_("Chi phí đơn hủy, đơn không nhận"),
    "adjustment_vnd": N_("Điều chỉnh khác"),
}


class Statement(SQLModel, table=True):
    """One settlement file of a shop. Σ of its lines = its payout less what earlier statements settled."""

    __tablename__ = "statement"
    __table_args__ = (
        UniqueConstraint("shop_id", "number"),
        CheckConstraint("last_day >= first_day", name="period"),
    )

    id: int | None = Field(default=None, primary_key=True)
    shop_id: int = Field(foreign_key="shop.id")
    number: str = Field(max_length=60)  #: the marketplace's
    first_day: date
    last_day: date
    payout_vnd: int = Field(sa_type=BigInteger)  #: as the file says
    sha256: str = Field(max_length=64)  #: of what was read, whatever Excel made of the file
    file_name: str = Field(default="", max_length=120)
    imported_at: datetime = Field(sa_type=Utc, index=True)
    imported_by: int | None = Field(default=None, foreign_key="account.id")


class LineState(StrEnum):
    """What is known of a line; all but the first two wait for news or a person."""

    EXPLAINED = "explained"  #: fits our order; shared
    REPEATED = "repeated"  #: an earlier statement settled it; counts nothing here
    NO_ORDER = "no_order"  #: no order of ours has that number yet
    NOT_DELIVERED = "not_delivered"  #: pays for an order that was not delivered, as far as we know
    GOODS = "goods"  #: another amount for the goods than our order says
    REFUND = "refund"  #: more was given back than returns and complaints explain
    UNSOLD = "unsold"  #: costs of a failed order, and ours did not fail
    ODD = "odd"  #: an amount of a kind nobody knows, on an order
    NO_NUMBER = "no_number"  #: an amount that belongs to no order
    CHANGED = "changed"  #: an earlier statement told another amount; this is the difference
    PAYOUT = "payout"  #: the payout is not the sum of the rows; this is the difference


LINE_LABELS = {
    LineState.EXPLAINED: N_("Khớp với đơn"),
    LineState.REPEATED: N_("Đã đối soát ở bảng trước, không tính lại"),
    LineState.NO_ORDER: N_("Không có đơn nào mang số này"),
    LineState.NOT_DELIVERED: N_("Sàn trả tiền cho đơn chưa giao"),
    LineState.GOODS: N_("Tiền hàng khác với đơn"),
    LineState.REFUND: N_("Hoàn tiền nhiều hơn hàng trả và khiếu nại đã ghi"),
    LineState.UNSOLD: N_("Trừ phí đơn không thành, nhưng đơn không hủy"),
    LineState.ODD: N_("Khoản lạ trên một đơn"),
    LineState.NO_NUMBER: N_("Khoản không thuộc đơn nào"),
    LineState.CHANGED: N_("Sàn đổi số tiền đã báo ở bảng trước"),
    LineState.PAYOUT: N_("Tổng chi trả khác tổng các dòng"),
}

#: States that news of an order may turn into "explained".
MAY_BE_EXPLAINED = (
    LineState.NO_ORDER,
    LineState.NOT_DELIVERED,
    LineState.GOODS,
    LineState.REFUND,
    LineState.UNSOLD,
)
SETTLED = (LineState.EXPLAINED, LineState.REPEATED)


class Whose(StrEnum):
    """Whose money a line is that a person closed."""

    SELLER = "seller"  #: of whoever has the shop
    ORDER = "order"  #: of the order's households, as its other money
    HOUSEHOLD = "household"  #: of one household
    EVERYBODY = "everybody"  #: of all households of the statement, by what their goods brought


WHOSE_LABELS = {
    Whose.SELLER: N_("Của đơn vị đứng tên gian hàng"),
    Whose.ORDER: N_("Của các hộ có hàng trong đơn này"),
    Whose.HOUSEHOLD: N_("Của một hộ"),
    Whose.EVERYBODY: N_("Chia cho mọi hộ trong bảng, theo tiền hàng"),
}


class StatementLine(Amounts, table=True):
    """One entry of a statement; the amounts are what it adds to what earlier statements told of the entry."""

    __tablename__ = "statement_line"
    __table_args__ = (
        UniqueConstraint("statement_id", "row"),
        Index("ix_statement_line_waiting", "state", "closed_at"),
        CheckConstraint("(closed_at IS NULL) = (closed_to IS NULL)", name="closed_with_owner"),
    )

    id: int | None = Field(default=None, primary_key=True)
    statement_id: int = Field(foreign_key="statement.id")
    row: int  #: place in the file, from 1; 0: not in the file
    key: str = Field(max_length=80, index=True)  #: the marketplace's own of the entry
    day: date
    order_no: str | None = Field(default=None, max_length=40, index=True)
    sku: str | None = Field(default=None, max_length=80)
    words: str = Field(default="", max_length=200)  #: the marketplace's
    told_vnd: int = Field(sa_type=BigInteger)  #: the row's sum in the file
    order_id: int | None = Field(default=None, foreign_key="sales_order.id", index=True)
    state: LineState = Field(sa_type=stored(LineState))
    closed_at: datetime | None = Field(default=None, sa_type=Utc)
    closed_by: int | None = Field(default=None, foreign_key="account.id")
    closed_to: Whose | None = Field(default=None, sa_type=stored(Whose))
    closed_words: str = Field(default="", max_length=200)


class StatementShare(Amounts, table=True):
    """The part of a line that is one household's, or the seller's. Σ of a line's shares = the line, exactly.

    A line that waits has none. `household_id` None: the seller's own money.
    """

    __tablename__ = "statement_share"

    id: int | None = Field(default=None, primary_key=True)
    line_id: int = Field(foreign_key="statement_line.id", index=True)
    order_line_id: int | None = Field(default=None, foreign_key="order_line.id", index=True)
    household_id: int | None = Field(default=None, foreign_key="household.id", index=True)
    producer_id: int = Field(foreign_key="producer.id", index=True)  #: who sold
    grams: int = Field(default=0, sa_type=BigInteger)  #: by which it was shared; 0: goods not known yet
    lotless: bool = False  #: no lot had the goods, so it is nobody's fruit
