"""Places and services of the parcel API: the old three levels, and the two of the 34 provinces since 2025.

Names are real, numbers invented. Each new province has the pseudo-district whose value is "NEW".
"""

import unicodedata
from typing import Any

from flask import Blueprint, Response, request

from connectors.voso.mock_wire import answer, sent, whole

PROVINCES = {
    1: ("HNI", "Hà Nội"),
    2: ("HCM", "Hồ Chí Minh"),
    20: ("HGG", "Hà Giang"),
    21: ("TQG", "Tuyên Quang"),
}
NEW_PROVINCES = (1, 2, 21)  #: Hà Giang became a part of Tuyên Quang
#: District -> value, name, province.
DISTRICTS = {
    11: ("1A", "Quận Hoàn Kiếm", 1), 12: ("1B", "Quận Cầu Giấy", 1), 22: ("2A", "Quận 1", 2),
    201: ("20A", "Huyện Bắc Quang", 20), 202: ("20B", "Huyện Vị Xuyên", 20),
    211: ("21A", "Huyện Hàm Yên", 21), 9001: ("NEW", "Hà Nội", 1), 9002: ("NEW", "Hồ Chí Minh", 2),
    9021: ("NEW", "Tuyên Quang", 21),
}  # fmt: skip
#: Ward -> name, district.
WARDS = {
    111: ("Phường Hàng Bạc", 11), 121: ("Phường Dịch Vọng", 12), 221: ("Phường Bến Nghé", 22),
    2011: ("Xã Vĩnh Hảo", 201), 2012: ("Xã Tân Quang", 201), 2021: ("Xã Đạo Đức", 202),
    2111: ("Xã Phù Lưu", 211),
    90011: ("Phường Hoàn Kiếm", 9001), 90021: ("Phường Sài Gòn", 9002), 90211: ("Xã Vĩnh Hảo", 9021),
}  # fmt: skip
#: Service -> name, đồng for the first 2 kg in another province, hours.
SERVICES = {
    "VCN": ("Chuyển phát nhanh", 35_000, 48),
    "VTK": ("Tiết kiệm", 28_000, 96),
    "LCOD": ("TMĐT tiết kiệm", 25_000, 72),
}
EXTRAS = {"GBP": "Báo phát", "XMG": "Cho xem hàng"}

bp = Blueprint("places", __name__)


@bp.get("/v2/categories/listProvinceById")
@bp.get("/v2/categories/listProvince")
def provinces() -> Response:
    """Provinces before the merger; -1 has all."""
    wanted = _asked("provinceId")
    return answer([_province(number) for number in PROVINCES if wanted in (-1, number)])


@bp.get("/v2/categories/listDistrict")
def districts() -> Response:
    """Districts of a province, the pseudo-district too; -1 has all."""
    wanted = _asked("provinceId")
    rows = [
        {"DISTRICT_ID": number, "DISTRICT_VALUE": value, "DISTRICT_NAME": name, "PROVINCE_ID": province}
        for number, (value, name, province) in DISTRICTS.items()
        if wanted in (-1, province)
    ]
    return answer(rows)


@bp.get("/v2/categories/listWards")
def wards() -> Response:
    """Wards of a district; -1 has all."""
    wanted = _asked("districtId")
    return answer([_ward(number) for number, (_, district) in WARDS.items() if wanted in (-1, district)])


@bp.get("/v3/categories/listProvinceNew")
def new_provinces() -> Response:
    """Provinces since the merger."""
    return answer([_province(number) for number in NEW_PROVINCES])


@bp.get("/v3/categories/listWardsNew")
def new_wards() -> Response:
    """Wards of a province since the merger; -1 has all."""
    wanted = _asked("provinceId")
    rows = [
        {"WARDS_ID": number, "WARDS_NAME": name, "PROVINCE_ID": DISTRICTS[district][2]}
        for number, (name, district) in WARDS.items()
        if DISTRICTS[district][0] == "NEW" and wanted in (-1, DISTRICTS[district][2])
    ]
    return answer(rows)


@bp.get("/v2/categories/listBuuCucVTP")
def post_offices() -> Response:
    """Post offices; the real list has some 3,700."""
    office = {"TEN_TINH": "Hà Giang", "TEN_QUANHUYEN": "Huyện Bắc Quang", "TEN_PHUONGXA": "Xã Tân Quang",
              "MA_BUUCUC": "HGBQG", "TEN_BUUCUC": "Bưu cục Bắc Quang", "DIA_CHI": "Thị trấn Việt Quang",
              "LATITUDE": "22.41", "LONGITUDE": "104.80"}  # fmt: skip
    return answer([office])


@bp.post("/v2/categories/listService")
def services() -> Response:
    """The main services."""
    whole(sent(), "TYPE")
    return answer([
        {"SERVICE_CODE": code, "SERVICE_NAME": name, "DESCRIPTION": None}
        for code, (name, _, _) in SERVICES.items()
    ])  # fmt: skip


@bp.get("/v2/categories/listServiceExtra")
def extra_services() -> Response:
    """What may be added to a service; nothing to an unknown one."""
    known = EXTRAS if request.args.get("serviceCode") in SERVICES else {}
    rows = [{"SERVICE_CODE": code, "SERVICE_NAME": name, "DESCRIPTION": None} for code, name in known.items()]
    return answer(rows)


def named_province(address: str) -> int | None:
    """The province a free address names, the last one named; None when it is too vague."""
    folded = _folded(address)
    found = {folded.rfind(_folded(name)): number for number, (_, name) in PROVINCES.items()}
    place = max(found)
    return found[place] if place >= 0 else None


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFD", text.lower()).replace("đ", "d")
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def _asked(name: str) -> int:
    number = whole(request.args, name)
    return -1 if number is None else number


def _province(number: int) -> dict[str, Any]:
    code, name = PROVINCES[number]
    return {"PROVINCE_ID": number, "PROVINCE_CODE": code, "PROVINCE_NAME": name}


def _ward(number: int) -> dict[str, Any]:
    name, district = WARDS[number]
    return {"WARDS_ID": number, "WARDS_NAME": name, "DISTRICT_ID": district}
