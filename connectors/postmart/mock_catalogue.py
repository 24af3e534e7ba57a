"""Categories of the mock, what they ask of goods, and address names."""

from flask import Blueprint, Response

from connectors.postmart import mock_places
from connectors.postmart.categories import schema, tree
from connectors.postmart.mock_wire import PostmartSays, answer, asked

bp = Blueprint("catalogue", __name__)


@bp.get("/getAllCategory")
def categories() -> Response:
    """The whole tree as a bare array."""
    return answer([
        {"categoryCode": node.code, "categoryName": node.name, "parentCode": node.parent, "isLeaf": node.leaf}
        for node in tree().values()
    ])  # fmt: skip


@bp.get("/getCategoryProps")
def props() -> Response:
    """What a leaf asks of its goods."""
    told = schema(asked("code"))
    if told is None:
        raise PostmartSays("Ngành hàng không tồn tại hoặc chưa phải cấp cuối")
    return answer([
        {"propCode": one.id, "propName": one.name, "mustHave": one.required, "listValue": list(one.options)}
        for one in told.attributes
    ])  # fmt: skip


@bp.get("/getAllProvince")
def provinces() -> Response:
    """Provinces before the merger."""
    return answer(mock_places.provinces(mock_places.PROVINCES))


@bp.get("/getAllDistrict")
def districts() -> Response:
    """Districts before the merger."""
    return answer(mock_places.districts())


@bp.get("/getAllCommune")
def communes() -> Response:
    """Communes before the merger."""
    return answer(mock_places.communes())


@bp.get("/getNewProvinceAll")
def new_provinces() -> Response:
    """Provinces after the merger."""
    return answer(mock_places.provinces(mock_places.NEW_PROVINCES))


@bp.get("/getNewCommuneAll")
def new_communes() -> Response:
    """Communes after the merger."""
    return answer(mock_places.new_communes())
