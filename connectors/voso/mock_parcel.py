"""The documented parcel calls with their quirks: prices, create and edit, printing, a repeated push."""

import secrets
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, request

from connectors.kit.figures import truth
from connectors.voso.mock_parcel_rules import NO_PRICE, money_of, parcel_fields, route
from connectors.voso.mock_parcels import ENTERED, Impassable, Parcel
from connectors.voso.mock_places import SERVICES
from connectors.voso.mock_wire import VosoSays, answer, bare, mock, needed, sent, text, whole, wrong

ALREADY = "Order status already exists on the system"
UNKNOWN = "Order does not exist"
PRINTED_MOST = 100

bp = Blueprint("parcel", __name__, url_prefix="/v2/order")


@bp.post("/getPrice", defaults={"by_text": False})
@bp.post("/getPriceNlp", defaults={"by_text": True})
def price(by_text: bool) -> Response:  # noqa: FBT001 - named in the routes
    """The price of one service."""
    body = sent()
    service = text(body, "ORDER_SERVICE")
    if service not in SERVICES:
        raise wrong("ORDER_SERVICE")
    ends, weight, collection = _asked(body, by_text=by_text)
    near = ends["SENDER_PROVINCE"] == ends["RECEIVER_PROVINCE"]
    money = money_of(service, weight, collection, near=near)
    return answer({**money, "EXCHANGE_WEIGHT": weight, "KPI_HT": float(SERVICES[service][2])})


@bp.post("/getPriceAll")
def prices() -> Response:
    """The prices of all services: a bare array."""
    body = sent()
    return bare(_all_prices(*_asked(body, by_text=False)))


@bp.post("/getPriceAllNlp")
def prices_by_text() -> Response:
    """The same for written addresses: a bare object."""
    body = sent()
    told = {name: text(body, name) for name in ("SENDER_ADDRESS", "RECEIVER_ADDRESS")}
    return bare({**told, "RESULT": _all_prices(*_asked(body, by_text=True))})


def _asked(body: Mapping[str, Any], *, by_text: bool) -> tuple[dict[str, Any], int, int]:
    weight, collection = whole(body, "PRODUCT_WEIGHT"), whole(body, "MONEY_COLLECTION") or 0
    weight = 50 if weight is None else weight
    if weight <= 0:
        raise wrong("PRODUCT_WEIGHT")
    if collection < 0:
        raise VosoSays("Invalid [MONEY_COLLECTION]")
    return route(body, by_text=by_text), weight, collection


def _all_prices(ends: Mapping[str, Any], weight: int, collection: int) -> list[dict[str, Any]]:
    near = ends["SENDER_PROVINCE"] == ends["RECEIVER_PROVINCE"]
    return [
        {
            "MA_DV_CHINH": code,
            "TEN_DICHVU": name,
            "GIA_CUOC": money_of(code, weight, collection, near=near)["MONEY_TOTAL"],
            "THOI_GIAN": f"{hours} giờ",
            "EXCHANGE_WEIGHT": weight,
            "EXTRA_SERVICE": [],
        }
        for code, (name, _, hours) in SERVICES.items()
    ]


@bp.post("/createOrder", defaults={"by_text": False})
@bp.post("/createOrderNlp", defaults={"by_text": True})
def create(by_text: bool) -> Response:  # noqa: FBT001 - named in the routes
    """Take a parcel; with CHECK_UNIQUE a number that was used is refused."""
    body = sent()
    if not text(body, "ORDER_NUMBER"):
        raise VosoSays(NO_PRICE, status=204)
    fields = parcel_fields(body, by_text=by_text)
    if truth(body.get("CHECK_UNIQUE")) and fields["ORDER_NUMBER"] in mock().parcels.codes:
        raise VosoSays(ALREADY)
    return answer(_told(mock().parcels.add(mock().next_waybill("VTP"), fields, _money(fields))))


@bp.post("/edit")
def edit() -> Response:
    """Write a parcel anew, as long as no post office entered it."""
    body = sent()
    parcel = _parcel(text(body, "ORDER_NUMBER"))
    if parcel.status >= ENTERED:
        raise VosoSays(ALREADY)
    fields = parcel_fields(body, by_text=False)
    parcel.fields = {**fields, "ORDER_NUMBER": parcel.fields["ORDER_NUMBER"]}
    parcel.money = _money(fields)
    return answer(_told(parcel))


def _money(fields: Mapping[str, Any]) -> dict[str, int]:
    near = fields["SENDER_PROVINCE"] == fields["RECEIVER_PROVINCE"]
    service, weight = fields["ORDER_SERVICE"], fields["PRODUCT_WEIGHT"]
    money = money_of(service, weight, fields["MONEY_COLLECTION"], near=near)
    if fields["EXTRA_MONEY"] > 2 * money["MONEY_TOTAL_FEE"]:
        raise wrong("EXTRA_MONEY")
    return money


def _told(parcel: Parcel) -> dict[str, Any]:
    fields = parcel.fields
    return {
        "ORDER_NUMBER": parcel.waybill,
        "MONEY_COLLECTION": fields["MONEY_COLLECTION"],
        "EXCHANGE_WEIGHT": fields["PRODUCT_WEIGHT"],
        **parcel.money,
        "KPI_HT": float(SERVICES[fields["ORDER_SERVICE"]][2]),
        "RECEIVER_PROVINCE": fields["RECEIVER_PROVINCE"],
        "RECEIVER_DISTRICT": fields.get("RECEIVER_DISTRICT"),
        "RECEIVER_WARD": fields.get("RECEIVER_WARD"),
        "SORT_CODE": None,
    }


def _parcel(waybill: str) -> Parcel:
    parcel = mock().parcels.by_waybill.get(waybill)
    if parcel is None:
        raise VosoSays(UNKNOWN)
    return parcel


def move(waybill: str, step: int) -> None:
    """One TYPE of UpdateOrder for a parcel."""
    parcel = _parcel(waybill)
    try:
        mock().parcels.move(parcel, step)
    except KeyError as error:
        raise wrong("TYPE") from error
    except Impassable as error:
        raise VosoSays(ALREADY) from error


@bp.post("/printing-code")
def printing_code() -> Response:
    """A code to print labels with; it is in `message`, and `data` is null."""
    body = sent()
    numbers = body.get("ORDER_ARRAY")
    if needed(body, "EXPIRY_TIME") <= mock().now().timestamp() * 1000:
        raise wrong("EXPIRY_TIME")
    if not isinstance(numbers, list) or not 1 <= len(numbers) <= PRINTED_MOST:
        raise wrong("ORDER_ARRAY")
    for number in numbers:
        _parcel(number if isinstance(number, str) else "")
    return answer(message=secrets.token_urlsafe(32))


@bp.get("/registerOrderHook")
def push_again() -> Response:
    """Push the state of one parcel once more."""
    mock().parcels.tell(_parcel(request.args.get("oid", "")))
    return answer()
