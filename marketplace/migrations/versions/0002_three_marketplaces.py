"""Three marketplaces

Revision: 0002
Follows: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "category_fetch",
        sa.Column("marketplace", sa.String(length=24), nullable=False),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("marketplace", name=op.f("pk_category_fetch")),
    )
    op.create_table(
        "category_schema",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("marketplace", sa.String(length=24), nullable=False),
        sa.Column("category", sa.String(length=60), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("attributes", sa.JSON(), nullable=False),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_category_schema")),
        sa.UniqueConstraint("marketplace", "category", name=op.f("uq_category_schema_marketplace_category")),
    )
    op.create_table(
        "marketplace_category",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("marketplace", sa.String(length=24), nullable=False),
        sa.Column("category", sa.String(length=60), nullable=False),
        sa.Column("parent", sa.String(length=60), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("path", sa.String(length=600), nullable=False),
        sa.Column("path_fold", sa.String(length=600), nullable=False),
        sa.Column("leaf", sa.Boolean(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("gone_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_marketplace_category")),
        sa.UniqueConstraint(
            "marketplace", "category", name=op.f("uq_marketplace_category_marketplace_category")
        ),
    )
    op.create_table(
        "schema_task",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("marketplace", sa.String(length=24), nullable=False),
        sa.Column("category", sa.String(length=60), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["settled_by"], ["account.id"], name=op.f("fk_schema_task_settled_by_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schema_task")),
    )
    with op.batch_alter_table("schema_task", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_schema_task_marketplace"), ["marketplace"], unique=False)

    op.create_table(
        "offer_attribute",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("offer_id", sa.Integer(), nullable=False),
        sa.Column("marketplace", sa.String(length=24), nullable=False),
        sa.Column("attribute", sa.String(length=60), nullable=False),
        sa.Column("value", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["offer_id"], ["offer.id"], name=op.f("fk_offer_attribute_offer_id_offer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offer_attribute")),
        sa.UniqueConstraint(
            "offer_id",
            "marketplace",
            "attribute",
            name=op.f("uq_offer_attribute_offer_id_marketplace_attribute"),
        ),
    )
    op.create_table(
        "drift",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("listing_id", sa.Integer(), nullable=True),
        sa.Column("sku", sa.String(length=80), nullable=False),
        sa.Column("remote_id", sa.String(length=60), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("wanted", sa.String(length=300), nullable=False),
        sa.Column("sent", sa.String(length=300), nullable=False),
        sa.Column("there", sa.String(length=300), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_how", sa.String(length=12), nullable=True),
        sa.Column("settled_by", sa.Integer(), nullable=True),
        sa.Column("heals", sa.Integer(), nullable=False),
        sa.Column("take_off_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["listing_id"], ["listing.id"], name=op.f("fk_drift_listing_id_listing")),
        sa.ForeignKeyConstraint(["settled_by"], ["account.id"], name=op.f("fk_drift_settled_by_account")),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_drift_shop_id_shop")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drift")),
    )
    with op.batch_alter_table("drift", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_drift_listing_id"), ["listing_id"], unique=False)
        batch_op.create_index("ix_drift_open", ["shop_id", "settled_at", "kind"], unique=False)

    with op.batch_alter_table("exchange", schema=None) as batch_op:
        batch_op.add_column(sa.Column("operation", sa.String(length=24), nullable=False, server_default=""))
        batch_op.add_column(
            sa.Column("operation_key", sa.String(length=32), nullable=False, server_default="")
        )
        batch_op.add_column(sa.Column("arguments", sa.JSON(), nullable=False, server_default="{}"))
        batch_op.add_column(sa.Column("cause", sa.String(length=60), nullable=True))
        batch_op.create_index(batch_op.f("ix_exchange_cause"), ["cause"], unique=False)
        batch_op.create_index(batch_op.f("ix_exchange_operation_key"), ["operation_key"], unique=False)

    with op.batch_alter_table("listing", schema=None) as batch_op:
        batch_op.add_column(sa.Column("sent_title", sa.String(length=300), nullable=True))
        batch_op.add_column(sa.Column("sent_price_vnd", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("sent_packs", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("ticket", sa.String(length=300), nullable=True))
        batch_op.add_column(sa.Column("cause_field", sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column("confirmed_title", sa.String(length=300), nullable=True))
        batch_op.add_column(sa.Column("off_seen_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True))

    with op.batch_alter_table("offer", schema=None) as batch_op:
        batch_op.add_column(sa.Column("promo_price_vnd", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("promo_from", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("promo_to", sa.Date(), nullable=True))
        batch_op.create_check_constraint(
            batch_op.f("ck_offer_promo_lower"),
            "promo_price_vnd IS NULL OR (promo_price_vnd > 0 AND promo_price_vnd < price_vnd"
            " AND promo_from <= promo_to)",
        )

    with op.batch_alter_table("parked_order", schema=None) as batch_op:
        batch_op.add_column(sa.Column("settled_by", sa.Integer(), nullable=True))
        batch_op.add_column(
            sa.Column("settled_note", sa.String(length=200), nullable=False, server_default="")
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_parked_order_settled_by_account"), "account", ["settled_by"], ["id"]
        )
        batch_op.add_column(sa.Column("tries", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("try_at", sa.DateTime(timezone=True), nullable=True))

    op.create_table(
        "order_hint",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("order_no", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_order_hint_shop_id_shop")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_hint")),
        sa.UniqueConstraint("shop_id", "order_no", name=op.f("uq_order_hint_shop_id_order_no")),
    )

    with op.batch_alter_table("sales_order", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("self_shipping", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        batch_op.add_column(sa.Column("confirm_by", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("wish_error", sa.String(length=300), nullable=True))
        batch_op.add_column(sa.Column("wish_facts", sa.JSON(), nullable=False, server_default="{}"))
        batch_op.add_column(sa.Column("wish_blame", sa.String(length=16), nullable=True))

    with op.batch_alter_table("shop", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("auto_confirm", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        batch_op.add_column(sa.Column("token_since", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("drift_policy", sa.JSON(), nullable=False, server_default="{}"))


def downgrade() -> None:
    with op.batch_alter_table("shop", schema=None) as batch_op:
        batch_op.drop_column("drift_policy")
        batch_op.drop_column("token_since")
        batch_op.drop_column("auto_confirm")

    with op.batch_alter_table("sales_order", schema=None) as batch_op:
        batch_op.drop_column("wish_blame")
        batch_op.drop_column("wish_facts")
        batch_op.drop_column("wish_error")
        batch_op.drop_column("confirm_by")
        batch_op.drop_column("self_shipping")

    op.drop_table("order_hint")
    with op.batch_alter_table("parked_order", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_parked_order_settled_by_account"), type_="foreignkey")
        batch_op.drop_column("try_at")
        batch_op.drop_column("tries")
        batch_op.drop_column("settled_note")
        batch_op.drop_column("settled_by")

    with op.batch_alter_table("offer", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_offer_promo_lower"), type_="check")
        batch_op.drop_column("promo_to")
        batch_op.drop_column("promo_from")
        batch_op.drop_column("promo_price_vnd")

    with op.batch_alter_table("listing", schema=None) as batch_op:
        batch_op.drop_column("withdrawn_at")
        batch_op.drop_column("off_seen_at")
        batch_op.drop_column("confirmed_title")
        batch_op.drop_column("cause_field")
        batch_op.drop_column("ticket")
        batch_op.drop_column("sent_packs")
        batch_op.drop_column("sent_price_vnd")
        batch_op.drop_column("sent_title")

    with op.batch_alter_table("exchange", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_exchange_operation_key"))
        batch_op.drop_index(batch_op.f("ix_exchange_cause"))
        batch_op.drop_column("cause")
        batch_op.drop_column("arguments")
        batch_op.drop_column("operation_key")
        batch_op.drop_column("operation")

    with op.batch_alter_table("drift", schema=None) as batch_op:
        batch_op.drop_index("ix_drift_open")
        batch_op.drop_index(batch_op.f("ix_drift_listing_id"))

    op.drop_table("drift")
    op.drop_table("offer_attribute")
    with op.batch_alter_table("schema_task", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_schema_task_marketplace"))

    op.drop_table("schema_task")
    op.drop_table("marketplace_category")
    op.drop_table("category_schema")
    op.drop_table("category_fetch")
