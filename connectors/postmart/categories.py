"""The category tree of our Postmart: the slugs of the farm section are known, everything below them is ours.

Shared by the rule pack and the mock. The connector's `categories()` always asks the marketplace.
"""

from dataclasses import dataclass
from functools import cache

from connectors.kit.protocol import Attribute, Schema

OCOP_STAR, OCOP_CERTIFICATE = "ocopStar", "ocopCertificate"  #: attributes that travel as fields of their own


@dataclass(frozen=True)
class Node:
    code: str
    name: str
    parent: str | None = None
    leaf: bool = False


_TREE = {
    ("thuc-pham-va-dac-san", "Thực phẩm và đặc sản"): {
        "trai-cay-tuoi": "Trái cây tươi",
        "gao-ngu-coc": "Gạo, ngũ cốc",
        "tra-che": "Chè, trà",
        "gia-vi-rau-cu-say": "Gia vị, rau củ sấy",
        "thit-kho-gac-bep": "Thịt khô, thịt gác bếp",
        "banh-mut-dac-san": "Bánh, mứt đặc sản",
        "tuong-cham-dua-muoi": "Tương, đồ chấm, dưa muối",
    },
    ("thuc-pham-bo-duong", "Thực phẩm bổ dưỡng"): {
        "mat-ong": "Mật ong",
        "tinh-bot-bot-nghe": "Tinh bột, bột nghệ",
    },
    ("suc-khoe-va-lam-dep", "Sức khỏe và làm đẹp"): {
        "tra-thao-moc": "Trà thảo mộc",
    },
    ("san-pham-ocop", "Sản phẩm OCOP"): {
        "qua-tang-ocop": "Quà tặng OCOP",
    },
    ("thu-cong-my-nghe", "Thủ công mỹ nghệ"): {
        "vai-lanh-tho-cam": "Vải lanh, thổ cẩm",
    },
}

_STARS = ("0", "3", "4", "5")
_ORIGIN = Attribute("PROP0101", "Xuất xứ", required=False)
_KEEPS = Attribute("PROP0102", "Hạn sử dụng", required=False)
_KEEPS_NEEDED = Attribute("PROP0102", "Hạn sử dụng", required=True)
_FLOWER = Attribute(
    "PROP0103", "Loại hoa", required=True, options=("Hoa bạc hà", "Hoa rừng", "Hoa nhãn", "Khác")
)
_STAR = Attribute(OCOP_STAR, "Hạng sao OCOP", required=False, options=_STARS)
_STAR_NEEDED = Attribute(OCOP_STAR, "Hạng sao OCOP", required=True, options=_STARS[1:])
_CERTIFICATE = Attribute(OCOP_CERTIFICATE, "Số giấy chứng nhận OCOP", required=False, required_with=OCOP_STAR)
_USUAL = (_ORIGIN, _KEEPS, _STAR, _CERTIFICATE)
_ASKED = {
    "mat-ong": (_FLOWER, *_USUAL),
    "thit-kho-gac-bep": (_ORIGIN, _KEEPS_NEEDED, _STAR, _CERTIFICATE),
    "qua-tang-ocop": (_ORIGIN, _KEEPS, _STAR_NEEDED, _CERTIFICATE),
}


@cache
def tree() -> dict[str, Node]:
    """Every category, by code; parents before children."""
    nodes = {}
    for (top, name), leaves in _TREE.items():
        nodes[top] = Node(top, name)
        nodes.update({code: Node(code, leaf, top, leaf=True) for code, leaf in leaves.items()})
    return nodes


def schema(code: str) -> Schema | None:
    """What a leaf asks of its goods; None when there is no such leaf."""
    node = tree().get(code)
    return Schema(code, _ASKED.get(code, _USUAL)) if node is not None and node.leaf else None
