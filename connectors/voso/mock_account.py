"""The account's side of the parcel API: pickup points, and registering a customer."""

from flask import Blueprint, Response

from connectors.kit.text import fits
from connectors.voso.mock_places import DISTRICTS, WARDS
from connectors.voso.mock_wire import Faulty, answer, mock, needed, sent, text, wrong

TEXT_MOST = 150

bp = Blueprint("account", __name__, url_prefix="/v2/user")


@bp.get("/listInventory")
def inventories() -> Response:
    """Pickup points; their keys are camelCase, unlike all others."""
    return answer(mock().inventories)


@bp.post("/registerInventory")
def register_inventory() -> Response:
    """A new pickup point; answers the whole list."""
    said, ward = _person("NAME", "PHONE", "ADDRESS")
    district = WARDS[ward][1]
    mock().inventories.append({
        "groupaddressId": len(mock().inventories) + 1, "cusId": mock().inventories[0]["cusId"],
        "name": said["NAME"], "phone": said["PHONE"], "address": said["ADDRESS"],
        "provinceId": DISTRICTS[district][2], "districtId": district, "wardsId": ward, "postId": 0,
        "merchant": None,
    })  # fmt: skip
    return answer(mock().inventories)


@bp.post("/ownerRegister")
def register_owner() -> Response:
    """A new customer of the partner; answers as a login does."""
    said, _ = _person("EMAIL", "PHONE", "NAME", "ADDRESS")
    token, ends = mock().log_in(long=True)
    return answer({"userId": 0, "token": token, "partner": 0, "phone": said["PHONE"], "expired": ends * 1000})


def _person(*names: str) -> tuple[dict[str, str], int]:
    """Texts that must be there, and a ward that is known."""
    body, faulty, said, ward = sent(), Faulty(), {}, 0
    for name in names:
        with faulty.field():
            said[name] = text(body, name)
            if not said[name].strip() or not fits(said[name], TEXT_MOST):
                raise wrong(name)
    with faulty.field():
        ward = needed(body, "WARDS_ID")
        if ward not in WARDS:
            raise wrong("WARDS_ID")
    faulty.tell()
    return said, ward
