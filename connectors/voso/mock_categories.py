"""The marketplace's categories in the mock; no token is asked for."""

from flask import Blueprint, Response, request

from connectors.voso.categories import schema_of, tree
from connectors.voso.mock_wire import answer, bare, whole, wrong

bp = Blueprint("categories", __name__, url_prefix="/v2/categories")


@bp.get("/listCategory")
def categories() -> Response:
    """The children of a category; -1 has the whole tree."""
    parent = whole(request.args, "parentId")
    rows = [
        {
            "CATEGORY_ID": node.id,
            "CATEGORY_NAME": node.name,
            "PARENT_ID": node.parent_id or -1,
            "IS_LEAF": node.leaf,
        }
        for node in tree().values()
        if parent in (None, -1, node.parent_id)
    ]
    return answer(rows)


@bp.get("/listAttribute")
def attributes() -> Response:
    """What a leaf asks of its goods: a bare array, as some answers of this house are."""
    schema = schema_of(whole(request.args, "categoryId") or 0)
    if schema is None:
        raise wrong("CATEGORY_ID")
    rows = [
        {
            "ATTRIBUTE_ID": place,
            "ATTRIBUTE_CODE": attribute.id,
            "ATTRIBUTE_NAME": attribute.name,
            "IS_REQUIRED": attribute.required,
            "REQUIRED_WITH": attribute.required_with,
            "INPUT_TYPE": "SELECT" if attribute.options else "TEXT",
            "VALUES": list(attribute.options),
        }
        for place, attribute in enumerate(schema.attributes, 1)
    ]
    return bare(rows)
