"""A small category tree for the produce of Hà Giang; every number and name is ours, none is public.

Shared by the rule pack and the mock. The connector's `categories()` always asks the marketplace.
"""

from dataclasses import dataclass
from functools import cache

from connectors.kit.protocol import Attribute, Schema


@dataclass(frozen=True)
class Node:
    id: int
    parent_id: int | None
    name: str
    leaf: bool


_TREE = {
    (1000, "Nông sản tươi"): {
        1010: "Trái cây có múi",
        1020: "Trái cây khác",
        1030: "Rau, củ, nấm",
    },
    (1100, "Thực phẩm khô"): {
        1110: "Gạo, ngũ cốc, hạt",
        1120: "Gia vị, nước chấm",
        1130: "Thịt sấy, thịt gác bếp",
        1140: "Rau củ quả sấy",
        1150: "Bánh kẹo, mứt",
    },
    (1200, "Đồ uống"): {
        1210: "Chè, trà",
        1220: "Nước ép, nước giải khát",
    },
    (1300, "Thực phẩm bổ dưỡng"): {
        1310: "Mật ong",
        1320: "Tinh bột, thảo mộc",
    },
    (1400, "Thủ công mỹ nghệ"): {
        1410: "Vải, thổ cẩm",
        1420: "Đồ gia dụng thủ công",
    },
}
_CRAFTS = 1400

ORIGIN = Attribute("XUAT_XU", "Xuất xứ", required=True)
EXPIRY = Attribute("HAN_SU_DUNG", "Hạn sử dụng", required=True)
MATERIAL = Attribute("CHAT_LIEU", "Chất liệu", required=False)
STORAGE = Attribute("BAO_QUAN", "Cách bảo quản", required=False)
STARS = Attribute("OCOP_SAO", "Số sao OCOP", required=False, options=("0", "3", "4", "5"))
CERTIFICATE = Attribute("SO_GCN_OCOP", "Số giấy chứng nhận OCOP", required=False, required_with="OCOP_SAO")
_FOOD = (ORIGIN, EXPIRY, STORAGE, STARS, CERTIFICATE)
_CRAFT = (ORIGIN, MATERIAL, STARS, CERTIFICATE)


@cache
def tree() -> dict[int, Node]:
    """Every category we know, by id, parents first."""
    nodes = {}
    for (top_id, top), leaves in _TREE.items():
        nodes[top_id] = Node(top_id, None, top, leaf=False)
        for leaf_id, leaf in leaves.items():
            nodes[leaf_id] = Node(leaf_id, top_id, leaf, leaf=True)
    return nodes


def schema_of(category: int) -> Schema | None:
    """What a leaf asks of its goods; None when there is no such leaf."""
    node = tree().get(category)
    if node is None or not node.leaf:
        return None
    return Schema(str(category), _CRAFT if node.parent_id == _CRAFTS else _FOOD)


def known_schema(category: str) -> Schema | None:
    """The same by the id as text; None for what is no number."""
    return schema_of(int(category)) if category.isascii() and category.isdigit() else None
