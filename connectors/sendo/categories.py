"""The part of Sendo's category tree our produce falls into: real ids and names of 2022.

Shared by the rule pack and the mock. The connector's `categories()` always asks the marketplace.
"""

from dataclasses import dataclass
from functools import cache

from connectors.kit.protocol import Attribute, Schema

LEAF_LEVEL = 4  #: a product's `cat_4_id`; the top rows of `category/0` are level 2
TOP = 2  #: `parent_id` of the top rows


@dataclass(frozen=True)
class Node:
    id: int
    parent_id: int
    level: int
    name: str  #: from level 3 on the whole path, joined by " | "


_TREE = {
    (2399, "Thực Phẩm Tươi Sống"): {
        (3673, "Rau - củ - quả"): {2422: "Trái Cây", 2420: "Rau", 2421: "Củ", 2423: "Nấm"},
    },
    (1171, "Bách Hóa Tổng Hợp"): {
        (1190, "Thực phẩm khô"): {1192: "Rau củ quả sấy", 1193: "Hạt sấy", 2621: "Gạo nếp"},
        (1227, "Đồ uống"): {1229: "Chè - trà", 1628: "Nước ép trái cây"},
        (1214, "Thực phẩm bổ dưỡng"): {1218: "Sản phẩm từ mật ong"},
        (1172, "Bánh mứt"): {1180: "Mứt"},
    },
}

#: Attributes of leaf 2422 (id, name); assumed to be the same for the other leaves. None is required.
ATTRIBUTES = ((1246, "Hạn sử dụng"), (841, "Trọng lượng (kg)"), (1247, "Nguồn gốc sản phẩm"))


@cache
def tree() -> dict[int, Node]:
    """Every category we know, by id."""
    nodes = {}
    for (top_id, top), middles in _TREE.items():
        nodes[top_id] = Node(top_id, TOP, 2, top)
        for (middle_id, middle), leaves in middles.items():
            nodes[middle_id] = Node(middle_id, top_id, 3, f"{top} | {middle}")
            for leaf_id, leaf in leaves.items():
                nodes[leaf_id] = Node(leaf_id, middle_id, LEAF_LEVEL, f"{top} | {middle} | {leaf}")
    return nodes


@cache
def leaves() -> frozenset[int]:
    """Ids a product may be put into."""
    return frozenset(node.id for node in tree().values() if node.level == LEAF_LEVEL)


def known_schema(category: str) -> Schema | None:
    """What a leaf asks, by its id as text: nothing that is required."""
    if not (category.isascii() and category.isdigit() and int(category) in leaves()):
        return None
    asked = tuple(Attribute(str(number), name, required=False) for number, name in ATTRIBUTES)
    return Schema(category, asked)
