"""The tables of the catalogue: places, people, producers, products, certificates, lots and the stock ledger.

Grams and đồng are whole numbers. Folded columns (`…_fold`, `…_sort`) are made by the application, because
SQLite folds
neither đ nor accents; search and order use them on both databases.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from marketplace.core.db import Utc, stored
from marketplace.core.i18n import N_

# --- places
# --------------------------------------------------------------------------------------------


class Level(StrEnum):
    PROVINCE = "province"
    DISTRICT = "district"
    COMMUNE = "commune"


class AdminUnit(SQLModel, table=True):
    """A unit as it was between two dates. Codes were re-used in 2025: never key by code alone (R-51)."""

    __tablename__ = "admin_unit"
    __table_args__ = (UniqueConstraint("level", "code", "valid_from"),)

    id: int | None = Field(default=None, primary_key=True)
    level: Level = Field(sa_type=stored(Level))
    code: str = Field(max_length=8)
    name: str = Field(max_length=100)  #: with its kind: "Xã Vĩnh Hảo"
    name_fold: str = Field(max_length=100, index=True)  #: without its kind: "vinh hao"
    parent_id: int | None = Field(default=None, foreign_key="admin_unit.id", index=True)
    valid_from: date
    valid_to: date | None = None  #: last day; None: still valid
    source: str = Field(max_length=200)


class AdminChange(SQLModel, table=True):
    """Which unit became which; a split unit has several rows and none of them is the default."""

    __tablename__ = "admin_change"
    __table_args__ = (UniqueConstraint("old_id", "new_id"),)

    id: int | None = Field(default=None, primary_key=True)
    old_id: int = Field(foreign_key="admin_unit.id", index=True)
    new_id: int = Field(foreign_key="admin_unit.id", index=True)
    effective: date
    split: bool = False


# --- people
# -----------------------------------------------------------------------------------------------------------


class Household(SQLModel, table=True):
    """A farming household. Its commune stays the unit valid when it was recorded (R-52)."""

    __tablename__ = "household"

    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(max_length=16, unique=True)  #: HG-000123, also for those without papers (R-64)
    commune_id: int = Field(foreign_key="admin_unit.id", index=True)
    current_commune_id: int | None = Field(
        default=None, foreign_key="admin_unit.id", index=True
    )  #: None: the unit was split and a person must say where the village went (R-52)
    village: str = Field(max_length=100)
    village_fold: str = Field(max_length=100)
    orange_area_m2: int | None = Field(default=None, ge=0)
    active: bool = True
    draft: bool = False  #: walked into a class and only gave name and village; not registered yet (R-93)
    registered_at: datetime = Field(sa_type=Utc)
    registered_by: int | None = None  #: account; no foreign key, because an account may point to a household
    client_key: str | None = Field(
        default=None, max_length=80, unique=True
    )  #: made by the device or the import row
    import_batch_id: int | None = Field(default=None, foreign_key="import_batch.id", index=True)
    note: str = Field(default="", max_length=1000)


class Sex(StrEnum):
    MALE = "male"
    FEMALE = "female"


SEX_LABELS = {Sex.MALE: N_("Nam"), Sex.FEMALE: N_("Nữ")}


class PhoneOwner(StrEnum):
    SELF = "self"
    RELATIVE = "relative"
    VILLAGE_HEAD = "village_head"
    NONE = "none"  #: said to have no phone, which is an answer


PHONE_OWNER_LABELS = {
    PhoneOwner.SELF: N_("Của chính người này"),
    PhoneOwner.RELATIVE: N_("Của người thân"),
    PhoneOwner.VILLAGE_HEAD: N_("Của trưởng thôn"),
    PhoneOwner.NONE: N_("Không có điện thoại"),
}


class Person(SQLModel, table=True):
    """A member of a household. The national id is optional, encrypted, found by keyed HMAC (R-62, R-64)."""

    __tablename__ = "person"
    __table_args__ = (
        Index(
            "ix_person_one_head",
            "household_id",
            unique=True,
            sqlite_where=text("is_head"),
            postgresql_where=text("is_head"),
        ),
        Index("ix_person_head_sort", "is_head", "name_sort"),
    )

    id: int | None = Field(default=None, primary_key=True)
    household_id: int = Field(foreign_key="household.id", index=True)
    name: str = Field(max_length=100)
    name_fold: str = Field(max_length=100, index=True)
    name_loose: str = Field(max_length=100, index=True)  #: folded, i and y alike, for finding duplicates
    name_sort: str = Field(max_length=400)
    sex: Sex | None = Field(default=None, sa_type=stored(Sex))
    birth_year: int | None = None
    ethnicity: str | None = Field(default=None, max_length=2)  #: code of the 54-group list; sensitive
    phone: str | None = Field(
        default=None, max_length=16, index=True
    )  #: E.164, neither unique nor required (R-67)
    phone_owner: PhoneOwner | None = Field(default=None, sa_type=stored(PhoneOwner))
    national_id_sealed: str | None = Field(default=None, max_length=300)
    national_id_lookup: str | None = Field(default=None, max_length=64, index=True)
    national_id_tail: str | None = Field(default=None, max_length=4)
    is_head: bool = False
    created_at: datetime = Field(sa_type=Utc)


class Poverty(StrEnum):
    POOR = "poor"
    NEAR_POOR = "near_poor"
    NONE = "none"


POVERTY_LABELS = {
    Poverty.POOR: N_("Hộ nghèo"),
    Poverty.NEAR_POOR: N_("Hộ cận nghèo"),
    Poverty.NONE: N_("Không nghèo"),
}


class PovertyStatus(SQLModel, table=True):
    """What was decided about a household for one year; a year without a row is unknown (R-96)."""

    __tablename__ = "poverty_status"
    __table_args__ = (UniqueConstraint("household_id", "year"),)

    id: int | None = Field(default=None, primary_key=True)
    household_id: int = Field(foreign_key="household.id")
    year: int
    status: Poverty = Field(sa_type=stored(Poverty))
    source: str = Field(max_length=150)  #: number of the decision, or who said so
    recorded_at: datetime = Field(sa_type=Utc)
    recorded_by: int | None = Field(default=None, foreign_key="account.id")


class ConsentChannel(StrEnum):
    SIGNATURE = "signature"
    THUMB_PRINT = "thumb_print"
    SPOKEN = "spoken"
    ONLINE = "online"


CONSENT_CHANNEL_LABELS = {
    ConsentChannel.SIGNATURE: N_("Ký trên giấy"),
    ConsentChannel.THUMB_PRINT: N_("Điểm chỉ có người làm chứng"),
    ConsentChannel.SPOKEN: N_("Nói trước người làm chứng"),
    ConsentChannel.ONLINE: N_("Bấm đồng ý trên máy"),
}


class Consent(SQLModel, table=True):
    """One person's consent to one purpose (R-72); withdrawn, never deleted. See `catalog.consents`."""

    __tablename__ = "consent"
    __table_args__ = (
        Index(
            "ix_consent_one_active",
            "person_id",
            "purpose",
            unique=True,
            sqlite_where=text("withdrawn_at IS NULL"),
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    purpose: str = Field(max_length=40, index=True)
    text_version: str = Field(max_length=20)
    language: str = Field(default="vi", max_length=8)
    channel: ConsentChannel = Field(sa_type=stored(ConsentChannel))
    witness: str = Field(default="", max_length=100)
    given_on: date
    taken_by: int | None = Field(default=None, foreign_key="account.id")
    withdrawn_at: datetime | None = Field(default=None, sa_type=Utc)
    withdrawn_by: int | None = Field(default=None, foreign_key="account.id")


class ProducerKind(StrEnum):
    HOUSEHOLD = "household"
    COOPERATIVE = "cooperative"
    COMPANY = "company"


PRODUCER_KIND_LABELS = {
    ProducerKind.HOUSEHOLD: N_("Hộ dân"),
    ProducerKind.COOPERATIVE: N_("Hợp tác xã"),
    ProducerKind.COMPANY: N_("Doanh nghiệp"),
}


class Producer(SQLModel, table=True):
    """Who sells: a household, a cooperative or a company."""

    __tablename__ = "producer"
    __table_args__ = (
        CheckConstraint("(kind = 'household') = (household_id IS NOT NULL)", name="household_kind"),
    )

    id: int | None = Field(default=None, primary_key=True)
    kind: ProducerKind = Field(sa_type=stored(ProducerKind))
    household_id: int | None = Field(default=None, foreign_key="household.id", unique=True)
    name: str = Field(max_length=150)
    name_fold: str = Field(max_length=150, index=True)
    commune_id: int | None = Field(default=None, foreign_key="admin_unit.id")
    phone: str | None = Field(default=None, max_length=16)
    tax_id: str | None = Field(
        default=None, max_length=14
    )  #: of organisations only; a household's is its national id (R-65)
    address: str = Field(default="", max_length=200)


class Membership(SQLModel, table=True):
    """A household supplies a cooperative or company in a period (R-26)."""

    __tablename__ = "membership"
    __table_args__ = (CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="period"),)

    id: int | None = Field(default=None, primary_key=True)
    household_id: int = Field(foreign_key="household.id", index=True)
    producer_id: int = Field(foreign_key="producer.id", index=True)
    valid_from: date
    valid_to: date | None = None  #: last day


# --- products
# -----------------------------------------------------------------------------------------------------------


class SaleUnit(StrEnum):
    KG = "kg"
    LITRE = "litre"
    PIECE = "piece"
    NIGHT = "night"


SALE_UNIT_LABELS = {
    SaleUnit.KG: N_("kg"),
    SaleUnit.LITRE: N_("lít"),
    SaleUnit.PIECE: N_("chiếc"),
    SaleUnit.NIGHT: N_("đêm"),
}


class Restriction(StrEnum):
    ALCOHOL = "alcohol"
    MEDICINAL = "medicinal"


RESTRICTION_LABELS = {Restriction.ALCOHOL: N_("Rượu"), Restriction.MEDICINAL: N_("Dược liệu")}


class Product(SQLModel, table=True):
    """What is sold, whoever grows it: an orange variety or an OCOP good (R-41 to R-43)."""

    __tablename__ = "product"

    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(max_length=40, unique=True)  #: "cam-vang"
    name: str = Field(max_length=150)
    name_fold: str = Field(max_length=150, index=True)
    group: str = Field(max_length=40)  #: OCOP group: "food", "drinks", "medicinal", "handicraft", "tourism"
    variety: str | None = Field(
        default=None, max_length=40
    )  #: orange variety; brand and GI are separate fields (R-33)
    gi_name: str | None = Field(
        default=None, max_length=100
    )  #: geographical indication this variety may carry (R-32)
    sale_unit: SaleUnit = Field(sa_type=stored(SaleUnit))
    counts_for_tonnage: bool
    restricted: Restriction | None = Field(default=None, sa_type=stored(Restriction))
    shelf_life_days: int | None = Field(default=None, ge=1)
    returns_sellable: bool = False  #: may come back into stock after a return; fresh fruit may not
    min_vnd_per_kg: int | None = Field(
        default=None, sa_type=BigInteger, gt=0
    )  #: agreed floor: what is offered below it is not published
    storage: str = Field(default="", max_length=300)
    picture: str = Field(default="khac.svg", max_length=40)  #: drawing in static/, for choosing by picture
    active: bool = True


class Pack(SQLModel, table=True):
    """How a product is packed. Another weight is another pack, once it was offered (§11.4, 3)."""

    __tablename__ = "pack"
    __table_args__ = (
        UniqueConstraint("product_id", "name"),
        CheckConstraint("net_grams IS NULL OR net_grams > 0", name="net_positive"),
        CheckConstraint("gross_grams IS NULL OR gross_grams >= net_grams", name="gross_at_least_net"),
    )

    id: int | None = Field(default=None, primary_key=True)
    product_id: int = Field(foreign_key="product.id", index=True)
    name: str = Field(max_length=60)  #: "Thùng 10 kg"; the weight is never parsed from it
    unit: str = Field(default="box", max_length=20)  #: box, bag, bottle, piece, …
    net_grams: int | None = None  #: None: has no weight (a night), cannot be listed
    gross_grams: int | None = None
    active: bool = True


class PackPart(SQLModel, table=True):
    """What one pack holds; a combo holds several products. Σ net_grams of the parts = the pack's."""

    __tablename__ = "pack_part"
    __table_args__ = (
        UniqueConstraint("pack_id", "product_id"),
        CheckConstraint("net_grams > 0", name="net_positive"),
    )

    id: int | None = Field(default=None, primary_key=True)
    pack_id: int = Field(foreign_key="pack.id", index=True)
    product_id: int = Field(foreign_key="product.id")
    net_grams: int


class PackPrice(SQLModel, table=True):
    """Price history (R-35): the price of a pack, or of one producer's pack, in a channel, from a day on."""

    __tablename__ = "pack_price"
    __table_args__ = (CheckConstraint("price_vnd >= 0", name="price_not_negative"),)

    id: int | None = Field(default=None, primary_key=True)
    pack_id: int = Field(foreign_key="pack.id", index=True)
    producer_id: int | None = Field(default=None, foreign_key="producer.id", index=True)
    channel: str | None = Field(default=None, max_length=24)
    price_vnd: int = Field(sa_type=BigInteger)
    valid_from: date
    valid_to: date | None = None  #: last day; None: in force
    source: str = Field(max_length=200)


class CertificateKind(StrEnum):
    OCOP = "ocop"
    VIETGAP = "vietgap"
    ORGANIC = "organic"
    GI_RIGHT = "gi_right"
    FOOD_SAFETY_CERTIFICATE = "food_safety_certificate"
    FOOD_SAFETY_COMMITMENT = "food_safety_commitment"
    OWN_DECLARATION = "own_declaration"
    TRADEMARK = "trademark"
    GROWING_AREA_CODE = "growing_area_code"


CERTIFICATE_LABELS = {
    CertificateKind.OCOP: N_("OCOP"),
    CertificateKind.VIETGAP: N_("VietGAP"),
    CertificateKind.ORGANIC: N_("Hữu cơ"),
    CertificateKind.GI_RIGHT: N_("Quyền dùng chỉ dẫn địa lý"),
    CertificateKind.FOOD_SAFETY_CERTIFICATE: N_("Giấy chứng nhận an toàn thực phẩm"),
    CertificateKind.FOOD_SAFETY_COMMITMENT: N_("Cam kết an toàn thực phẩm"),
    CertificateKind.OWN_DECLARATION: N_("Bản tự công bố"),
    CertificateKind.TRADEMARK: N_("Nhãn hiệu"),
    CertificateKind.GROWING_AREA_CODE: N_("Mã số vùng trồng"),
}


class Certificate(SQLModel, table=True):
    """A paper that a producer holds for products (R-21 to R-27), valid from and to, both days included."""

    __tablename__ = "certificate"
    __table_args__ = (
        UniqueConstraint("kind", "number"),
        CheckConstraint("stars IS NULL OR stars BETWEEN 1 AND 5", name="stars"),
        CheckConstraint("score_hundredths IS NULL OR score_hundredths BETWEEN 0 AND 10000", name="score"),
        CheckConstraint("valid_to >= valid_from", name="period"),
    )

    id: int | None = Field(default=None, primary_key=True)
    kind: CertificateKind = Field(sa_type=stored(CertificateKind))
    producer_id: int = Field(foreign_key="producer.id", index=True)  #: the holder
    number: str = Field(max_length=60)
    issuer: str = Field(max_length=150)
    issuer_level: str | None = Field(
        default=None, max_length=16
    )  #: OCOP: "district", "province", "central" (R-22)
    decision_date: date
    valid_from: date
    valid_to: date
    stars: int | None = None
    score_hundredths: int | None = None  #: 94.9 points is 9490
    area_m2: int | None = None
    gi_name: str | None = Field(default=None, max_length=100)
    registry_code: str | None = Field(default=None, max_length=60)  #: code in a national list, opaque
    revoked_on: date | None = None


class CertificateProduct(SQLModel, table=True):
    """A product that a certificate covers."""

    __tablename__ = "certificate_product"
    __table_args__ = (UniqueConstraint("certificate_id", "product_id"),)

    id: int | None = Field(default=None, primary_key=True)
    certificate_id: int = Field(foreign_key="certificate.id", index=True)
    product_id: int = Field(foreign_key="product.id", index=True)


# --- seasons, lots, stock
# -----------------------------------------------------------------------------------------------


class Season(SQLModel, table=True):
    """A crop year such as 2021-2022; never `year(date)` (R-31)."""

    __tablename__ = "season"
    __table_args__ = (CheckConstraint("ends_on > starts_on", name="period"),)

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(max_length=9, unique=True)
    starts_on: date
    ends_on: date


class SeasonWindow(SQLModel, table=True):
    """When one product is harvested in one season."""

    __tablename__ = "season_window"
    __table_args__ = (
        UniqueConstraint("season_id", "product_id"),
        CheckConstraint("last_day >= first_day", name="period"),
    )

    id: int | None = Field(default=None, primary_key=True)
    season_id: int = Field(foreign_key="season.id")
    product_id: int = Field(foreign_key="product.id")
    first_day: date
    last_day: date


class LotPool(SQLModel, table=True):
    """All lots of one product that one producer sells; locked while stock is promised (design §5)."""

    __tablename__ = "lot_pool"
    __table_args__ = (UniqueConstraint("producer_id", "product_id"),)

    id: int | None = Field(default=None, primary_key=True)
    producer_id: int = Field(foreign_key="producer.id")
    product_id: int = Field(foreign_key="product.id", index=True)


class LotMixing(SQLModel, table=True):
    """Lots of one pool were packed together: from then on nobody can say whose fruit is in which box (R-84).

    Each lot keeps its own ledger, so every household keeps its kilograms; a sale takes of all of them by what
    each has left.
    """

    __tablename__ = "lot_mixing"

    id: int | None = Field(default=None, primary_key=True)
    pool_id: int = Field(foreign_key="lot_pool.id", index=True)
    mixed_on: date
    note: str = Field(default="", max_length=200)
    recorded_at: datetime = Field(sa_type=Utc)
    recorded_by: int | None = Field(default=None, foreign_key="account.id")
    client_key: str | None = Field(default=None, max_length=80, unique=True)


class HarvestLot(SQLModel, table=True):
    """One household's harvest, sold by the pool's producer. Whose fruit it is never changes (R-7B)."""

    __tablename__ = "harvest_lot"
    __table_args__ = (CheckConstraint("grams > 0", name="grams_positive"),)

    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(max_length=20, unique=True)  #: HG21-BQ-000123 (§8.2)
    #: Packed together with other lots: what is sold of them is shared by weight (R-84)
    mixing_id: int | None = Field(default=None, foreign_key="lot_mixing.id", index=True)
    pool_id: int = Field(foreign_key="lot_pool.id", index=True)
    product_id: int = Field(foreign_key="product.id", index=True)
    household_id: int = Field(foreign_key="household.id", index=True)
    commune_id: int = Field(foreign_key="admin_unit.id", index=True)  #: where it grew, as the unit was then
    season_id: int = Field(foreign_key="season.id", index=True)
    harvested_on: date
    grams: int = Field(sa_type=BigInteger)  #: harvested; what is left is the sum of the ledger
    grade: str = Field(default="", max_length=20)
    recorded_at: datetime = Field(sa_type=Utc)
    recorded_by: int | None = Field(default=None, foreign_key="account.id")
    client_key: str | None = Field(default=None, max_length=80, unique=True)


class StockKind(StrEnum):
    HARVEST = "harvest"
    SALE = "sale"
    CANCELLED = "cancelled"  #: a sale that did not happen: the goods never left
    RETURN = "return"
    WRITE_OFF = "write_off"  #: above zero: it could be sold after all
    CORRECTION = "correction"


STOCK_KIND_LABELS = {
    StockKind.HARVEST: N_("Thu hoạch"),
    StockKind.SALE: N_("Bán"),
    StockKind.CANCELLED: N_("Hủy bán"),
    StockKind.RETURN: N_("Hàng trả lại"),
    StockKind.WRITE_OFF: N_("Hao hụt"),
    StockKind.CORRECTION: N_("Điều chỉnh"),
}


class StockEntry(SQLModel, table=True):
    """One line of the append-only ledger. What is on hand is Σ grams; nothing is ever updated or deleted."""

    __tablename__ = "stock_entry"
    __table_args__ = (
        CheckConstraint(
            "(kind IN ('harvest', 'cancelled', 'return') AND grams > 0)"
            " OR (kind = 'sale' AND grams < 0) OR (kind = 'write_off' AND grams <> 0) OR kind = 'correction'",
            name="sign",
        ),
        Index("ix_stock_entry_pool_grams", "pool_id", "grams"),
        Index("ix_stock_entry_lot_grams", "lot_id", "grams"),
    )

    id: int | None = Field(default=None, primary_key=True)
    lot_id: int = Field(foreign_key="harvest_lot.id")
    pool_id: int = Field(foreign_key="lot_pool.id")
    at: datetime = Field(sa_type=Utc)
    kind: StockKind = Field(sa_type=stored(StockKind))
    grams: int = Field(sa_type=BigInteger)
    key: str = Field(max_length=80, unique=True)  #: a second arrival of the same event changes nothing
    actor_id: int | None = Field(default=None, foreign_key="account.id")
    reason: str = Field(default="", max_length=200)


class Photo(SQLModel, table=True):
    """A picture, resized, without EXIF, under its content's SHA-256; never under the sender's name."""

    __tablename__ = "photo"

    id: int | None = Field(default=None, primary_key=True)
    sha256: str = Field(max_length=64, unique=True)
    width: int
    height: int
    size_bytes: int
    private: bool = False  #: of people or papers; sent only by pages that know who may see it
    uploaded_at: datetime = Field(sa_type=Utc)
    uploaded_by: int | None = Field(default=None, foreign_key="account.id")


# --- imports
# ------------------------------------------------------------------------------------------------------------


class ImportBatch(SQLModel, table=True):
    """One file that was read in; can be undone as a whole while untouched."""

    __tablename__ = "import_batch"

    id: int | None = Field(default=None, primary_key=True)
    kind: str = Field(max_length=24)  #: "households", "classes"
    file_sha256: str = Field(max_length=64, index=True)
    at: datetime = Field(sa_type=Utc)
    by: int | None = None  #: account, see Household.registered_by
    rows_new: int = 0
    rows_updated: int = 0
    rows_same: int = 0
    rows_refused: int = 0
    made: dict[str, list[int]] = Field(default_factory=dict, sa_type=JSON)  #: ids by kind, for the way back
    undone_at: datetime | None = Field(default=None, sa_type=Utc)


class ImportRefusal(SQLModel, table=True):
    """A row that was not taken, and why. The cells are sealed: they hold personal data (R-75)."""

    __tablename__ = "import_refusal"

    id: int | None = Field(default=None, primary_key=True)
    batch_id: int = Field(foreign_key="import_batch.id", index=True)
    row: int  #: as the spreadsheet numbers it
    reasons: list[dict[str, Any]] = Field(
        default_factory=list, sa_type=JSON
    )  #: [{"column", "sentence", "facts"}]
    cells_sealed: str = ""
