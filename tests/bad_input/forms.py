"""Every form there is: what a person would type into each of its fields, and of which kind the field is.

`test_forms.py` fails when an endpoint that takes a form is missing here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from io import BytesIO
from typing import Any

from PIL import Image

from catalog.models import Season
from marketplace.accounts.models import Role
from tests import factories as make
from tests.security.world import Side, TwoCommunes


class Kind(Enum):
    TEXT = "text"  #: any words
    SHAPED = "shaped"  #: words of a shape: a phone, a card number, a code
    SECRET = "secret"  #: never shown again
    NUMBER = "number"  #: weight, money, count, area
    DAY = "day"
    ROW = "row"  #: id of a row
    CHOICE = "choice"
    KEY = "key"  #: made by the page itself


@dataclass(frozen=True)
class Typed:
    kind: Kind
    value: str


def words(value: str) -> Typed:
    return Typed(Kind.TEXT, value)


def shaped(value: str) -> Typed:
    return Typed(Kind.SHAPED, value)


def secret(value: str) -> Typed:
    return Typed(Kind.SECRET, value)


def number(value: str) -> Typed:
    return Typed(Kind.NUMBER, value)


def day(value: str) -> Typed:
    return Typed(Kind.DAY, value)


def row(value: object) -> Typed:
    return Typed(Kind.ROW, str(value or ""))


def choice(value: str) -> Typed:
    return Typed(Kind.CHOICE, value)


def key(value: str) -> Typed:
    return Typed(Kind.KEY, value)


Fields = dict[str, Typed]

#: Buttons without a field: the address says it all.
BARE = {
    "enrolments.accept",
    "enrolments.decline",
    "enrolments.called",
    "enrolments.leave",
    "accounts.logout",
    "accounts.login_revoke",
    "accounts.account_close",
    "accounts.account_reopen",
    "accounts.password_reset",
    "accounts.commune_remove",
    "households.consent_withdraw",
    "poverty.poverty_remove",
    "households.national_id_show",
    "imports.import_undo",
    "imports.import_workbook",
    "roll_imports.import_undo",
    "learning.photo_remove",
    "learning.photo_restore",
    "course_learning.question_retire",
    "course_learning.question_bring_back",
    "course_learning.material_retire",
    "course_learning.material_bring_back",
    "roll_imports.import_workbook",
    "products.pack_retire",
    "offers.photo_remove",
    "exposure.unmix",
    "listings.again",
    "listings.stop_offer",
    "orders.confirm",
    "orders.deliver",
    "categories.task_settle",
    "orders.again",
    "parked.again",
    "parked.reopen",
    "awards.restore",
    "attendance.walk_in_unlink",
    "closings.close",
    "closings.reopen",
    "closings.accept",
    "closings.dismiss",
    "sheets.photo_remove",
    "courses.retire",
    "courses.bring_back",
    "trainings.hold",
    "trainings.reopen",
}
#: Files are tried in test_uploads.py, what a phone sends in core/test_offline.py, several lots at once in
#: selling/test_exposure_pages.py; pushes are no form.
OTHERWISE = {
    "exposure.mix",
    "imports.import_new",
    "roll_imports.import_new",
    "roll_imports.import_of_class",
    "learning.photo_add",
    "offers.photo_add",
    "sheets.photo_add",
    "shops.push",
    "offline.send",
}


def fields_of(endpoint: str, world: TwoCommunes, side: Side, season: Season) -> Fields:
    """What would be typed into this form by somebody who works on that side."""
    if endpoint in BARE | OTHERWISE:
        return {}
    return FORMS[endpoint](world, side, season)


def plain(fields: Fields) -> dict[str, Any]:
    return {name: typed.value for name, typed in fields.items()}


def files_of(endpoint: str) -> dict[str, Any]:
    """The file this form wants, made anew for every request."""
    if endpoint not in ("offers.photo_add", "learning.photo_add"):
        return {}
    picture = BytesIO()
    Image.new("RGB", (40, 30), "orange").save(picture, "JPEG")
    picture.seek(0)
    return {"photo": (picture, "vuon.jpg")}


def _person() -> Fields:
    return {
        "name": words("Đặng Thị Mỷ"),
        "phone": shaped("0973000111"),
        "phone_owner": choice("self"),
        "sex": choice("female"),
        "birth_year": number("1980"),
        "ethnicity": choice("25"),
        "national_id": shaped("002199000099"),
    }


def _household(side: Side) -> Fields:
    return {
        **_person(),
        "commune_id": row(side.household.commune_id),
        "village": words("Thôn Khuổi Nà"),
        "orange_area_m2": number("1,5"),
    }


def _household_new(_world: TwoCommunes, side: Side, _season: Season) -> Fields:
    return {
        **_household(side),
        "purposes": choice("registry"),
        "channel": choice("thumb_print"),
        "witness": words("Lý Văn Chứng"),
        "given_on": day("30/11/2021"),
        "client_key": key("phieu-moi"),
    }


def _household_edit(_world: TwoCommunes, side: Side, _season: Season) -> Fields:
    return {**_household(side), "note": words("Vườn ở cuối thôn"), "head_id": row("")}


def _consent_new(_world: TwoCommunes, side: Side, _season: Season) -> Fields:
    return {
        "person_id": row(side.head.id),
        "purposes": choice("statistics"),
        "channel": choice("spoken"),
        "witness": words("Lý Văn Chứng"),
        "given_on": day("2021-11-30"),
    }


def _product(_world: TwoCommunes, _side: Side, _season: Season) -> Fields:
    return {
        "name": words("Hồng không hạt"),
        "group": choice("food"),
        "variety": words(""),
        "gi_name": words(""),
        "sale_unit": choice("kg"),
        "restricted": choice(""),
        "shelf_life_days": number("12"),
        "storage": words("Nơi khô ráo"),
        "picture": choice("khac.svg"),
        "counts_for_tonnage": choice("1"),
        "active": choice("1"),
    }


def _pack_new(_world: TwoCommunes, _side: Side, _season: Season) -> Fields:
    return {
        "name": words("Túi 2 kg"),
        "unit": choice("bag"),
        "net_grams": number("2"),
        "gross_grams": number("2,2"),
    }


def _price_set(_world: TwoCommunes, side: Side, _season: Season) -> Fields:
    return {
        "price_vnd": number("200000"),
        "valid_from": day("2021-12-01"),
        "producer_id": row(side.cooperative.id),
        "channel": choice(""),
        "source": words("Bảng giá của huyện"),
    }


def _producer_new(_world: TwoCommunes, _side: Side, _season: Season) -> Fields:
    return {
        "kind": choice("cooperative"),
        "name": words("HTX Hồng Quản Bạ"),
        "tax_id": shaped("0100109106"),
        "phone": shaped("0973000222"),
        "address": words("Thị trấn Tam Sơn"),
    }


def _certificate_new(world: TwoCommunes, side: Side, _season: Season) -> Fields:
    return {
        "kind": choice("ocop"),
        "producer_id": row(side.cooperative.id),
        "product_ids": row(world.goods.product.id),
        "number": words("123/QĐ-UBND"),
        "issuer": words("UBND tỉnh Hà Giang"),
        "issuer_level": choice("province"),
        "decision_date": day("2021-05-01"),
        "valid_from": day(""),
        "valid_to": day(""),
        "stars": number("4"),
        "score_hundredths": number("84,5"),
        "area_m2": number("12"),
        "gi_name": words(""),
        "registry_code": words(""),
    }


def _lot_new(world: TwoCommunes, side: Side, _season: Season) -> Fields:
    return {
        "household_id": row(side.household.id),
        "product_id": row(world.goods.product.id),
        "grams": number("50"),
        "harvested_on": day("2021-11-30"),
        "grade": choice(""),
        "producer_id": row(side.producer.id),
        "confirmed": choice("1"),
        "client_key": key("lo-moi"),
    }


def _offer_new(world: TwoCommunes, side: Side, _season: Season) -> Fields:
    return {
        "producer_id": row(side.producer.id),
        "pack_id": row(world.goods.pack.id),
        "price_vnd": number("210000"),
        "packs": number("3"),
        "shops": row(side.shop.id),
        "title": words("Cam Vàng nhà trồng"),
        "description": words("Hái buổi sáng, vỏ mỏng."),
        "grade": choice(""),
        "client_key": key("hang-moi"),
    }


def _offer_edit(_world: TwoCommunes, _side: Side, _season: Season) -> Fields:
    return {
        "price_vnd": number("190000"),
        "title": words("Cam Vàng đầu mùa"),
        "description": words("Hái buổi sáng."),
        "grade": choice(""),
        "promo_price_vnd": number("150000"),
        "promo_from": day("2021-12-05"),
        "promo_to": day("2021-12-09"),
    }


def _outside(world: TwoCommunes, side: Side, _season: Season) -> Fields:
    return {
        "producer_id": row(side.producer.id),
        "product_id": row(world.goods.product.id),
        "channel": choice("trader"),
        "evidence": choice("C"),
        "grams": number("10"),
        "value_vnd": number("150000"),
        "sold_on": day("2021-11-30"),
        "paper": words("HĐ 12"),
        "marketplace": choice(""),
        "client_key": key("ban-moi"),
    }


def _keys() -> Fields:
    return {"key_shop_key": secret("khoa-gian"), "key_secret_key": secret("khoa-bi-mat")}


def _shop_new(_world: TwoCommunes, side: Side, _season: Season) -> Fields:
    return {
        "marketplace": choice("sendo"),
        "name": words("Gian hàng mới"),
        "producer_id": row(side.cooperative.id),
        "base_url": shaped("https://open.sendo.vn"),
        **_keys(),
    }


def _target_new(world: TwoCommunes, _side: Side, season: Season) -> Fields:
    return {
        "season_id": row(season.id),
        "product_id": row(world.goods.product.id),
        "grams": number("60,5"),
        "evidence": choice("AB"),
        "said_by": words("Sở Nông nghiệp"),
        "said_on": day("30/11/2021"),
    }


def _class(world: TwoCommunes, side: Side) -> Fields:
    return {
        "course_id": row(world.goods.course.id),
        "commune_id": row(side.household.commune_id),
        "commune": shaped(""),
        "venue": words("Nhà văn hóa thôn Khuổi Nà"),
        "organiser": words("Trung tâm khuyến nông"),
        "host": choice("postmart"),
        "trainers": words("Lý Văn Chứng, Đặng Thị Mỷ"),
        "language": choice("tyz"),
        "interpreter": words("Đặng Thị Mỷ"),
        "funding_source": words("Chương trình OCOP"),
        "capacity": number("40"),
        "needed_half_days": number("1"),
        "minutes_per_half_day": number("200"),
    }


def _training_new(world: TwoCommunes, side: Side, _season: Season) -> Fields:
    when = {"first_day": day("13/12/2021"), "first_part": choice("afternoon"), "half_days": number("3")}
    return {**_class(world, side), **when, "client_key": key("phieu-mo-lop")}


def _training_edit(world: TwoCommunes, side: Side, _season: Season) -> Fields:
    return {**_class(world, side), "days": day("2021-12-13"), "parts": choice("evening")}


def _question() -> Fields:
    return {
        "words": words("Ai xác nhận đơn hàng?"),
        "option_1": words("Người bán"),
        "option_2": words("Người mua"),
        "right_option": choice("1"),
    }


FORMS: dict[str, Callable[[TwoCommunes, Side, Season], Fields]] = {
    "accounts.login": lambda _w, side, _s: {
        "name": shaped(side.farmer.user_name or ""),
        "password": secret(make.PASSWORD),
        "next": shaped("/toi"),
    },
    "accounts.language": lambda _w, _side, _s: {"language": choice("vi"), "next": shaped("/toi")},
    "accounts.password": lambda _w, _side, _s: {
        "old": secret(make.PASSWORD),
        "password": secret("mật khẩu mới 2099"),
        "again": secret("mật khẩu mới 2099"),
    },
    "accounts.account_new": lambda _w, _side, _s: {
        "name": words("Lý Thị Mới"),
        "user_name": shaped("ly moi"),
        "phone": shaped("0973000333"),
        "role": choice("extension"),
        "household_code": shaped(""),
    },
    "accounts.account": lambda _w, side, _s: {
        "name": words("Tên đã sửa"),
        "user_name": shaped("ten da sua"),
        "phone": shaped("0973000444"),
        "household_code": shaped(side.household.code),
    },
    "accounts.commune_add": lambda world, _side, _s: {"unit_id": row(world.foreign.household.commune_id)},
    "households.household_new": _household_new,
    "households.household_edit": _household_edit,
    "households.person_new": lambda _w, _side, _s: _person(),
    "households.consent_new": _consent_new,
    "poverty.poverty_record": lambda _w, _side, _s: {
        "year": number("2020"),
        "status": choice("near_poor"),
        "source": words("QĐ 88/QĐ-UBND"),
    },
    "households.split_settle": lambda _w, side, _s: {
        "unit_id": row(side.household.current_commune_id),
        "whole_village": choice("1"),
    },
    "products.product_new": _product,
    "products.product_edit": _product,
    "products.pack_new": _pack_new,
    "products.price_set": _price_set,
    "products.producer_new": _producer_new,
    "products.membership_new": lambda _w, side, _s: {
        "household_code": shaped(side.household.code),
        "valid_from": day("2019-01-01"),
        "valid_to": day("2019-12-31"),
    },
    "products.membership_end": lambda _w, _side, _s: {"valid_to": day("2021-11-30")},
    "products.certificate_new": _certificate_new,
    "awards.issue": lambda _w, side, _s: {"person_id": row(side.head.id)},
    "awards.revoke": lambda _w, _side, _s: {"reason": words("Cấp nhầm người"), "sure": choice("1")},
    "awards.reissue": lambda _w, _side, _s: {
        "reason": words("Sửa tên"),
        "sure": choice("1"),
        "version": number("1"),
    },
    "learning.quiz_enter": lambda world, side, _s: {
        f"p{side.head.id}q{world.goods.question.id}": choice("0")
    },
    "learning.note_new": lambda _w, _side, _s: {"words": words("Nhiều người chưa có điện thoại.")},
    "course_learning.question_new": lambda _w, _side, _s: _question(),
    "course_learning.question_change": lambda _w, _side, _s: _question(),
    "course_learning.material_new": lambda _w, _side, _s: {
        "title": words("Chụp ảnh cam"),
        "words": words("Chụp ngoài trời, không ngược nắng."),
    },
    "products.certificate_revoke": lambda _w, _side, _s: {"revoked_on": day("2021-11-30")},
    "products.season_new": lambda _w, _side, _s: {
        "key": shaped("2022-2023"),
        "starts_on": day("2022-09-01"),
        "ends_on": day("2023-05-31"),
    },
    "products.window_set": lambda _w, _side, season: {
        "season_id": row(season.id),
        "first_day": day("2021-11-01"),
        "last_day": day("2022-02-28"),
    },
    "lots.lot_new": _lot_new,
    "lots.write_off": lambda _w, _side, _s: {
        "grams": number("5"),
        "reason": words("Dập khi chở"),
        "key": key("hao-moi"),
    },
    "lots.correct": lambda _w, _side, _s: {
        "grams": number("480"),
        "reason": words("Cân lại"),
        "key": key("can-moi"),
    },
    "offers.offer_new": _offer_new,
    "offers.offer_edit": _offer_edit,
    "offers.put_on_sale": lambda _w, side, _s: {"shop_id": row(side.shop.id), "packs": number("2")},
    "listings.wish": lambda _w, _side, _s: {"do": choice("packs"), "packs": number("4")},
    "listings.again_all": lambda _w, side, _s: {"cause": choice(side.waiting.cause or "")},
    "repairs.mend": lambda _w, _side, _s: {
        "do": choice("price"),
        "price_vnd": number("250.000"),
        "how": choice("least"),
    },
    "orders.cancel": lambda _w, _side, _s: {"reason": choice("other")},
    "parked.match": lambda _w, side, _s: {"listing_id": row(side.listing.id), "q": shaped("")},
    "parked.settle": lambda _w, _side, _s: {"why": words("Đơn thử của sàn")},
    "orders.returned": lambda _w, side, _s: {
        "line_id": row(side.delivered_line.id),
        "packs": number("1"),
        "already": key("1"),
        "on": day("2021-12-01"),
    },
    "goods_back.decide": lambda _w, _side, _s: {"sellable": choice("yes")},
    "goods_back.taken": lambda _w, side, _s: {
        "line_id": row(side.delivered_line.id),
        "taken": number("2"),
    },
    "goods_back.return_undo": lambda _w, side, _s: {"line_id": row(side.delivered_line.id)},
    "goods_back.complaint_undo": lambda _w, side, _s: {"line_id": row(side.delivered_line.id)},
    "orders.complaint": lambda _w, side, _s: {
        "line_id": row(side.delivered_line.id),
        "grams": number("2"),
        "refund_vnd": number("40000"),
        "on": day("2021-12-01"),
        "key": key("phieu-1"),
    },
    "outside.sale_new": _outside,
    "outside.take_back": lambda _w, _side, _s: {"why": words("Ghi nhầm nhà bên")},
    "exposure.policy": lambda _w, _side, _s: {
        "split": choice("fixed"),
        "reserve_grams": number("20"),
        "share_sendo": number("2"),
        "rank_1": choice("sendo"),
    },
    "drift.settle": lambda _w, _side, _s: {"do": choice("resend")},
    "drift.settle_group": lambda _w, side, _s: {
        "do": choice("resend"),
        "kind": choice("stock"),
        "shop_id": row(side.shop.id),
    },
    "drift.policy": lambda _w, _side, _s: {"price": choice("ask"), "stock": choice("heal")},
    "shops.shop_new": _shop_new,
    "shops.shop": lambda _w, _side, _s: {"do": choice("pause")},
    "shops.shop_keys": lambda _w, _side, _s: _keys(),
    "categories.choose": lambda _w, _side, _s: {"marketplace": choice("sendo"), "category": choice("2422")},
    "categories.accept_all": lambda _w, _side, _s: {"marketplace": choice("sendo")},
    "reports.target_new": _target_new,
    "courses.course_new": lambda _w, _side, _s: {
        "topic": words("Đóng gói và giao hàng"),
        "half_days": number("2"),
        "syllabus": words("Chọn quả, xếp thùng"),
    },
    "courses.course_edit": lambda _w, _side, _s: {
        "topic": words("Đóng gói và giao hàng"),
        "half_days": number("2"),
        "syllabus": words("Chọn quả, xếp thùng"),
    },
    "trainings.training_new": _training_new,
    "trainings.training_edit": _training_edit,
    "trainings.cancel": lambda _w, _side, _s: {"reason": words("Mưa lũ, đường bị sạt")},
    "attendance.save": lambda _w, side, _s: {"buoi": row(1), "present": row(side.head.id)},
    "attendance.walk_in_new": lambda _w, _side, _s: {
        "buoi": row(1),
        "name": words("Lù Seo Páo"),
        "village": words("Thôn Khuổi Phạt"),
        "client_key": key("phieu-den-them"),
    },
    "attendance.walk_in_link": lambda _w, side, _s: {"person_id": row(side.head.id)},
    "closings.decide": lambda _w, _side, _s: {
        "half_day": row(1),
        "present": choice("no"),
        "reason": words("Về từ đầu giờ"),
    },
    "sheets.save": lambda _w, side, _s: {
        "row": row(side.head.id),
        "tick": row(f"{side.head.id}:1"),
        "w3_name": words("Lù Seo Páo"),
        "w3_village": words("Thôn Khuổi Phạt"),
        "w3_tick": row(1),
        "w3_key": key("phieu-dong-3"),
    },
    "enrolments.household": lambda _w, side, _s: {
        "people": row(side.head.id),
        "source": choice("phone"),
        "client_key": key("phieu-ghi-ten"),
    },
    "enrolments.people": lambda _w, side, _s: {"people": row(side.head.id)},
    "enrolments.invite": lambda _w, side, _s: {"households": row(side.household.id)},
    "enrolments.move": lambda _w, side, _s: {"training": row(side.classes.later.id)},
    "enrolments.remark": lambda _w, _side, _s: {"note": words("Đi cùng con nhỏ")},
    "enrolments.overbooking": lambda _w, _side, _s: {"overbooked": number("0")},
}

#: Who fills in a form when several roles may.
CLERKS = (Role.EXTENSION, Role.COORDINATOR, Role.FARMER, Role.ADMIN)
