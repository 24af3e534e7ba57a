"""Goods of an order that came back, and what a person decided about them."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint
from sqlmodel import Field, SQLModel

from marketplace.core.db import Utc, stored
from marketplace.core.i18n import N_


class Because(StrEnum):
    """Why goods came back."""

    RETURNED = "returned"  #: the buyer took them and sent them back
    REFUSED = "refused"  #: nobody took the parcel, "bom hàng"
    UNTAKEN = "untaken"  #: the buyer took a part of the parcel


BECAUSE_LABELS = {
    Because.RETURNED: N_("Khách trả lại"),
    Because.REFUSED: N_("Khách không nhận hàng"),
    Because.UNTAKEN: N_("Khách chỉ lấy một phần"),
}


class GoodsBack(SQLModel, table=True):
    """Goods of one product out of an order line that came back: sellable, or written off.

    A combo makes one row per product, since each has its own default (`Product.returns_sellable`). A person
    may decide otherwise, and decide again; each change is another line of the ledger, never a changed one.
    """

    __tablename__ = "goods_back"
    __table_args__ = (CheckConstraint("packs > 0 AND first_pack >= 0 AND grams > 0", name="something"),)

    id: int | None = Field(default=None, primary_key=True)
    order_line_id: int = Field(foreign_key="order_line.id", index=True)
    product_id: int = Field(foreign_key="product.id")
    because: Because = Field(sa_type=stored(Because))
    first_pack: int  #: packs of the line before these: grams are shared by packs, and sum up exactly
    packs: int
    grams: int = Field(sa_type=BigInteger)  #: of known lots
    sellable: bool
    at: datetime = Field(sa_type=Utc)
    recorded_by: int | None = Field(default=None, foreign_key="account.id")  #: None: the marketplace told
    #: None: nobody decided yet, the product's default holds
    decided_at: datetime | None = Field(default=None, sa_type=Utc, index=True)
    decided_by: int | None = Field(default=None, foreign_key="account.id")
    turns: int = 0  #: how often the decision was changed
    #: Told or typed by mistake: these did not come back after all
    undone_at: datetime | None = Field(default=None, sa_type=Utc)
