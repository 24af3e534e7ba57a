"""What the parcel API takes: the fields, limits and error sentences of its document; the fees are ours."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from connectors.kit.text import fits
from connectors.voso.dates import MOMENT
from connectors.voso.mock_places import DISTRICTS, PROVINCES, SERVICES, WARDS, named_province
from connectors.voso.mock_wire import Faulty, VosoSays, mock, text, whole, wrong

TEXT_MOST = 150  #: bytes of every String
NO_PRICE = "Price does not apply to this itinerary!"
_TEXTS = (
    "ORDER_NUMBER", "SENDER_FULLNAME", "SENDER_ADDRESS", "SENDER_PHONE", "SENDER_EMAIL", "RECEIVER_FULLNAME",
    "RECEIVER_ADDRESS", "RECEIVER_PHONE", "RECEIVER_EMAIL", "PRODUCT_NAME", "PRODUCT_DESCRIPTION",
    "ORDER_SERVICE_ADD", "ORDER_NOTE",
)  # fmt: skip
_NEEDED = ("SENDER_FULLNAME", "SENDER_PHONE", "RECEIVER_FULLNAME", "RECEIVER_PHONE", "PRODUCT_NAME")
#: Long -> value when it is left out.
_LONGS = {
    "GROUPADDRESS_ID": 0, "CUS_ID": 0, "PRODUCT_QUANTITY": 1, "PRODUCT_PRICE": 0, "PRODUCT_WEIGHT": 50,
    "PRODUCT_LENGTH": 0, "PRODUCT_WIDTH": 0, "PRODUCT_HEIGHT": 0, "EXTRA_MONEY": 0,
}  # fmt: skip
_ITEMS = ("PRODUCT_NAME", "PRODUCT_QUANTITY", "PRODUCT_PRICE", "PRODUCT_WEIGHT")


def parcel_fields(body: Mapping[str, Any], *, by_text: bool) -> dict[str, Any]:
    """A create or edit body read and checked; `by_text`: places are told by address (the Nlp routes)."""
    faulty = Faulty()
    fields: dict[str, Any] = {}
    for name in _TEXTS:
        with faulty.field():
            fields[name] = _text(body, name, needed=name in _NEEDED)
    for name, usual in _LONGS.items():
        with faulty.field():
            fields[name] = _long(body, name, usual)
    with faulty.field():
        fields.update(_services(body))
    with faulty.field():
        _date(body)
    with faulty.field():
        fields["ITEMS"] = _items(body, "PRODUCT_DETAIL" if by_text else "LIST_ITEM")
    faulty.tell()
    fields["MONEY_COLLECTION"] = _collection(body)
    points = [row["groupaddressId"] for row in mock().inventories]
    if fields["GROUPADDRESS_ID"] and fields["GROUPADDRESS_ID"] not in points:
        raise VosoSays("Groupaddress is invalid")
    fields.update(route(body, by_text=by_text, wards=True))
    return fields


def _text(body: Mapping[str, Any], name: str, *, needed: bool = False) -> str:
    value = text(body, name)
    if not fits(value, TEXT_MOST) or (needed and not value.strip()):
        raise wrong(name)
    return value


def _long(body: Mapping[str, Any], name: str, usual: int) -> int:
    value = whole(body, name)
    if value is not None and value < 0:
        raise wrong(name)
    return usual if value is None else value


def _services(body: Mapping[str, Any]) -> dict[str, Any]:
    faulty = Faulty()
    service, kind = text(body, "ORDER_SERVICE"), text(body, "PRODUCT_TYPE") or "HH"
    payment = whole(body, "ORDER_PAYMENT")
    for good, name in (
        (service in SERVICES, "ORDER_SERVICE"),
        (payment in (1, 2, 3, 4), "ORDER_PAYMENT"),
        (kind in ("TH", "HH"), "PRODUCT_TYPE"),
    ):
        if not good:
            faulty.said += wrong(name).said
    faulty.tell()
    return {"ORDER_SERVICE": service, "ORDER_PAYMENT": payment, "PRODUCT_TYPE": kind}


def _date(body: Mapping[str, Any]) -> None:
    written = text(body, "DELIVERY_DATE")
    try:
        _ = written and datetime.strptime(written, MOMENT)  # noqa: DTZ007 - only its form matters
    except ValueError as error:
        raise wrong("DELIVERY_DATE") from error


def _items(body: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    rows = body.get(name) or []
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise wrong(name)
    for row in rows:
        _text(row, "PRODUCT_NAME")
        for item in _ITEMS[1:]:
            _long(row, item, 0)
    return [{item: row.get(item) for item in _ITEMS} for row in rows]


def _collection(body: Mapping[str, Any]) -> int:
    try:
        return _long(body, "MONEY_COLLECTION", 0)
    except VosoSays as says:
        raise VosoSays("Invalid [MONEY_COLLECTION]") from says


def route(body: Mapping[str, Any], *, by_text: bool, wards: bool = False) -> dict[str, Any]:
    """Where from and where to; both ends speak the same address system."""
    if by_text:
        ends = {side: named_province(_text(body, f"{side}_ADDRESS")) for side in ("SENDER", "RECEIVER")}
        if None in ends.values():
            raise VosoSays(NO_PRICE, status=204)
        return {f"{side}_PROVINCE": province for side, province in ends.items()}
    faulty, fields = Faulty(), {}
    for side in ("SENDER", "RECEIVER"):
        with faulty.field():
            fields.update(_place(body, side))
    faulty.tell()
    lost = [side for side in ("SENDER", "RECEIVER") if wards and fields[f"{side}_WARD"] not in WARDS]
    if lost:
        raise VosoSays(", ".join(f"Invalid [{side}_WARD]" for side in lost))
    systems = {side: fields[f"{side}_NEW"] for side in ("SENDER", "RECEIVER")}
    if systems["SENDER"] != systems["RECEIVER"]:
        old, new = ("RECEIVER", "SENDER") if systems["SENDER"] else ("SENDER", "RECEIVER")
        raise VosoSays(f"{old} with address old or {new} with address new")
    return fields


def _place(body: Mapping[str, Any], side: str) -> dict[str, Any]:
    """One end of a route; without a district, or in the pseudo-district, its address has two levels."""
    province, district = whole(body, f"{side}_PROVINCE"), whole(body, f"{side}_DISTRICT")
    ward = whole(body, f"{side}_WARD")
    if province not in PROVINCES:
        raise wrong(f"{side}_PROVINCE")
    if district and (district not in DISTRICTS or DISTRICTS[district][2] != province):
        raise wrong(f"{side}_DISTRICT")
    if ward and (ward not in WARDS or (district and WARDS[ward][1] != district)):
        raise wrong(f"{side}_WARD")
    of_ward = DISTRICTS[WARDS[ward][1]] if ward else None
    if of_ward is not None and of_ward[2] != province:
        raise wrong(f"{side}_WARD")
    new = DISTRICTS[district][0] == "NEW" if district else of_ward is None or of_ward[0] == "NEW"
    return {
        f"{side}_PROVINCE": province,
        f"{side}_DISTRICT": district,
        f"{side}_WARD": ward,
        f"{side}_NEW": new,
    }


def money_of(service: str, weight: int, collection: int, *, near: bool) -> dict[str, int]:
    """Fees in đồng: less within a province, more for each further half kilogram, COD and tax on top."""
    main = SERVICES[service][1] // (2 if near else 1) + max(0, -(-(weight - 2_000) // 500)) * 2_500
    fuel, cod = main // 10, collection // 100
    tax = (main + fuel + cod) * 8 // 100
    return {
        "MONEY_TOTAL": main + fuel + cod + tax,
        "MONEY_TOTAL_FEE": main,
        "MONEY_FEE": fuel,
        "MONEY_COLLECTION_FEE": cod,
        "MONEY_OTHER_FEE": 0,
        "MONEY_VAS": 0,
        "MONEY_VAT": tax,
    }
