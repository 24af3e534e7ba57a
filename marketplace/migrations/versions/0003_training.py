"""Training

Revision: 0003
Follows: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "course",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("topic", sa.String(length=150), nullable=False),
        sa.Column("topic_fold", sa.String(length=150), nullable=False),
        sa.Column("syllabus", sa.String(length=4000), nullable=False),
        sa.Column("half_days", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["created_by"], ["account.id"], name=op.f("fk_course_created_by_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_course")),
        sa.UniqueConstraint("code", name=op.f("uq_course_code")),
    )
    with op.batch_alter_table("course", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_course_topic_fold"), ["topic_fold"], unique=False)

    op.create_table(
        "offline_receipt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("device", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("result", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_offline_receipt_account_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offline_receipt")),
        sa.UniqueConstraint("key", name=op.f("uq_offline_receipt_key")),
    )
    with op.batch_alter_table("offline_receipt", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_offline_receipt_account_id"), ["account_id"], unique=False)

    op.create_table(
        "poverty_status",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("household_id", sa.Integer(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "poor",
                "near_poor",
                "none",
                name="poverty",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("source", sa.String(length=150), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["household_id"], ["household.id"], name=op.f("fk_poverty_status_household_id_household")
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["account.id"], name=op.f("fk_poverty_status_recorded_by_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_poverty_status")),
        sa.UniqueConstraint("household_id", "year", name=op.f("uq_poverty_status_household_id_year")),
    )
    op.create_table(
        "material",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("course_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=150), nullable=False),
        sa.Column("words", sa.String(length=20000), nullable=False),
        sa.Column("file_sha256", sa.String(length=64), nullable=True),
        sa.Column("file_name", sa.String(length=150), nullable=False),
        sa.Column("file_type", sa.String(length=100), nullable=False),
        sa.Column("file_bytes", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.CheckConstraint("words <> '' OR file_sha256 IS NOT NULL", name=op.f("ck_material_says_something")),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name=op.f("fk_material_course_id_course")),
        sa.ForeignKeyConstraint(["created_by"], ["account.id"], name=op.f("fk_material_created_by_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_material")),
    )
    with op.batch_alter_table("material", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_material_course_id"), ["course_id"], unique=False)

    op.create_table(
        "question",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("course_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("words", sa.String(length=300), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("right_option", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.CheckConstraint("right_option >= 0", name=op.f("ck_question_right_option")),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name=op.f("fk_question_course_id_course")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_question")),
    )
    with op.batch_alter_table("question", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_question_course_id"), ["course_id"], unique=False)

    op.create_table(
        "training_session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("course_id", sa.Integer(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("commune_id", sa.Integer(), nullable=False),
        sa.Column("venue", sa.String(length=150), nullable=False),
        sa.Column("organiser", sa.String(length=150), nullable=False),
        sa.Column("host", sa.String(length=24), nullable=False),
        sa.Column("trainers", sa.String(length=300), nullable=False),
        sa.Column("language", sa.String(length=3), nullable=False),
        sa.Column("interpreter", sa.String(length=150), nullable=False),
        sa.Column("funding_source", sa.String(length=150), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("overbooked", sa.Integer(), nullable=False),
        sa.Column("needed_half_days", sa.Integer(), nullable=False),
        sa.Column("minutes_per_half_day", sa.Integer(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "planned",
                "held",
                "cancelled",
                name="trainingstatus",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("cancelled_reason", sa.String(length=300), nullable=False),
        sa.Column("attendance_closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attendance_closed_by", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("client_key", sa.String(length=80), nullable=True),
        sa.CheckConstraint(
            "attendance_closed_at IS NULL OR status = 'held'",
            name=op.f("ck_training_session_closed_was_held"),
        ),
        sa.CheckConstraint("capacity > 0", name=op.f("ck_training_session_capacity_positive")),
        sa.CheckConstraint("minutes_per_half_day > 0", name=op.f("ck_training_session_minutes_positive")),
        sa.CheckConstraint("needed_half_days > 0", name=op.f("ck_training_session_needed_positive")),
        sa.CheckConstraint("overbooked >= 0", name=op.f("ck_training_session_overbooked_not_negative")),
        sa.ForeignKeyConstraint(
            ["attendance_closed_by"],
            ["account.id"],
            name=op.f("fk_training_session_attendance_closed_by_account"),
        ),
        sa.ForeignKeyConstraint(
            ["commune_id"], ["admin_unit.id"], name=op.f("fk_training_session_commune_id_admin_unit")
        ),
        sa.ForeignKeyConstraint(
            ["course_id"], ["course.id"], name=op.f("fk_training_session_course_id_course")
        ),
        sa.ForeignKeyConstraint(
            ["created_by"], ["account.id"], name=op.f("fk_training_session_created_by_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training_session")),
        sa.UniqueConstraint("client_key", name=op.f("uq_training_session_client_key")),
        sa.UniqueConstraint("code", name=op.f("uq_training_session_code")),
    )
    with op.batch_alter_table("training_session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_training_session_commune_id"), ["commune_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_training_session_course_id"), ["course_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_training_session_created_by"), ["created_by"], unique=False)
        batch_op.create_index(batch_op.f("ix_training_session_starts_on"), ["starts_on"], unique=False)
        batch_op.create_index(batch_op.f("ix_training_session_status"), ["status"], unique=False)

    op.create_table(
        "enrolment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("training_id", sa.Integer(), nullable=False),
        sa.Column("household_id", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "invited",
                "waiting",
                "offered",
                "registered",
                "left",
                "declined",
                "expired",
                name="enrolmentstatus",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column(
            "source",
            sa.Enum(
                "office",
                "household",
                "phone",
                "walk_in",
                "import",
                name="enrolmentsource",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("hold_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("called_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("client_key", sa.String(length=80), nullable=True),
        sa.CheckConstraint("(status = 'offered') = (hold_until IS NOT NULL)", name=op.f("ck_enrolment_hold")),
        sa.ForeignKeyConstraint(["created_by"], ["account.id"], name=op.f("fk_enrolment_created_by_account")),
        sa.ForeignKeyConstraint(
            ["household_id"], ["household.id"], name=op.f("fk_enrolment_household_id_household")
        ),
        sa.ForeignKeyConstraint(
            ["training_id"], ["training_session.id"], name=op.f("fk_enrolment_training_id_training_session")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrolment")),
        sa.UniqueConstraint("client_key", name=op.f("uq_enrolment_client_key")),
        sa.UniqueConstraint("training_id", "place", name=op.f("uq_enrolment_training_id_place")),
    )
    with op.batch_alter_table("enrolment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_enrolment_household_id"), ["household_id"], unique=False)
        batch_op.create_index(
            "ix_enrolment_one_open",
            ["training_id", "household_id"],
            unique=True,
            sqlite_where=sa.text("status IN ('invited', 'waiting', 'offered', 'registered')"),
            postgresql_where=sa.text("status IN ('invited', 'waiting', 'offered', 'registered')"),
        )
        batch_op.create_index(batch_op.f("ix_enrolment_training_id"), ["training_id"], unique=False)

    op.create_table(
        "quiz_result",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("training_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column(
            "moment",
            sa.Enum(
                "before", "after", name="quizmoment", native_enum=False, create_constraint=True, length=24
            ),
            nullable=False,
        ),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("correct", sa.Integer(), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entered_by", sa.Integer(), nullable=True),
        sa.CheckConstraint("correct BETWEEN 0 AND asked", name=op.f("ck_quiz_result_correct")),
        sa.ForeignKeyConstraint(
            ["entered_by"], ["account.id"], name=op.f("fk_quiz_result_entered_by_account")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_quiz_result_person_id_person")),
        sa.ForeignKeyConstraint(
            ["training_id"], ["training_session.id"], name=op.f("fk_quiz_result_training_id_training_session")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quiz_result")),
        sa.UniqueConstraint(
            "training_id", "person_id", "moment", name=op.f("uq_quiz_result_training_id_person_id_moment")
        ),
    )
    with op.batch_alter_table("quiz_result", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_quiz_result_person_id"), ["person_id"], unique=False)

    op.create_table(
        "trainer_note",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("training_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("words", sa.String(length=2000), nullable=False),
        sa.ForeignKeyConstraint(["by"], ["account.id"], name=op.f("fk_trainer_note_by_account")),
        sa.ForeignKeyConstraint(
            ["training_id"],
            ["training_session.id"],
            name=op.f("fk_trainer_note_training_id_training_session"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trainer_note")),
    )
    with op.batch_alter_table("trainer_note", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_trainer_note_training_id"), ["training_id"], unique=False)

    op.create_table(
        "training_certificate",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=24), nullable=False),
        sa.Column("training_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issued_by", sa.Integer(), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_by", sa.Integer(), nullable=True),
        sa.Column("revoked_reason", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(
            ["issued_by"], ["account.id"], name=op.f("fk_training_certificate_issued_by_account")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_training_certificate_person_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["revoked_by"], ["account.id"], name=op.f("fk_training_certificate_revoked_by_account")
        ),
        sa.ForeignKeyConstraint(
            ["training_id"],
            ["training_session.id"],
            name=op.f("fk_training_certificate_training_id_training_session"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training_certificate")),
        sa.UniqueConstraint("number", name=op.f("uq_training_certificate_number")),
        sa.UniqueConstraint(
            "training_id", "person_id", name=op.f("uq_training_certificate_training_id_person_id")
        ),
    )
    with op.batch_alter_table("training_certificate", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_training_certificate_person_id"), ["person_id"], unique=False)

    op.create_table(
        "training_half_day",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("training_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column(
            "part",
            sa.Enum(
                "morning",
                "afternoon",
                "evening",
                name="daypart",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["training_id"],
            ["training_session.id"],
            name=op.f("fk_training_half_day_training_id_training_session"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training_half_day")),
        sa.UniqueConstraint(
            "training_id", "day", "part", name=op.f("uq_training_half_day_training_id_day_part")
        ),
        sa.UniqueConstraint("training_id", "number", name=op.f("uq_training_half_day_training_id_number")),
    )
    with op.batch_alter_table("training_half_day", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_training_half_day_day"), ["day"], unique=False)

    op.create_table(
        "training_photo",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("training_id", sa.Integer(), nullable=False),
        sa.Column("photo_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "class",
                "sheet",
                name="trainingphotokind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["by"], ["account.id"], name=op.f("fk_training_photo_by_account")),
        sa.ForeignKeyConstraint(["photo_id"], ["photo.id"], name=op.f("fk_training_photo_photo_id_photo")),
        sa.ForeignKeyConstraint(
            ["training_id"],
            ["training_session.id"],
            name=op.f("fk_training_photo_training_id_training_session"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training_photo")),
        sa.UniqueConstraint("training_id", "photo_id", name=op.f("uq_training_photo_training_id_photo_id")),
    )
    op.create_table(
        "walk_in",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("training_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("linked_person_id", sa.Integer(), nullable=True),
        sa.Column("linked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("linked_by", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("client_key", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["created_by"], ["account.id"], name=op.f("fk_walk_in_created_by_account")),
        sa.ForeignKeyConstraint(["linked_by"], ["account.id"], name=op.f("fk_walk_in_linked_by_account")),
        sa.ForeignKeyConstraint(
            ["linked_person_id"], ["person.id"], name=op.f("fk_walk_in_linked_person_id_person")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_walk_in_person_id_person")),
        sa.ForeignKeyConstraint(
            ["training_id"], ["training_session.id"], name=op.f("fk_walk_in_training_id_training_session")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_walk_in")),
        sa.UniqueConstraint("client_key", name=op.f("uq_walk_in_client_key")),
        sa.UniqueConstraint("person_id", name=op.f("uq_walk_in_person_id")),
    )
    with op.batch_alter_table("walk_in", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_walk_in_linked_person_id"), ["linked_person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_walk_in_training_id"), ["training_id"], unique=False)

    op.create_table(
        "attendance",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("training_id", sa.Integer(), nullable=False),
        sa.Column("half_day_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("present", sa.Boolean(), nullable=False),
        sa.Column("disputed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["half_day_id"],
            ["training_half_day.id"],
            name=op.f("fk_attendance_half_day_id_training_half_day"),
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_attendance_person_id_person")),
        sa.ForeignKeyConstraint(
            ["training_id"], ["training_session.id"], name=op.f("fk_attendance_training_id_training_session")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attendance")),
        sa.UniqueConstraint("half_day_id", "person_id", name=op.f("uq_attendance_half_day_id_person_id")),
    )
    with op.batch_alter_table("attendance", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_attendance_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_attendance_training_id"), ["training_id"], unique=False)

    op.create_table(
        "attendance_mark",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("training_id", sa.Integer(), nullable=False),
        sa.Column("half_day_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("present", sa.Boolean(), nullable=False),
        sa.Column(
            "door",
            sa.Enum(
                "tap",
                "card",
                "paper",
                "decision",
                name="door",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("device", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("marked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("held_back", sa.Boolean(), nullable=False),
        sa.Column("dismissed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["account.id"], name=op.f("fk_attendance_mark_actor_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["half_day_id"],
            ["training_half_day.id"],
            name=op.f("fk_attendance_mark_half_day_id_training_half_day"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_attendance_mark_person_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["training_id"],
            ["training_session.id"],
            name=op.f("fk_attendance_mark_training_id_training_session"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attendance_mark")),
        sa.UniqueConstraint("key", name=op.f("uq_attendance_mark_key")),
    )
    with op.batch_alter_table("attendance_mark", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_attendance_mark_half_day_id"), ["half_day_id"], unique=False)
        batch_op.create_index(
            "ix_attendance_mark_of", ["training_id", "person_id", "half_day_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_attendance_mark_person_id"), ["person_id"], unique=False)

    op.create_table(
        "certificate_copy",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("certificate_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(length=22), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("birth_year", sa.Integer(), nullable=True),
        sa.Column("course", sa.String(length=150), nullable=False),
        sa.Column("organiser", sa.String(length=150), nullable=False),
        sa.Column("place", sa.String(length=400), nullable=False),
        sa.Column("held_from", sa.Date(), nullable=False),
        sa.Column("held_to", sa.Date(), nullable=False),
        sa.Column("half_days", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(
            ["certificate_id"],
            ["training_certificate.id"],
            name=op.f("fk_certificate_copy_certificate_id_training_certificate"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate_copy")),
        sa.UniqueConstraint(
            "certificate_id", "version", name=op.f("uq_certificate_copy_certificate_id_version")
        ),
        sa.UniqueConstraint("token", name=op.f("uq_certificate_copy_token")),
    )
    op.create_table(
        "certificate_year",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.CheckConstraint("last >= 0", name=op.f("ck_certificate_year_last")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate_year")),
        sa.UniqueConstraint("year", name=op.f("uq_certificate_year_year")),
    )
    op.create_table(
        "queue_note",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("training_id", sa.Integer(), nullable=False),
        sa.Column("enrolment_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column(
            "event",
            sa.Enum(
                "invited",
                "joined",
                "seated",
                "offered",
                "accepted",
                "called",
                "declined",
                "expired",
                "left",
                "shrunk",
                "grew",
                "skipped",
                name="queueevent",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("sentence", sa.String(length=300), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["account.id"], name=op.f("fk_queue_note_actor_id_account")),
        sa.ForeignKeyConstraint(
            ["enrolment_id"], ["enrolment.id"], name=op.f("fk_queue_note_enrolment_id_enrolment")
        ),
        sa.ForeignKeyConstraint(
            ["training_id"], ["training_session.id"], name=op.f("fk_queue_note_training_id_training_session")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_queue_note")),
    )
    with op.batch_alter_table("queue_note", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_queue_note_enrolment_id"), ["enrolment_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_queue_note_training_id"), ["training_id"], unique=False)

    op.create_table(
        "seat",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("enrolment_id", sa.Integer(), nullable=False),
        sa.Column("training_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("given_back_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["enrolment_id"], ["enrolment.id"], name=op.f("fk_seat_enrolment_id_enrolment")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_seat_person_id_person")),
        sa.ForeignKeyConstraint(
            ["training_id"], ["training_session.id"], name=op.f("fk_seat_training_id_training_session")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seat")),
    )
    with op.batch_alter_table("seat", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_seat_enrolment_id"), ["enrolment_id"], unique=False)
        batch_op.create_index(
            "ix_seat_once",
            ["training_id", "person_id"],
            unique=True,
            sqlite_where=sa.text("given_back_at IS NULL"),
            postgresql_where=sa.text("given_back_at IS NULL"),
        )
        batch_op.create_index(batch_op.f("ix_seat_person_id"), ["person_id"], unique=False)

    with op.batch_alter_table("household", schema=None) as batch_op:
        batch_op.add_column(sa.Column("draft", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("photo", schema=None) as batch_op:
        batch_op.add_column(sa.Column("private", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("import_batch", schema=None) as batch_op:
        batch_op.add_column(sa.Column("made", sa.JSON(), nullable=False, server_default="{}"))


def downgrade() -> None:
    with op.batch_alter_table("import_batch", schema=None) as batch_op:
        batch_op.drop_column("made")
    with op.batch_alter_table("photo", schema=None) as batch_op:
        batch_op.drop_column("private")
    with op.batch_alter_table("household", schema=None) as batch_op:
        batch_op.drop_column("draft")

    with op.batch_alter_table("seat", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_seat_person_id"))
        batch_op.drop_index(
            "ix_seat_once",
            sqlite_where=sa.text("given_back_at IS NULL"),
            postgresql_where=sa.text("given_back_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_seat_enrolment_id"))

    op.drop_table("seat")
    with op.batch_alter_table("queue_note", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_queue_note_training_id"))
        batch_op.drop_index(batch_op.f("ix_queue_note_enrolment_id"))

    op.drop_table("queue_note")
    op.drop_table("certificate_year")
    op.drop_table("certificate_copy")
    with op.batch_alter_table("attendance_mark", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_attendance_mark_person_id"))
        batch_op.drop_index("ix_attendance_mark_of")
        batch_op.drop_index(batch_op.f("ix_attendance_mark_half_day_id"))

    op.drop_table("attendance_mark")
    with op.batch_alter_table("attendance", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_attendance_training_id"))
        batch_op.drop_index(batch_op.f("ix_attendance_person_id"))

    op.drop_table("attendance")
    with op.batch_alter_table("walk_in", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_walk_in_training_id"))
        batch_op.drop_index(batch_op.f("ix_walk_in_linked_person_id"))

    op.drop_table("walk_in")
    op.drop_table("training_photo")
    with op.batch_alter_table("training_half_day", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_training_half_day_day"))

    op.drop_table("training_half_day")
    with op.batch_alter_table("training_certificate", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_training_certificate_person_id"))

    op.drop_table("training_certificate")
    with op.batch_alter_table("trainer_note", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_trainer_note_training_id"))

    op.drop_table("trainer_note")
    with op.batch_alter_table("quiz_result", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_quiz_result_person_id"))

    op.drop_table("quiz_result")
    with op.batch_alter_table("enrolment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_enrolment_training_id"))
        batch_op.drop_index(
            "ix_enrolment_one_open",
            sqlite_where=sa.text("status IN ('invited', 'waiting', 'offered', 'registered')"),
            postgresql_where=sa.text("status IN ('invited', 'waiting', 'offered', 'registered')"),
        )
        batch_op.drop_index(batch_op.f("ix_enrolment_household_id"))

    op.drop_table("enrolment")
    with op.batch_alter_table("training_session", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_training_session_status"))
        batch_op.drop_index(batch_op.f("ix_training_session_starts_on"))
        batch_op.drop_index(batch_op.f("ix_training_session_created_by"))
        batch_op.drop_index(batch_op.f("ix_training_session_course_id"))
        batch_op.drop_index(batch_op.f("ix_training_session_commune_id"))

    op.drop_table("training_session")
    with op.batch_alter_table("question", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_question_course_id"))

    op.drop_table("question")
    with op.batch_alter_table("material", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_material_course_id"))

    op.drop_table("material")
    op.drop_table("poverty_status")
    with op.batch_alter_table("offline_receipt", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_offline_receipt_account_id"))

    op.drop_table("offline_receipt")
    with op.batch_alter_table("course", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_course_topic_fold"))

    op.drop_table("course")
