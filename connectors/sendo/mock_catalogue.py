"""Categories, attributes, brands and address names of the mock."""

from typing import Any

from flask import Blueprint, Response, request

from connectors.sendo.categories import ATTRIBUTES, LEAF_LEVEL, TOP, Node, tree
from connectors.sendo.mock_fields import SendoSays
from connectors.sendo.mock_wire import answer

bp = Blueprint("catalogue", __name__, url_prefix="/api")

#: Invented numbers; the names are what an address answer shows.
_PLACES = {
    "region": {1: ("Hà Nội", 0), 2: ("Hà Giang", 0)},
    "district": {10: ("Quận Thử", 1), 20: ("Huyện Vị Xuyên", 2), 21: ("Huyện Bắc Quang", 2)},
    "ward": {100: ("Phường Thử", 10), 200: ("Xã Đạo Đức", 20), 210: ("Xã Vĩnh Hảo", 21)},
}
_PARENT = {"region": "", "district": "regionId", "ward": "districtId"}


@bp.get("/partner/category/<int:category_id>")
def children(category_id: int) -> Response:
    """Children of a category; 0 has the top rows, of level 2."""
    if category_id and category_id not in tree():
        raise SendoSays("Danh mục không tồn tại")
    parent = category_id or TOP
    return answer([_row(node) for node in tree().values() if node.parent_id == parent])


@bp.get("/partner/category/attribute/<int:category_id>")
def attributes(category_id: int) -> Response:
    """Attributes of a leaf with their options."""
    node = _leaf(category_id)
    listed = [
        {
            "id": number, "control_type": "CheckBox", "name": name, "is_required": False,
            "is_checkout": False,
            "attribute_values": [{"id": number * 10 + place, "value": value, "is_selected": False}
                                 for place, value in enumerate(_OPTIONS.get(number, ()), 1)],
        }
        for number, name in ATTRIBUTES
    ]  # fmt: skip
    return answer({**_row(node), "attribute": listed, "product_types": [1]})


_OPTIONS = {1246: ("7 ngày", "30 ngày", "12 tháng"), 841: ("1", "5", "10"), 1247: ("Việt Nam",)}


@bp.get("/partner/category/brand/<int:category_id>")
def brands(category_id: int) -> Response:
    """Brands of a leaf; only Senmall shops need one."""
    _leaf(category_id)
    brand = {
        "external_id": 1,
        "name": "OCOP",
        "is_required_certificate_file": False,
        "senmall_description": "",
    }
    return answer([brand])


@bp.get("/address/<any(region,district,ward):kind>")
def places(kind: str) -> Response:
    """Regions, the districts of a region, the wards of a district."""
    parent = request.args.get(_PARENT[kind], "")
    found = [
        {"id": number, "name": name}
        for number, (name, above) in _PLACES[kind].items()
        if not parent or str(above) == parent
    ]
    return answer(found)


@bp.get("/address/<any(region,district,ward):kind>/<int:number>")
def place(kind: str, number: int) -> Response:
    """One name."""
    if number not in _PLACES[kind]:
        raise SendoSays("Địa chỉ không tồn tại")
    return answer({"id": number, "name": _PLACES[kind][number][0]})


def _leaf(category_id: int) -> Node:
    node = tree().get(category_id)
    if node is None or node.level != LEAF_LEVEL:
        raise SendoSays("Danh mục không tồn tại")
    return node


def _row(node: Node) -> dict[str, Any]:
    stubs = None
    if node.level == LEAF_LEVEL:
        stubs = [
            {"id": number, "control_type": "", "name": name, "is_required": False, "is_checkout": False,
             "attribute_values": None}
            for number, name in ATTRIBUTES
        ]  # fmt: skip
    return {
        "id": node.id,
        "name": node.name,
        "parent_id": node.parent_id,
        "level": node.level,
        "is_config_variant": False,
        "is_self_shipping": False,
        "attribute": stubs,
        "product_types": None,
    }
