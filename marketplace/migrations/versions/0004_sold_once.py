"""Sold once

Revision: 0004
Follows: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "lot_mixing",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("pool_id", sa.Integer(), nullable=False),
        sa.Column("mixed_on", sa.Date(), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Integer(), nullable=True),
        sa.Column("client_key", sa.String(length=80), nullable=True),
        sa.ForeignKeyConstraint(["pool_id"], ["lot_pool.id"], name=op.f("fk_lot_mixing_pool_id_lot_pool")),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["account.id"], name=op.f("fk_lot_mixing_recorded_by_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lot_mixing")),
        sa.UniqueConstraint("client_key", name=op.f("uq_lot_mixing_client_key")),
    )
    with op.batch_alter_table("lot_mixing", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_lot_mixing_pool_id"), ["pool_id"], unique=False)

    op.create_table(
        "pool_policy",
        sa.Column("pool_id", sa.Integer(), nullable=False),
        sa.Column(
            "split",
            sa.Enum(
                "by_hand",
                "by_sales",
                "fixed",
                "priority",
                "only",
                name="split",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("shares", sa.JSON(), nullable=False),
        sa.Column("ranking", sa.JSON(), nullable=False),
        sa.Column("reserve_grams", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.Integer(), nullable=True),
        sa.CheckConstraint("reserve_grams >= 0", name=op.f("ck_pool_policy_reserve_not_negative")),
        sa.ForeignKeyConstraint(
            ["changed_by"], ["account.id"], name=op.f("fk_pool_policy_changed_by_account")
        ),
        sa.ForeignKeyConstraint(["pool_id"], ["lot_pool.id"], name=op.f("fk_pool_policy_pool_id_lot_pool")),
        sa.PrimaryKeyConstraint("pool_id", name=op.f("pk_pool_policy")),
    )
    op.create_table(
        "exposure_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("listing_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "moved",
            sa.Enum(
                "sent",
                "done",
                "taken_back",
                "lost",
                "found",
                "gone",
                "sold",
                "cancelled",
                "read",
                "raised",
                name="moved",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("packs", sa.Integer(), nullable=False),
        sa.Column("exposure_packs", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["listing_id"], ["listing.id"], name=op.f("fk_exposure_entry_listing_id_listing")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exposure_entry")),
    )
    with op.batch_alter_table("exposure_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_exposure_entry_at"), ["at"], unique=False)
        batch_op.create_index("ix_exposure_entry_listing", ["listing_id", "id"], unique=False)

    with op.batch_alter_table("harvest_lot", schema=None) as batch_op:
        batch_op.add_column(sa.Column("mixing_id", sa.Integer(), nullable=True))
        batch_op.create_index(batch_op.f("ix_harvest_lot_mixing_id"), ["mixing_id"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_harvest_lot_mixing_id_lot_mixing"), "lot_mixing", ["mixing_id"], ["id"]
        )

    with op.batch_alter_table("shop", schema=None) as batch_op:
        batch_op.add_column(sa.Column("served_at", sa.DateTime(timezone=True), nullable=True))

    with op.batch_alter_table("product", schema=None) as batch_op:
        batch_op.add_column(sa.Column("min_vnd_per_kg", sa.BigInteger(), nullable=True))

    with op.batch_alter_table("outside_sale", schema=None) as batch_op:
        batch_op.add_column(sa.Column("taken_packs", sa.JSON(), nullable=False, server_default="{}"))
        batch_op.add_column(sa.Column("taken_back_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("taken_back_by", sa.Integer(), nullable=True))
        batch_op.add_column(
            sa.Column("taken_back_why", sa.String(length=200), nullable=False, server_default="")
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_outside_sale_taken_back_by_account"), "account", ["taken_back_by"], ["id"]
        )

    _tonnage_kinds("sold", "returned", "complaint", "taken_back", "untaken")
    _goods_back()
    _endings()
    _settlement()


_SIGNS = "(kind IN ('harvest', 'cancelled', 'return') AND grams > 0)"
_SIGNS_BEFORE = f"{_SIGNS} OR (kind IN ('sale', 'write_off') AND grams < 0) OR kind = 'correction'"
_SIGNS_AFTER = (
    f"{_SIGNS} OR (kind = 'sale' AND grams < 0) OR (kind = 'write_off' AND grams <> 0) OR kind = 'correction'"
)


def _signs(rule: str) -> None:
    """Which sign the grams of a ledger line may have."""
    with op.batch_alter_table("stock_entry", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_stock_entry_sign"), type_="check")
        batch_op.create_check_constraint(batch_op.f("ck_stock_entry_sign"), rule)


def _goods_back() -> None:
    """What a buyer took of a line, and goods that came back with what was decided about them."""
    _signs(_SIGNS_AFTER)
    with op.batch_alter_table("order_line", schema=None) as batch_op:
        batch_op.add_column(sa.Column("delivered_packs", sa.Integer(), nullable=True))
        batch_op.create_check_constraint(
            batch_op.f("ck_order_line_delivered_within_packs"),
            "delivered_packs IS NULL OR delivered_packs BETWEEN returned_packs AND packs",
        )
    op.create_table(
        "goods_back",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_line_id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column(
            "because",
            sa.Enum(
                "returned",
                "refused",
                "untaken",
                name="because",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("first_pack", sa.Integer(), nullable=False),
        sa.Column("packs", sa.Integer(), nullable=False),
        sa.Column("grams", sa.BigInteger(), nullable=False),
        sa.Column("sellable", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("turns", sa.Integer(), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "packs > 0 AND first_pack >= 0 AND grams > 0", name=op.f("ck_goods_back_something")
        ),
        sa.ForeignKeyConstraint(
            ["order_line_id"], ["order_line.id"], name=op.f("fk_goods_back_order_line_id_order_line")
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_goods_back_product_id_product")
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["account.id"], name=op.f("fk_goods_back_recorded_by_account")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["account.id"], name=op.f("fk_goods_back_decided_by_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_goods_back")),
    )
    with op.batch_alter_table("goods_back", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_goods_back_order_line_id"), ["order_line_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_goods_back_decided_at"), ["decided_at"], unique=False)


def _endings() -> None:
    """Warnings of what ends."""
    op.create_table(
        "ending_warning",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column(
            "ends",
            sa.Enum(
                "certificate",
                "season",
                "shelf_life",
                name="ends",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("certificate_id", sa.Integer(), nullable=True),
        sa.Column("window_id", sa.Integer(), nullable=True),
        sa.Column("lot_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "(certificate_id IS NOT NULL AND window_id IS NULL AND lot_id IS NULL)"
            " OR (certificate_id IS NULL AND window_id IS NOT NULL AND lot_id IS NULL)"
            " OR (certificate_id IS NULL AND window_id IS NULL AND lot_id IS NOT NULL)",
            name=op.f("ck_ending_warning_of_one"),
        ),
        sa.ForeignKeyConstraint(
            ["certificate_id"], ["certificate.id"], name=op.f("fk_ending_warning_certificate_id_certificate")
        ),
        sa.ForeignKeyConstraint(
            ["window_id"], ["season_window.id"], name=op.f("fk_ending_warning_window_id_season_window")
        ),
        sa.ForeignKeyConstraint(
            ["lot_id"], ["harvest_lot.id"], name=op.f("fk_ending_warning_lot_id_harvest_lot")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ending_warning")),
        sa.UniqueConstraint("key", name=op.f("uq_ending_warning_key")),
    )
    with op.batch_alter_table("ending_warning", schema=None) as batch_op:
        for column in ("ends_on", "certificate_id", "window_id", "lot_id"):
            batch_op.create_index(batch_op.f(f"ix_ending_warning_{column}"), [column], unique=False)


def _no_endings() -> None:
    with op.batch_alter_table("ending_warning", schema=None) as batch_op:
        for column in ("lot_id", "window_id", "certificate_id", "ends_on"):
            batch_op.drop_index(batch_op.f(f"ix_ending_warning_{column}"))
    op.drop_table("ending_warning")


def _no_goods_back() -> None:
    with op.batch_alter_table("goods_back", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_goods_back_decided_at"))
        batch_op.drop_index(batch_op.f("ix_goods_back_order_line_id"))
    op.drop_table("goods_back")
    with op.batch_alter_table("order_line", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_order_line_delivered_within_packs"), type_="check")
        batch_op.drop_column("delivered_packs")
    op.execute("UPDATE stock_entry SET kind = 'correction' WHERE kind = 'write_off' AND grams > 0")
    _signs(_SIGNS_BEFORE)


def _tonnage_kinds(*kinds: str) -> None:
    """What a counted line may be."""
    allowed = ", ".join(f"'{kind}'" for kind in kinds)
    with op.batch_alter_table("tonnage_entry", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_tonnage_entry_tonnagekind"), type_="check")
        batch_op.create_check_constraint(batch_op.f("ck_tonnage_entry_tonnagekind"), f"kind IN ({allowed})")


_AMOUNTS = (
    "goods", "marketplace_voucher", "seller_voucher", "fee", "payment_fee", "shipping", "vat", "pit",
    "refund", "unsold", "adjustment",
)  # fmt: skip  # as people read them


def _amounts() -> list[sa.Column[int]]:
    return [sa.Column(f"{kind}_vnd", sa.BigInteger(), nullable=False) for kind in _AMOUNTS]


def _choice(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=24)


def _settlement() -> None:
    op.create_table(
        "statement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("payout_vnd", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("file_name", sa.String(length=120), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("imported_by", sa.Integer(), nullable=True),
        sa.CheckConstraint("last_day >= first_day", name=op.f("ck_statement_period")),
        sa.ForeignKeyConstraint(
            ["imported_by"], ["account.id"], name=op.f("fk_statement_imported_by_account")
        ),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_statement_shop_id_shop")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statement")),
        sa.UniqueConstraint("shop_id", "number", name=op.f("uq_statement_shop_id_number")),
    )
    with op.batch_alter_table("statement", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_statement_imported_at"), ["imported_at"], unique=False)

    states = ("explained", "repeated", "no_order", "not_delivered", "goods", "refund", "unsold", "odd")
    op.create_table(
        "statement_line",
        *_amounts(),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("statement_id", sa.Integer(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("order_no", sa.String(length=40), nullable=True),
        sa.Column("sku", sa.String(length=80), nullable=True),
        sa.Column("words", sa.String(length=200), nullable=False),
        sa.Column("told_vnd", sa.BigInteger(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=True),
        sa.Column("state", _choice("linestate", *states, "no_number", "changed", "payout"), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Integer(), nullable=True),
        sa.Column("closed_to", _choice("whose", "seller", "order", "household", "everybody"), nullable=True),
        sa.Column("closed_words", sa.String(length=200), nullable=False),
        sa.CheckConstraint(
            "(closed_at IS NULL) = (closed_to IS NULL)", name=op.f("ck_statement_line_closed_with_owner")
        ),
        sa.ForeignKeyConstraint(
            ["closed_by"], ["account.id"], name=op.f("fk_statement_line_closed_by_account")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["sales_order.id"], name=op.f("fk_statement_line_order_id_sales_order")
        ),
        sa.ForeignKeyConstraint(
            ["statement_id"], ["statement.id"], name=op.f("fk_statement_line_statement_id_statement")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statement_line")),
        sa.UniqueConstraint("statement_id", "row", name=op.f("uq_statement_line_statement_id_row")),
    )
    with op.batch_alter_table("statement_line", schema=None) as batch_op:
        batch_op.create_index("ix_statement_line_waiting", ["state", "closed_at"], unique=False)
        for column in ("key", "order_id", "order_no"):
            batch_op.create_index(batch_op.f(f"ix_statement_line_{column}"), [column], unique=False)

    op.create_table(
        "statement_share",
        *_amounts(),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("line_id", sa.Integer(), nullable=False),
        sa.Column("order_line_id", sa.Integer(), nullable=True),
        sa.Column("household_id", sa.Integer(), nullable=True),
        sa.Column("producer_id", sa.Integer(), nullable=False),
        sa.Column("grams", sa.BigInteger(), nullable=False),
        sa.Column("lotless", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["household_id"], ["household.id"], name=op.f("fk_statement_share_household_id_household")
        ),
        sa.ForeignKeyConstraint(
            ["line_id"], ["statement_line.id"], name=op.f("fk_statement_share_line_id_statement_line")
        ),
        sa.ForeignKeyConstraint(
            ["order_line_id"], ["order_line.id"], name=op.f("fk_statement_share_order_line_id_order_line")
        ),
        sa.ForeignKeyConstraint(
            ["producer_id"], ["producer.id"], name=op.f("fk_statement_share_producer_id_producer")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statement_share")),
    )
    with op.batch_alter_table("statement_share", schema=None) as batch_op:
        for column in ("household_id", "line_id", "order_line_id", "producer_id"):
            batch_op.create_index(batch_op.f(f"ix_statement_share_{column}"), [column], unique=False)


def _no_settlement() -> None:
    for table in ("statement_share", "statement_line", "statement"):
        op.drop_table(table)


def downgrade() -> None:
    _no_settlement()
    _no_endings()
    _no_goods_back()
    op.execute("UPDATE tonnage_entry SET kind = 'returned' WHERE kind IN ('taken_back', 'untaken')")
    _tonnage_kinds("sold", "returned", "complaint")

    with op.batch_alter_table("outside_sale", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_outside_sale_taken_back_by_account"), type_="foreignkey")
        batch_op.drop_column("taken_back_why")
        batch_op.drop_column("taken_back_by")
        batch_op.drop_column("taken_back_at")
        batch_op.drop_column("taken_packs")

    with op.batch_alter_table("shop", schema=None) as batch_op:
        batch_op.drop_column("served_at")

    with op.batch_alter_table("product", schema=None) as batch_op:
        batch_op.drop_column("min_vnd_per_kg")

    with op.batch_alter_table("harvest_lot", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_harvest_lot_mixing_id_lot_mixing"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_harvest_lot_mixing_id"))
        batch_op.drop_column("mixing_id")

    with op.batch_alter_table("exposure_entry", schema=None) as batch_op:
        batch_op.drop_index("ix_exposure_entry_listing")
        batch_op.drop_index(batch_op.f("ix_exposure_entry_at"))

    op.drop_table("exposure_entry")
    op.drop_table("pool_policy")
    with op.batch_alter_table("lot_mixing", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_lot_mixing_pool_id"))

    op.drop_table("lot_mixing")
