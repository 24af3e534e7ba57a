"""`lensan doctor`: is everything as it must be? Looks, never mends."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass

import click
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import ColumnElement, String, Subquery, cast, func, literal, text
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session, col, select

from catalog.models import Pack, Photo, StockEntry, StockKind
from marketplace.cli.common import alembic_config, emit, engine_of, json_option, lensan, ready, transaction
from marketplace.core.config import Settings, config_path
from marketplace.selling.models import Allocation, Listing, Offer, OrderLine, TonnageEntry
from training.attendance import unsettled
from training.models import (
    HOLDING,
    Enrolment,
    EnrolmentSource,
    Seat,
    TrainingCertificate,
    TrainingSession,
    TrainingStatus,
)

SHOWN = 5  #: row numbers named in a sentence


@dataclass(frozen=True)
class Check:
    """One thing looked at; `rows` are the ids of what is wrong, a few of them."""

    name: str
    ok: bool
    sentence: str
    rows: tuple[int, ...] = ()


@lensan.command()
@json_option
@click.pass_context
def doctor(context: click.Context, *, as_json: bool) -> None:
    """Khám thiết lập, cơ sở dữ liệu, sổ kho, phân bổ, sản lượng, tập huấn, ảnh. Có lỗi thì thoát với mã 1."""
    checks = list(examine(ready()))
    words = "\n".join(f"{'✓' if check.ok else '✗'} {check.sentence}" for check in checks)
    ok = all(check.ok for check in checks)
    emit({"ok": ok, "checks": [asdict(check) for check in checks]}, as_json=as_json, words=words)
    context.exit(0 if ok else 1)


def examine(settings: Settings) -> Iterator[Check]:
    """Every check, in an order where the first failure explains the later ones."""
    yield _settings_safe(settings)
    version = database_at_head(settings)
    yield version
    if not version.ok:
        return
    with transaction(settings, writing=False) as db:
        yield _foreign_keys(db)
        for look in LOOKS:
            yield look(db)
        yield _photos(db, settings)


def revision_of(settings: Settings) -> str | None:
    """The revision the database is at; None when it is empty."""
    engine = engine_of(settings)
    try:
        with engine.connect() as connection:
            revision: str | None = MigrationContext.configure(connection).get_current_revision()
            return revision
    finally:
        engine.dispose()


def _settings_safe(settings: Settings) -> Check:
    path = config_path()
    if path.exists() and path.stat().st_mode & 0o077:
        return Check("settings", ok=False, sentence=f"Người khác đọc được {path}: hãy chạy chmod 600 {path}.")
    if settings.debug:
        return Check("settings", ok=False, sentence="debug đang bật: hãy tắt khi dùng thật.")
    if not settings.data_dir.is_dir():
        return Check(
            "settings", ok=False, sentence=f"Chưa có thư mục {settings.data_dir}: hãy chạy lensan init."
        )
    return Check("settings", ok=True, sentence="Thiết lập đầy đủ và kín đáo.")


def database_at_head(settings: Settings) -> Check:
    """Has every migration run?"""
    head = ScriptDirectory.from_config(alembic_config(settings.database)).get_current_head()
    try:
        current = revision_of(settings)
    except SQLAlchemyError:
        return Check(
            "database",
            ok=False,
            sentence="Không mở được cơ sở dữ liệu: hãy xem lại database_url và data_dir.",
        )
    if current != head:
        return Check(
            "database",
            ok=False,
            sentence=f"Cơ sở dữ liệu ở bản {current}, cần {head}: hãy chạy lensan db upgrade.",
        )
    return Check("database", ok=True, sentence=f"Cơ sở dữ liệu ở bản mới nhất ({head}).")


def _foreign_keys(db: Session) -> Check:
    """PostgreSQL never lets one break; SQLite can be opened by a program that does not ask it to check."""
    broken: list[int] = []
    if db.get_bind().dialect.name == "sqlite":
        broken = [row[1] or 0 for row in db.execute(text("PRAGMA foreign_key_check"))]
    return _judged(
        "foreign_keys", broken, "Mọi dòng đều trỏ tới dòng có thật.", "Có dòng trỏ tới dòng không còn nữa"
    )


def _ledger(db: Session) -> Check:
    query = select(StockEntry.lot_id).group_by(col(StockEntry.lot_id)).having(func.sum(StockEntry.grams) < 0)
    return _judged(
        "ledger", db.execute(query).scalars(), "Không lô nào còn dưới 0.", "Có lô bán quá số đã thu hoạch"
    )


def _allocated() -> Subquery:
    grams = func.sum(Allocation.grams).label("grams")
    return select(col(Allocation.order_line_id), grams).group_by(col(Allocation.order_line_id)).subquery()


def _allocations(db: Session) -> Check:
    """Every line of a listing of ours is shared out to the gram: packs × net weight."""
    allocated = _allocated()
    query = (
        select(OrderLine.id)
        .join(Listing, col(Listing.id) == col(OrderLine.listing_id))
        .join(Offer, col(Offer.id) == col(Listing.offer_id))
        .join(Pack, col(Pack.id) == col(Offer.pack_id))
        .outerjoin(allocated, allocated.c.order_line_id == OrderLine.id)
        .where(func.coalesce(allocated.c.grams, 0) != OrderLine.packs * func.coalesce(Pack.net_grams, 0))
    )
    return _judged(
        "allocations",
        db.execute(query).scalars(),
        "Mọi dòng đơn đều phân đủ về lô.",
        "Có dòng đơn phân về lô không đúng số cân",
    )


def _sales(db: Session) -> Check:
    """Every allocation from a lot has its line in the ledger."""
    key: ColumnElement[str] = literal("sale:") + cast(Allocation.id, String)
    query = (
        select(Allocation.id)
        .outerjoin(
            StockEntry,
            (col(StockEntry.key) == key)
            & (col(StockEntry.kind) == StockKind.SALE)
            & (col(StockEntry.grams) == -col(Allocation.grams))
            & (col(StockEntry.lot_id) == col(Allocation.lot_id)),
        )
        .where(col(Allocation.lot_id).is_not(None), col(StockEntry.id).is_(None))
    )
    return _judged(
        "sales",
        db.execute(query).scalars(),
        "Mọi phân bổ đều có dòng trong sổ kho.",
        "Có phân bổ không có trong sổ kho",
    )


def _tonnage(db: Session) -> Check:
    no_line, no_sale = col(TonnageEntry.order_line_id).is_(None), col(TonnageEntry.outside_sale_id).is_(None)
    query = select(TonnageEntry.id).where((no_line & no_sale) | (~no_line & ~no_sale))
    return _judged(
        "tonnage",
        db.execute(query).scalars(),
        "Mọi số cân đều dẫn về đơn hàng hoặc phiếu bán.",
        "Có số cân không rõ từ đâu",
    )


def _attendance(db: Session) -> Check:
    """Who came is what the marks of all doors say, class by class."""
    held = select(TrainingSession).where(TrainingSession.status == TrainingStatus.HELD)
    wrong = [
        training.id for training in db.exec(held.order_by(col(TrainingSession.id))) if unsettled(db, training)
    ]
    return _judged(
        "attendance",
        wrong,
        "Điểm danh của mọi lớp khớp với các dấu đã ghi.",
        "Có lớp mà điểm danh không khớp với các dấu đã ghi",
    )


def _seats(db: Session) -> Check:
    """No class has given out more seats than it has. Walk-ins and old lists record who came, not seats."""
    query = (
        select(TrainingSession.id)
        .join(Enrolment, col(Enrolment.training_id) == TrainingSession.id)
        .join(Seat, col(Seat.enrolment_id) == Enrolment.id)
        .where(
            col(Seat.given_back_at).is_(None),
            col(Enrolment.status).in_(HOLDING),
            col(Enrolment.source).not_in([EnrolmentSource.WALK_IN, EnrolmentSource.IMPORT]),
        )
        .group_by(col(TrainingSession.id))
        .having(func.count() > TrainingSession.capacity + TrainingSession.overbooked)
        .order_by(col(TrainingSession.id))
    )
    return _judged(
        "seats", db.execute(query).scalars(), "Không lớp nào giao quá số chỗ.", "Có lớp giao quá số chỗ"
    )


def _awards(db: Session) -> Check:
    """A certificate stands on a closed attendance; a class that was opened again must be closed again."""
    query = (
        select(TrainingSession.id)
        .join(TrainingCertificate, col(TrainingCertificate.training_id) == TrainingSession.id)
        .where(col(TrainingSession.attendance_closed_at).is_(None))
        .distinct()
        .order_by(col(TrainingSession.id))
    )
    return _judged(
        "training_certificates",
        db.execute(query).scalars(),
        "Mọi giấy chứng nhận tập huấn đều của lớp đã chốt điểm danh.",
        "Có lớp đã cấp giấy chứng nhận mà chưa chốt điểm danh, hãy chốt lại",
    )


def _photos(db: Session, settings: Settings) -> Check:
    on_disk = {file.name.split(".")[0] for file in settings.photo_dir.rglob("*")}
    rows = db.execute(select(Photo.id, Photo.sha256))
    missing = [key for key, sha256 in rows if sha256 not in on_disk]
    return _judged("photos", missing, "Mọi ảnh đều có trên đĩa.", "Thiếu tệp ảnh trên đĩa")


LOOKS: tuple[Callable[[Session], Check], ...] = (
    _ledger,
    _allocations,
    _sales,
    _tonnage,
    _attendance,
    _seats,
    _awards,
)


def _judged(name: str, found: Iterable[int | None], good: str, bad: str) -> Check:
    rows = tuple(row or 0 for row in found)
    if not rows:
        return Check(name, ok=True, sentence=good)
    some = ", ".join(map(str, rows[:SHOWN])) + (", …" if len(rows) > SHOWN else "")
    return Check(name, ok=False, sentence=f"{bad}: {len(rows)} dòng ({some}).", rows=rows[:SHOWN])
