"""Address names of the mock: both the old three levels and the new two; codes are invented."""

from typing import Any

#: Provinces of both systems by code, old districts, and communes of the old and the new system.
PROVINCES = {"10": "Hà Nội", "20": "Hà Giang", "22": "Tuyên Quang"}
DISTRICTS = {"1010": ("Quận Thử", "10"), "2010": ("Huyện Vị Xuyên", "20"), "2020": ("Huyện Bắc Quang", "20")}
COMMUNES = {
    "10101": ("Phường Thử", "1010"),
    "20101": ("Xã Đạo Đức", "2010"),
    "20201": ("Xã Vĩnh Hảo", "2020"),
}
NEW_PROVINCES = {"10": "Hà Nội", "22": "Tuyên Quang"}
NEW_COMMUNES = {
    "10001": ("Phường Thử Mới", "10"),
    "22001": ("Xã Vị Xuyên", "22"),
    "22002": ("Xã Vĩnh Tuy", "22"),
}


def provinces(names: dict[str, str]) -> list[dict[str, Any]]:
    """Rows of a province list."""
    return [{"provinceCode": code, "provinceName": name} for code, name in names.items()]


def districts() -> list[dict[str, Any]]:
    """Rows of the district list."""
    return [
        {"districtCode": code, "districtName": name, "provinceCode": above}
        for code, (name, above) in DISTRICTS.items()
    ]


def communes() -> list[dict[str, Any]]:
    """Rows of the old commune list."""
    return [
        {"communeCode": code, "communeName": name, "districtCode": above}
        for code, (name, above) in COMMUNES.items()
    ]


def new_communes() -> list[dict[str, Any]]:
    """Rows of the new commune list; its province stands under `districtCode`, as in the real one."""
    return [
        {"communeCode": code, "communeName": name, "districtCode": above}
        for code, (name, above) in NEW_COMMUNES.items()
    ]
