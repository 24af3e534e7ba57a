"""First tables

Revision: 0001
Follows:
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "admin_unit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "level",
            sa.Enum(
                "province",
                "district",
                "commune",
                name="level",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("code", sa.String(length=8), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("name_fold", sa.String(length=100), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["admin_unit.id"], name=op.f("fk_admin_unit_parent_id_admin_unit")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_admin_unit")),
        sa.UniqueConstraint("level", "code", "valid_from", name=op.f("uq_admin_unit_level_code_valid_from")),
    )
    with op.batch_alter_table("admin_unit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_admin_unit_name_fold"), ["name_fold"], unique=False)
        batch_op.create_index(batch_op.f("ix_admin_unit_parent_id"), ["parent_id"], unique=False)

    op.create_table(
        "import_batch",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("file_sha256", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("rows_new", sa.Integer(), nullable=False),
        sa.Column("rows_updated", sa.Integer(), nullable=False),
        sa.Column("rows_same", sa.Integer(), nullable=False),
        sa.Column("rows_refused", sa.Integer(), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_batch")),
    )
    with op.batch_alter_table("import_batch", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_import_batch_file_sha256"), ["file_sha256"], unique=False)

    op.create_table(
        "product",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=150), nullable=False),
        sa.Column("name_fold", sa.String(length=150), nullable=False),
        sa.Column("group", sa.String(length=40), nullable=False),
        sa.Column("variety", sa.String(length=40), nullable=True),
        sa.Column("gi_name", sa.String(length=100), nullable=True),
        sa.Column(
            "sale_unit",
            sa.Enum(
                "kg",
                "litre",
                "piece",
                "night",
                name="saleunit",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("counts_for_tonnage", sa.Boolean(), nullable=False),
        sa.Column(
            "restricted",
            sa.Enum(
                "alcohol",
                "medicinal",
                name="restriction",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=True,
        ),
        sa.Column("shelf_life_days", sa.Integer(), nullable=True),
        sa.Column("returns_sellable", sa.Boolean(), nullable=False),
        sa.Column("storage", sa.String(length=300), nullable=False),
        sa.Column("picture", sa.String(length=40), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product")),
        sa.UniqueConstraint("code", name=op.f("uq_product_code")),
    )
    with op.batch_alter_table("product", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_product_name_fold"), ["name_fold"], unique=False)

    op.create_table(
        "season",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=9), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.CheckConstraint("ends_on > starts_on", name=op.f("ck_season_period")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_season")),
        sa.UniqueConstraint("key", name=op.f("uq_season_key")),
    )
    op.create_table(
        "admin_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("old_id", sa.Integer(), nullable=False),
        sa.Column("new_id", sa.Integer(), nullable=False),
        sa.Column("effective", sa.Date(), nullable=False),
        sa.Column("split", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["new_id"], ["admin_unit.id"], name=op.f("fk_admin_change_new_id_admin_unit")
        ),
        sa.ForeignKeyConstraint(
            ["old_id"], ["admin_unit.id"], name=op.f("fk_admin_change_old_id_admin_unit")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_admin_change")),
        sa.UniqueConstraint("old_id", "new_id", name=op.f("uq_admin_change_old_id_new_id")),
    )
    with op.batch_alter_table("admin_change", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_admin_change_new_id"), ["new_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_admin_change_old_id"), ["old_id"], unique=False)

    op.create_table(
        "category_choice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("marketplace", sa.String(length=24), nullable=False),
        sa.Column("category", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_category_choice_product_id_product")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_category_choice")),
        sa.UniqueConstraint(
            "product_id", "marketplace", name=op.f("uq_category_choice_product_id_marketplace")
        ),
    )
    op.create_table(
        "household",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("commune_id", sa.Integer(), nullable=False),
        sa.Column("current_commune_id", sa.Integer(), nullable=True),
        sa.Column("village", sa.String(length=100), nullable=False),
        sa.Column("village_fold", sa.String(length=100), nullable=False),
        sa.Column("orange_area_m2", sa.Integer(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("registered_by", sa.Integer(), nullable=True),
        sa.Column("client_key", sa.String(length=80), nullable=True),
        sa.Column("import_batch_id", sa.Integer(), nullable=True),
        sa.Column("note", sa.String(length=1000), nullable=False),
        sa.ForeignKeyConstraint(
            ["commune_id"], ["admin_unit.id"], name=op.f("fk_household_commune_id_admin_unit")
        ),
        sa.ForeignKeyConstraint(
            ["current_commune_id"], ["admin_unit.id"], name=op.f("fk_household_current_commune_id_admin_unit")
        ),
        sa.ForeignKeyConstraint(
            ["import_batch_id"], ["import_batch.id"], name=op.f("fk_household_import_batch_id_import_batch")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_household")),
        sa.UniqueConstraint("client_key", name=op.f("uq_household_client_key")),
        sa.UniqueConstraint("code", name=op.f("uq_household_code")),
    )
    with op.batch_alter_table("household", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_household_commune_id"), ["commune_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_household_current_commune_id"), ["current_commune_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_household_import_batch_id"), ["import_batch_id"], unique=False)

    op.create_table(
        "import_refusal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("cells_sealed", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["import_batch.id"], name=op.f("fk_import_refusal_batch_id_import_batch")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_refusal")),
    )
    with op.batch_alter_table("import_refusal", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_import_refusal_batch_id"), ["batch_id"], unique=False)

    op.create_table(
        "pack",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("unit", sa.String(length=20), nullable=False),
        sa.Column("net_grams", sa.Integer(), nullable=True),
        sa.Column("gross_grams", sa.Integer(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "gross_grams IS NULL OR gross_grams >= net_grams", name=op.f("ck_pack_gross_at_least_net")
        ),
        sa.CheckConstraint("net_grams IS NULL OR net_grams > 0", name=op.f("ck_pack_net_positive")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_pack_product_id_product")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pack")),
        sa.UniqueConstraint("product_id", "name", name=op.f("uq_pack_product_id_name")),
    )
    with op.batch_alter_table("pack", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_pack_product_id"), ["product_id"], unique=False)

    op.create_table(
        "season_window",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("season_id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.CheckConstraint("last_day >= first_day", name=op.f("ck_season_window_period")),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_season_window_product_id_product")
        ),
        sa.ForeignKeyConstraint(["season_id"], ["season.id"], name=op.f("fk_season_window_season_id_season")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_season_window")),
        sa.UniqueConstraint("season_id", "product_id", name=op.f("uq_season_window_season_id_product_id")),
    )
    op.create_table(
        "target",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("season_id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=True),
        sa.Column("grams", sa.BigInteger(), nullable=False),
        sa.Column("evidence", sa.String(length=4), nullable=False),
        sa.Column("said_by", sa.String(length=150), nullable=False),
        sa.Column("said_on", sa.Date(), nullable=False),
        sa.CheckConstraint("grams > 0", name=op.f("ck_target_grams_positive")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_target_product_id_product")),
        sa.ForeignKeyConstraint(["season_id"], ["season.id"], name=op.f("fk_target_season_id_season")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_target")),
    )
    with op.batch_alter_table("target", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_target_season_id"), ["season_id"], unique=False)

    op.create_table(
        "account",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "farmer",
                "extension",
                "coordinator",
                "admin",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("name_fold", sa.String(length=100), nullable=False),
        sa.Column("user_name", sa.String(length=40), nullable=True),
        sa.Column("phone", sa.String(length=16), nullable=True),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("household_id", sa.Integer(), nullable=True),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(role = 'farmer') = (household_id IS NOT NULL)", name=op.f("ck_account_farmer_has_household")
        ),
        sa.CheckConstraint("phone IS NOT NULL OR user_name IS NOT NULL", name=op.f("ck_account_has_a_name")),
        sa.ForeignKeyConstraint(
            ["household_id"], ["household.id"], name=op.f("fk_account_household_id_household")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("phone", name=op.f("uq_account_phone")),
        sa.UniqueConstraint("user_name", name=op.f("uq_account_user_name")),
    )
    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_account_household_id"), ["household_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_account_name_fold"), ["name_fold"], unique=False)

    op.create_table(
        "pack_part",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("pack_id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("net_grams", sa.Integer(), nullable=False),
        sa.CheckConstraint("net_grams > 0", name=op.f("ck_pack_part_net_positive")),
        sa.ForeignKeyConstraint(["pack_id"], ["pack.id"], name=op.f("fk_pack_part_pack_id_pack")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_pack_part_product_id_product")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pack_part")),
        sa.UniqueConstraint("pack_id", "product_id", name=op.f("uq_pack_part_pack_id_product_id")),
    )
    with op.batch_alter_table("pack_part", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_pack_part_pack_id"), ["pack_id"], unique=False)

    op.create_table(
        "person",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("household_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("name_fold", sa.String(length=100), nullable=False),
        sa.Column("name_loose", sa.String(length=100), nullable=False),
        sa.Column("name_sort", sa.String(length=400), nullable=False),
        sa.Column(
            "sex",
            sa.Enum("male", "female", name="sex", native_enum=False, create_constraint=True, length=24),
            nullable=True,
        ),
        sa.Column("birth_year", sa.Integer(), nullable=True),
        sa.Column("ethnicity", sa.String(length=2), nullable=True),
        sa.Column("phone", sa.String(length=16), nullable=True),
        sa.Column(
            "phone_owner",
            sa.Enum(
                "self",
                "relative",
                "village_head",
                "none",
                name="phoneowner",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=True,
        ),
        sa.Column("national_id_sealed", sa.String(length=300), nullable=True),
        sa.Column("national_id_lookup", sa.String(length=64), nullable=True),
        sa.Column("national_id_tail", sa.String(length=4), nullable=True),
        sa.Column("is_head", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["household_id"], ["household.id"], name=op.f("fk_person_household_id_household")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
    )
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.create_index("ix_person_head_sort", ["is_head", "name_sort"], unique=False)
        batch_op.create_index(batch_op.f("ix_person_household_id"), ["household_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_person_name_fold"), ["name_fold"], unique=False)
        batch_op.create_index(batch_op.f("ix_person_name_loose"), ["name_loose"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_person_national_id_lookup"), ["national_id_lookup"], unique=False
        )
        batch_op.create_index(
            "ix_person_one_head",
            ["household_id"],
            unique=True,
            sqlite_where=sa.text("is_head"),
            postgresql_where=sa.text("is_head"),
        )
        batch_op.create_index(batch_op.f("ix_person_phone"), ["phone"], unique=False)

    op.create_table(
        "producer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "household",
                "cooperative",
                "company",
                name="producerkind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("household_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=150), nullable=False),
        sa.Column("name_fold", sa.String(length=150), nullable=False),
        sa.Column("commune_id", sa.Integer(), nullable=True),
        sa.Column("phone", sa.String(length=16), nullable=True),
        sa.Column("tax_id", sa.String(length=14), nullable=True),
        sa.Column("address", sa.String(length=200), nullable=False),
        sa.CheckConstraint(
            "(kind = 'household') = (household_id IS NOT NULL)", name=op.f("ck_producer_household_kind")
        ),
        sa.ForeignKeyConstraint(
            ["commune_id"], ["admin_unit.id"], name=op.f("fk_producer_commune_id_admin_unit")
        ),
        sa.ForeignKeyConstraint(
            ["household_id"], ["household.id"], name=op.f("fk_producer_household_id_household")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_producer")),
        sa.UniqueConstraint("household_id", name=op.f("uq_producer_household_id")),
    )
    with op.batch_alter_table("producer", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_producer_name_fold"), ["name_fold"], unique=False)

    op.create_table(
        "account_commune",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_account_commune_account_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["admin_unit.id"], name=op.f("fk_account_commune_unit_id_admin_unit")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_commune")),
        sa.UniqueConstraint("account_id", "unit_id", name=op.f("uq_account_commune_account_id_unit_id")),
    )
    with op.batch_alter_table("account_commune", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_account_commune_account_id"), ["account_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_account_commune_unit_id"), ["unit_id"], unique=False)

    op.create_table(
        "audit_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("subject_kind", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=True),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["account.id"], name=op.f("fk_audit_entry_actor_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
    )
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_entry_action"), ["action"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_entry_actor_id"), ["actor_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_entry_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_entry_subject_id"), ["subject_id"], unique=False)

    op.create_table(
        "certificate",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "ocop",
                "vietgap",
                "organic",
                "gi_right",
                "food_safety_certificate",
                "food_safety_commitment",
                "own_declaration",
                "trademark",
                "growing_area_code",
                name="certificatekind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("producer_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("issuer", sa.String(length=150), nullable=False),
        sa.Column("issuer_level", sa.String(length=16), nullable=True),
        sa.Column("decision_date", sa.Date(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("stars", sa.Integer(), nullable=True),
        sa.Column("score_hundredths", sa.Integer(), nullable=True),
        sa.Column("area_m2", sa.Integer(), nullable=True),
        sa.Column("gi_name", sa.String(length=100), nullable=True),
        sa.Column("registry_code", sa.String(length=60), nullable=True),
        sa.Column("revoked_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "score_hundredths IS NULL OR score_hundredths BETWEEN 0 AND 10000",
            name=op.f("ck_certificate_score"),
        ),
        sa.CheckConstraint("stars IS NULL OR stars BETWEEN 1 AND 5", name=op.f("ck_certificate_stars")),
        sa.CheckConstraint("valid_to >= valid_from", name=op.f("ck_certificate_period")),
        sa.ForeignKeyConstraint(
            ["producer_id"], ["producer.id"], name=op.f("fk_certificate_producer_id_producer")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate")),
        sa.UniqueConstraint("kind", "number", name=op.f("uq_certificate_kind_number")),
    )
    with op.batch_alter_table("certificate", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_certificate_producer_id"), ["producer_id"], unique=False)

    op.create_table(
        "consent",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(length=40), nullable=False),
        sa.Column("text_version", sa.String(length=20), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column(
            "channel",
            sa.Enum(
                "signature",
                "thumb_print",
                "spoken",
                "online",
                name="consentchannel",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("witness", sa.String(length=100), nullable=False),
        sa.Column("given_on", sa.Date(), nullable=False),
        sa.Column("taken_by", sa.Integer(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_consent_person_id_person")),
        sa.ForeignKeyConstraint(["taken_by"], ["account.id"], name=op.f("fk_consent_taken_by_account")),
        sa.ForeignKeyConstraint(
            ["withdrawn_by"], ["account.id"], name=op.f("fk_consent_withdrawn_by_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
    )
    with op.batch_alter_table("consent", schema=None) as batch_op:
        batch_op.create_index(
            "ix_consent_one_active",
            ["person_id", "purpose"],
            unique=True,
            sqlite_where=sa.text("withdrawn_at IS NULL"),
            postgresql_where=sa.text("withdrawn_at IS NULL"),
        )
        batch_op.create_index(batch_op.f("ix_consent_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_consent_purpose"), ["purpose"], unique=False)

    op.create_table(
        "login",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("device", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_login_account_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_login_token_hash")),
    )
    with op.batch_alter_table("login", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_login_account_id"), ["account_id"], unique=False)

    op.create_table(
        "lot_pool",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("producer_id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["producer_id"], ["producer.id"], name=op.f("fk_lot_pool_producer_id_producer")
        ),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_lot_pool_product_id_product")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lot_pool")),
        sa.UniqueConstraint("producer_id", "product_id", name=op.f("uq_lot_pool_producer_id_product_id")),
    )
    with op.batch_alter_table("lot_pool", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_lot_pool_product_id"), ["product_id"], unique=False)

    op.create_table(
        "membership",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("household_id", sa.Integer(), nullable=False),
        sa.Column("producer_id", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name=op.f("ck_membership_period")),
        sa.ForeignKeyConstraint(
            ["household_id"], ["household.id"], name=op.f("fk_membership_household_id_household")
        ),
        sa.ForeignKeyConstraint(
            ["producer_id"], ["producer.id"], name=op.f("fk_membership_producer_id_producer")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_membership")),
    )
    with op.batch_alter_table("membership", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_membership_household_id"), ["household_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_membership_producer_id"), ["producer_id"], unique=False)

    op.create_table(
        "offer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("producer_id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("pack_id", sa.Integer(), nullable=False),
        sa.Column("season_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=150), nullable=False),
        sa.Column("title_fold", sa.String(length=150), nullable=False),
        sa.Column("description", sa.String(length=5000), nullable=False),
        sa.Column("price_vnd", sa.BigInteger(), nullable=False),
        sa.Column("grade", sa.String(length=20), nullable=False),
        sa.Column("show_name", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("client_key", sa.String(length=80), nullable=True),
        sa.CheckConstraint("price_vnd > 0", name=op.f("ck_offer_price_positive")),
        sa.ForeignKeyConstraint(["created_by"], ["account.id"], name=op.f("fk_offer_created_by_account")),
        sa.ForeignKeyConstraint(["pack_id"], ["pack.id"], name=op.f("fk_offer_pack_id_pack")),
        sa.ForeignKeyConstraint(["producer_id"], ["producer.id"], name=op.f("fk_offer_producer_id_producer")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_offer_product_id_product")),
        sa.ForeignKeyConstraint(["season_id"], ["season.id"], name=op.f("fk_offer_season_id_season")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offer")),
        sa.UniqueConstraint("client_key", name=op.f("uq_offer_client_key")),
    )
    with op.batch_alter_table("offer", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_offer_producer_id"), ["producer_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_offer_product_id"), ["product_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_offer_season_id"), ["season_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_offer_title_fold"), ["title_fold"], unique=False)

    op.create_table(
        "pack_price",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("pack_id", sa.Integer(), nullable=False),
        sa.Column("producer_id", sa.Integer(), nullable=True),
        sa.Column("channel", sa.String(length=24), nullable=True),
        sa.Column("price_vnd", sa.BigInteger(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.CheckConstraint("price_vnd >= 0", name=op.f("ck_pack_price_price_not_negative")),
        sa.ForeignKeyConstraint(["pack_id"], ["pack.id"], name=op.f("fk_pack_price_pack_id_pack")),
        sa.ForeignKeyConstraint(
            ["producer_id"], ["producer.id"], name=op.f("fk_pack_price_producer_id_producer")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pack_price")),
    )
    with op.batch_alter_table("pack_price", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_pack_price_pack_id"), ["pack_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_pack_price_producer_id"), ["producer_id"], unique=False)

    op.create_table(
        "photo",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("uploaded_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["uploaded_by"], ["account.id"], name=op.f("fk_photo_uploaded_by_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_photo")),
        sa.UniqueConstraint("sha256", name=op.f("uq_photo_sha256")),
    )
    op.create_table(
        "shop",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("marketplace", sa.String(length=24), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("producer_id", sa.Integer(), nullable=False),
        sa.Column("open_to_households", sa.Boolean(), nullable=False),
        sa.Column("base_url", sa.String(length=200), nullable=False),
        sa.Column("credentials_sealed", sa.String(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("sandbox", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("push_token", sa.String(length=43), nullable=False),
        sa.Column("last_ok_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("token_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("trouble_code", sa.String(length=60), nullable=True),
        sa.Column("trouble_sentence", sa.String(length=300), nullable=True),
        sa.Column("trouble_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resume_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pulled_to", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_pull_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pull_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancel_reasons", sa.JSON(), nullable=False),
        sa.Column("last_sweep_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reviewed_on", sa.Date(), nullable=True),
        sa.Column("sweep_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_number", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["producer_id"], ["producer.id"], name=op.f("fk_shop_producer_id_producer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shop")),
        sa.UniqueConstraint("marketplace", "name", name=op.f("uq_shop_marketplace_name")),
        sa.UniqueConstraint("push_token", name=op.f("uq_shop_push_token")),
    )
    with op.batch_alter_table("shop", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_shop_marketplace"), ["marketplace"], unique=False)
        batch_op.create_index(batch_op.f("ix_shop_producer_id"), ["producer_id"], unique=False)

    op.create_table(
        "certificate_product",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("certificate_id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["certificate_id"],
            ["certificate.id"],
            name=op.f("fk_certificate_product_certificate_id_certificate"),
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_certificate_product_product_id_product")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate_product")),
        sa.UniqueConstraint(
            "certificate_id", "product_id", name=op.f("uq_certificate_product_certificate_id_product_id")
        ),
    )
    with op.batch_alter_table("certificate_product", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_certificate_product_certificate_id"), ["certificate_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_certificate_product_product_id"), ["product_id"], unique=False)

    op.create_table(
        "exchange",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("method", sa.String(length=8), nullable=False),
        sa.Column("path", sa.String(length=300), nullable=False),
        sa.Column("request", sa.String(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("response", sa.String(), nullable=False),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(length=60), nullable=True),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_exchange_shop_id_shop")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange")),
    )
    with op.batch_alter_table("exchange", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_exchange_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_exchange_shop_id"), ["shop_id"], unique=False)

    op.create_table(
        "harvest_lot",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("pool_id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("household_id", sa.Integer(), nullable=False),
        sa.Column("commune_id", sa.Integer(), nullable=False),
        sa.Column("season_id", sa.Integer(), nullable=False),
        sa.Column("harvested_on", sa.Date(), nullable=False),
        sa.Column("grams", sa.BigInteger(), nullable=False),
        sa.Column("grade", sa.String(length=20), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Integer(), nullable=True),
        sa.Column("client_key", sa.String(length=80), nullable=True),
        sa.CheckConstraint("grams > 0", name=op.f("ck_harvest_lot_grams_positive")),
        sa.ForeignKeyConstraint(
            ["commune_id"], ["admin_unit.id"], name=op.f("fk_harvest_lot_commune_id_admin_unit")
        ),
        sa.ForeignKeyConstraint(
            ["household_id"], ["household.id"], name=op.f("fk_harvest_lot_household_id_household")
        ),
        sa.ForeignKeyConstraint(["pool_id"], ["lot_pool.id"], name=op.f("fk_harvest_lot_pool_id_lot_pool")),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_harvest_lot_product_id_product")
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["account.id"], name=op.f("fk_harvest_lot_recorded_by_account")
        ),
        sa.ForeignKeyConstraint(["season_id"], ["season.id"], name=op.f("fk_harvest_lot_season_id_season")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_harvest_lot")),
        sa.UniqueConstraint("client_key", name=op.f("uq_harvest_lot_client_key")),
        sa.UniqueConstraint("code", name=op.f("uq_harvest_lot_code")),
    )
    with op.batch_alter_table("harvest_lot", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_harvest_lot_commune_id"), ["commune_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_harvest_lot_household_id"), ["household_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_harvest_lot_pool_id"), ["pool_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_harvest_lot_product_id"), ["product_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_harvest_lot_season_id"), ["season_id"], unique=False)

    op.create_table(
        "listing",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("offer_id", sa.Integer(), nullable=False),
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("sku", sa.String(length=40), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "wanted",
            sa.Enum(
                "on_sale", "withdrawn", name="wanted", native_enum=False, create_constraint=True, length=24
            ),
            nullable=False,
        ),
        sa.Column("wanted_packs", sa.Integer(), nullable=False),
        sa.Column("restock", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("published_revision", sa.Integer(), nullable=False),
        sa.Column("sent_revision", sa.Integer(), nullable=False),
        sa.Column("remote_id", sa.String(length=60), nullable=True),
        sa.Column("remote_state", sa.String(length=16), nullable=True),
        sa.Column("remote_reason", sa.String(length=500), nullable=True),
        sa.Column("remote_url", sa.String(length=300), nullable=True),
        sa.Column("confirmed_price_vnd", sa.BigInteger(), nullable=True),
        sa.Column("confirmed_packs", sa.Integer(), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("exposure_packs", sa.Integer(), nullable=False),
        sa.Column("unclear", sa.Boolean(), nullable=False),
        sa.Column("tighten", sa.Boolean(), nullable=False),
        sa.Column("doubt_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column(
            "blame",
            sa.Enum(
                "seller",
                "coordinator",
                "developer",
                name="blame",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=True,
        ),
        sa.Column("cause", sa.String(length=60), nullable=True),
        sa.Column("cause_sentence", sa.String(length=500), nullable=True),
        sa.Column("cause_facts", sa.JSON(), nullable=False),
        sa.CheckConstraint("exposure_packs >= 0", name=op.f("ck_listing_exposure_not_negative")),
        sa.CheckConstraint("wanted_packs >= 0", name=op.f("ck_listing_wanted_packs_not_negative")),
        sa.ForeignKeyConstraint(["offer_id"], ["offer.id"], name=op.f("fk_listing_offer_id_offer")),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_listing_shop_id_shop")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_listing")),
        sa.UniqueConstraint("offer_id", "shop_id", name=op.f("uq_listing_offer_id_shop_id")),
        sa.UniqueConstraint("sku", name=op.f("uq_listing_sku")),
    )
    with op.batch_alter_table("listing", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_listing_blame"), ["blame"], unique=False)
        batch_op.create_index(batch_op.f("ix_listing_cause"), ["cause"], unique=False)
        batch_op.create_index("ix_listing_due", ["shop_id", "not_before"], unique=False)
        batch_op.create_index("ix_listing_remote", ["shop_id", "remote_id"], unique=False)

    op.create_table(
        "offer_photo",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("offer_id", sa.Integer(), nullable=False),
        sa.Column("photo_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["offer_id"], ["offer.id"], name=op.f("fk_offer_photo_offer_id_offer")),
        sa.ForeignKeyConstraint(["photo_id"], ["photo.id"], name=op.f("fk_offer_photo_photo_id_photo")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offer_photo")),
        sa.UniqueConstraint("offer_id", "photo_id", name=op.f("uq_offer_photo_offer_id_photo_id")),
    )
    with op.batch_alter_table("offer_photo", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_offer_photo_offer_id"), ["offer_id"], unique=False)

    op.create_table(
        "outside_sale",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "channel",
            sa.Enum(
                "marketplace_retail",
                "marketplace_bulk",
                "post_office_offline",
                "social",
                "trader",
                "direct",
                "fair",
                name="channel",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column(
            "evidence",
            sa.Enum(
                "A", "B", "C", "D", name="evidence", native_enum=False, create_constraint=True, length=24
            ),
            nullable=False,
        ),
        sa.Column("marketplace", sa.String(length=24), nullable=True),
        sa.Column("producer_id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("grams", sa.BigInteger(), nullable=False),
        sa.Column("value_vnd", sa.BigInteger(), nullable=True),
        sa.Column("sold_on", sa.Date(), nullable=False),
        sa.Column("paper", sa.String(length=120), nullable=False),
        sa.Column("photo_id", sa.Integer(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Integer(), nullable=True),
        sa.Column("client_key", sa.String(length=80), nullable=True),
        sa.CheckConstraint("channel <> 'marketplace_retail'", name=op.f("ck_outside_sale_not_retail")),
        sa.CheckConstraint("grams > 0", name=op.f("ck_outside_sale_grams_positive")),
        sa.ForeignKeyConstraint(["photo_id"], ["photo.id"], name=op.f("fk_outside_sale_photo_id_photo")),
        sa.ForeignKeyConstraint(
            ["producer_id"], ["producer.id"], name=op.f("fk_outside_sale_producer_id_producer")
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_outside_sale_product_id_product")
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["account.id"], name=op.f("fk_outside_sale_recorded_by_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outside_sale")),
        sa.UniqueConstraint("client_key", name=op.f("uq_outside_sale_client_key")),
    )
    with op.batch_alter_table("outside_sale", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_outside_sale_producer_id"), ["producer_id"], unique=False)

    op.create_table(
        "parked_order",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("order_no", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("raw", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_parked_order_shop_id_shop")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parked_order")),
        sa.UniqueConstraint(
            "shop_id", "order_no", "code", name=op.f("uq_parked_order_shop_id_order_no_code")
        ),
    )
    with op.batch_alter_table("parked_order", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_parked_order_shop_id"), ["shop_id"], unique=False)

    op.create_table(
        "sales_order",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("marketplace", sa.String(length=24), nullable=False),
        sa.Column("order_no", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("raw_state", sa.String(length=40), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("returned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancel_reason", sa.String(length=200), nullable=True),
        sa.Column("shipping_vnd", sa.BigInteger(), nullable=False),
        sa.Column("voucher_vnd", sa.BigInteger(), nullable=False),
        sa.Column("internal", sa.Boolean(), nullable=False),
        sa.Column("sandbox", sa.Boolean(), nullable=False),
        sa.Column("wish", sa.String(length=16), nullable=True),
        sa.Column("wish_reason", sa.String(length=40), nullable=True),
        sa.Column("wish_not_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("wish_attempts", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_sales_order_shop_id_shop")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sales_order")),
        sa.UniqueConstraint("marketplace", "order_no", name=op.f("uq_sales_order_marketplace_order_no")),
    )
    with op.batch_alter_table("sales_order", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sales_order_placed_at"), ["placed_at"], unique=False)
        batch_op.create_index("ix_sales_order_shop_placed", ["shop_id", "placed_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_sales_order_state"), ["state"], unique=False)
        batch_op.create_index(batch_op.f("ix_sales_order_wish_not_before"), ["wish_not_before"], unique=False)

    op.create_table(
        "order_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("line_no", sa.String(length=40), nullable=False),
        sa.Column("sku", sa.String(length=80), nullable=False),
        sa.Column("listing_id", sa.Integer(), nullable=True),
        sa.Column("packs", sa.Integer(), nullable=False),
        sa.Column("price_vnd", sa.BigInteger(), nullable=False),
        sa.Column("returned_packs", sa.Integer(), nullable=False),
        sa.CheckConstraint("packs > 0", name=op.f("ck_order_line_packs_positive")),
        sa.CheckConstraint(
            "returned_packs BETWEEN 0 AND packs", name=op.f("ck_order_line_returned_within_packs")
        ),
        sa.ForeignKeyConstraint(
            ["listing_id"], ["listing.id"], name=op.f("fk_order_line_listing_id_listing")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["sales_order.id"], name=op.f("fk_order_line_order_id_sales_order")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_line")),
        sa.UniqueConstraint("order_id", "line_no", name=op.f("uq_order_line_order_id_line_no")),
    )
    with op.batch_alter_table("order_line", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_order_line_listing_id"), ["listing_id"], unique=False)

    op.create_table(
        "stock_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("lot_id", sa.Integer(), nullable=False),
        sa.Column("pool_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "harvest",
                "sale",
                "cancelled",
                "return",
                "write_off",
                "correction",
                name="stockkind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("grams", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.CheckConstraint(
            "(kind IN ('harvest', 'cancelled', 'return') AND grams > 0) OR (kind IN ('sale', 'write_off') AND grams < 0) OR kind = 'correction'",
            name=op.f("ck_stock_entry_sign"),
        ),
        sa.ForeignKeyConstraint(["actor_id"], ["account.id"], name=op.f("fk_stock_entry_actor_id_account")),
        sa.ForeignKeyConstraint(
            ["lot_id"], ["harvest_lot.id"], name=op.f("fk_stock_entry_lot_id_harvest_lot")
        ),
        sa.ForeignKeyConstraint(["pool_id"], ["lot_pool.id"], name=op.f("fk_stock_entry_pool_id_lot_pool")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_entry")),
        sa.UniqueConstraint("key", name=op.f("uq_stock_entry_key")),
    )
    with op.batch_alter_table("stock_entry", schema=None) as batch_op:
        batch_op.create_index("ix_stock_entry_lot_grams", ["lot_id", "grams"], unique=False)
        batch_op.create_index("ix_stock_entry_pool_grams", ["pool_id", "grams"], unique=False)

    op.create_table(
        "allocation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_line_id", sa.Integer(), nullable=False),
        sa.Column("lot_id", sa.Integer(), nullable=True),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("grams", sa.BigInteger(), nullable=False),
        sa.Column("released", sa.Boolean(), nullable=False),
        sa.CheckConstraint("grams > 0", name=op.f("ck_allocation_grams_positive")),
        sa.ForeignKeyConstraint(
            ["lot_id"], ["harvest_lot.id"], name=op.f("fk_allocation_lot_id_harvest_lot")
        ),
        sa.ForeignKeyConstraint(
            ["order_line_id"], ["order_line.id"], name=op.f("fk_allocation_order_line_id_order_line")
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_allocation_product_id_product")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_allocation")),
    )
    with op.batch_alter_table("allocation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_allocation_lot_id"), ["lot_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_allocation_order_line_id"), ["order_line_id"], unique=False)

    op.create_table(
        "tonnage_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "sold",
                "returned",
                "complaint",
                name="tonnagekind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column(
            "channel",
            sa.Enum(
                "marketplace_retail",
                "marketplace_bulk",
                "post_office_offline",
                "social",
                "trader",
                "direct",
                "fair",
                name="channel",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column(
            "evidence",
            sa.Enum(
                "A", "B", "C", "D", name="evidence", native_enum=False, create_constraint=True, length=24
            ),
            nullable=False,
        ),
        sa.Column("marketplace", sa.String(length=24), nullable=True),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("household_id", sa.Integer(), nullable=True),
        sa.Column("commune_id", sa.Integer(), nullable=True),
        sa.Column("grams", sa.BigInteger(), nullable=False),
        sa.Column("value_vnd", sa.BigInteger(), nullable=False),
        sa.Column("complaint_grams", sa.BigInteger(), nullable=False),
        sa.Column("order_line_id", sa.Integer(), nullable=True),
        sa.Column("outside_sale_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["commune_id"], ["admin_unit.id"], name=op.f("fk_tonnage_entry_commune_id_admin_unit")
        ),
        sa.ForeignKeyConstraint(
            ["household_id"], ["household.id"], name=op.f("fk_tonnage_entry_household_id_household")
        ),
        sa.ForeignKeyConstraint(
            ["order_line_id"], ["order_line.id"], name=op.f("fk_tonnage_entry_order_line_id_order_line")
        ),
        sa.ForeignKeyConstraint(
            ["outside_sale_id"],
            ["outside_sale.id"],
            name=op.f("fk_tonnage_entry_outside_sale_id_outside_sale"),
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_tonnage_entry_product_id_product")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tonnage_entry")),
        sa.UniqueConstraint("key", name=op.f("uq_tonnage_entry_key")),
    )
    with op.batch_alter_table("tonnage_entry", schema=None) as batch_op:
        batch_op.create_index(
            "ix_tonnage_entry_cover",
            [
                "product_id",
                "channel",
                "commune_id",
                "evidence",
                "marketplace",
                "household_id",
                "day",
                "grams",
                "value_vnd",
                "complaint_grams",
            ],
            unique=False,
        )
        batch_op.create_index(
            "ix_tonnage_entry_day", ["day", "product_id", "channel", "evidence", "grams"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_tonnage_entry_household_id"), ["household_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_tonnage_entry_order_line_id"), ["order_line_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_tonnage_entry_outside_sale_id"), ["outside_sale_id"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("tonnage_entry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_tonnage_entry_outside_sale_id"))
        batch_op.drop_index(batch_op.f("ix_tonnage_entry_order_line_id"))
        batch_op.drop_index(batch_op.f("ix_tonnage_entry_household_id"))
        batch_op.drop_index("ix_tonnage_entry_day")
        batch_op.drop_index("ix_tonnage_entry_cover")

    op.drop_table("tonnage_entry")
    with op.batch_alter_table("allocation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_allocation_order_line_id"))
        batch_op.drop_index(batch_op.f("ix_allocation_lot_id"))

    op.drop_table("allocation")
    with op.batch_alter_table("stock_entry", schema=None) as batch_op:
        batch_op.drop_index("ix_stock_entry_pool_grams")
        batch_op.drop_index("ix_stock_entry_lot_grams")

    op.drop_table("stock_entry")
    with op.batch_alter_table("order_line", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_order_line_listing_id"))

    op.drop_table("order_line")
    with op.batch_alter_table("sales_order", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sales_order_wish_not_before"))
        batch_op.drop_index(batch_op.f("ix_sales_order_state"))
        batch_op.drop_index("ix_sales_order_shop_placed")
        batch_op.drop_index(batch_op.f("ix_sales_order_placed_at"))

    op.drop_table("sales_order")
    with op.batch_alter_table("parked_order", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_parked_order_shop_id"))

    op.drop_table("parked_order")
    with op.batch_alter_table("outside_sale", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_outside_sale_producer_id"))

    op.drop_table("outside_sale")
    with op.batch_alter_table("offer_photo", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_offer_photo_offer_id"))

    op.drop_table("offer_photo")
    with op.batch_alter_table("listing", schema=None) as batch_op:
        batch_op.drop_index("ix_listing_remote")
        batch_op.drop_index("ix_listing_due")
        batch_op.drop_index(batch_op.f("ix_listing_cause"))
        batch_op.drop_index(batch_op.f("ix_listing_blame"))

    op.drop_table("listing")
    with op.batch_alter_table("harvest_lot", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_harvest_lot_season_id"))
        batch_op.drop_index(batch_op.f("ix_harvest_lot_product_id"))
        batch_op.drop_index(batch_op.f("ix_harvest_lot_pool_id"))
        batch_op.drop_index(batch_op.f("ix_harvest_lot_household_id"))
        batch_op.drop_index(batch_op.f("ix_harvest_lot_commune_id"))

    op.drop_table("harvest_lot")
    with op.batch_alter_table("exchange", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_exchange_shop_id"))
        batch_op.drop_index(batch_op.f("ix_exchange_at"))

    op.drop_table("exchange")
    with op.batch_alter_table("certificate_product", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_certificate_product_product_id"))
        batch_op.drop_index(batch_op.f("ix_certificate_product_certificate_id"))

    op.drop_table("certificate_product")
    with op.batch_alter_table("shop", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_shop_producer_id"))
        batch_op.drop_index(batch_op.f("ix_shop_marketplace"))

    op.drop_table("shop")
    op.drop_table("photo")
    with op.batch_alter_table("pack_price", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_pack_price_producer_id"))
        batch_op.drop_index(batch_op.f("ix_pack_price_pack_id"))

    op.drop_table("pack_price")
    with op.batch_alter_table("offer", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_offer_title_fold"))
        batch_op.drop_index(batch_op.f("ix_offer_season_id"))
        batch_op.drop_index(batch_op.f("ix_offer_product_id"))
        batch_op.drop_index(batch_op.f("ix_offer_producer_id"))

    op.drop_table("offer")
    with op.batch_alter_table("membership", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_membership_producer_id"))
        batch_op.drop_index(batch_op.f("ix_membership_household_id"))

    op.drop_table("membership")
    with op.batch_alter_table("lot_pool", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_lot_pool_product_id"))

    op.drop_table("lot_pool")
    with op.batch_alter_table("login", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_login_account_id"))

    op.drop_table("login")
    with op.batch_alter_table("consent", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_consent_purpose"))
        batch_op.drop_index(batch_op.f("ix_consent_person_id"))
        batch_op.drop_index(
            "ix_consent_one_active",
            sqlite_where=sa.text("withdrawn_at IS NULL"),
            postgresql_where=sa.text("withdrawn_at IS NULL"),
        )

    op.drop_table("consent")
    with op.batch_alter_table("certificate", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_certificate_producer_id"))

    op.drop_table("certificate")
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_entry_subject_id"))
        batch_op.drop_index(batch_op.f("ix_audit_entry_at"))
        batch_op.drop_index(batch_op.f("ix_audit_entry_actor_id"))
        batch_op.drop_index(batch_op.f("ix_audit_entry_action"))

    op.drop_table("audit_entry")
    with op.batch_alter_table("account_commune", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_account_commune_unit_id"))
        batch_op.drop_index(batch_op.f("ix_account_commune_account_id"))

    op.drop_table("account_commune")
    with op.batch_alter_table("producer", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_producer_name_fold"))

    op.drop_table("producer")
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_person_phone"))
        batch_op.drop_index(
            "ix_person_one_head", sqlite_where=sa.text("is_head"), postgresql_where=sa.text("is_head")
        )
        batch_op.drop_index(batch_op.f("ix_person_national_id_lookup"))
        batch_op.drop_index(batch_op.f("ix_person_name_loose"))
        batch_op.drop_index(batch_op.f("ix_person_name_fold"))
        batch_op.drop_index(batch_op.f("ix_person_household_id"))
        batch_op.drop_index("ix_person_head_sort")

    op.drop_table("person")
    with op.batch_alter_table("pack_part", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_pack_part_pack_id"))

    op.drop_table("pack_part")
    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_account_name_fold"))
        batch_op.drop_index(batch_op.f("ix_account_household_id"))

    op.drop_table("account")
    with op.batch_alter_table("target", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_target_season_id"))

    op.drop_table("target")
    op.drop_table("season_window")
    with op.batch_alter_table("pack", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_pack_product_id"))

    op.drop_table("pack")
    with op.batch_alter_table("import_refusal", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_import_refusal_batch_id"))

    op.drop_table("import_refusal")
    with op.batch_alter_table("household", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_household_import_batch_id"))
        batch_op.drop_index(batch_op.f("ix_household_current_commune_id"))
        batch_op.drop_index(batch_op.f("ix_household_commune_id"))

    op.drop_table("household")
    op.drop_table("category_choice")
    with op.batch_alter_table("admin_change", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_admin_change_old_id"))
        batch_op.drop_index(batch_op.f("ix_admin_change_new_id"))

    op.drop_table("admin_change")
    op.drop_table("season")
    with op.batch_alter_table("product", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_product_name_fold"))

    op.drop_table("product")
    with op.batch_alter_table("import_batch", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_import_batch_file_sha256"))

    op.drop_table("import_batch")
    with op.batch_alter_table("admin_unit", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_admin_unit_parent_id"))
        batch_op.drop_index(batch_op.f("ix_admin_unit_name_fold"))

    op.drop_table("admin_unit")
