"""What stays from one household to the next: commune, hamlet, day, way of consent; in a cookie."""

from flask import session

from catalog.communes import Place
from catalog.forms import HouseholdIn
from catalog.models import ConsentChannel
from catalog.views.common import me
from marketplace.core import clock, web
from marketplace.core.units import date_vi

PLACE = "place"


def kept(places: list[Place]) -> dict[str, object]:
    """Place and day of the household before, if this person still works there; the day lasts one day."""
    kept = session.get(PLACE) or {}
    today = clock.today()
    start: dict[str, object] = {"given_on": date_vi(today), "channel": ConsentChannel.SIGNATURE.value}
    if kept.get("who") != me().id or kept.get("commune_id") not in {place.id for place in places}:
        return start | ({"commune_id": places[0].id} if len(places) == 1 else {})
    day = kept["given_on"] if kept["on"] == today.isoformat() else date_vi(today)
    return {name: kept[name] for name in ("commune_id", "village", "channel")} | {"given_on": day}


def remember(data: HouseholdIn) -> None:
    """Keep place and day of what was just written down."""
    today = clock.today()
    session[PLACE] = {
        "who": me().id,
        "on": today.isoformat(),
        "commune_id": data.commune_id,
        "village": data.village,
        "given_on": date_vi(data.given_on or today),
        "channel": data.channel.value,
    }


def words(form: web.Form, places: list[Place]) -> list[str]:
    """The bar above the form: commune, hamlet, day."""
    commune = next((place.name for place in places if str(place.id) == form.value("commune_id")), "")
    return [word for word in (commune, form.value("village"), form.value("given_on")) if word]


def village() -> str | None:
    """The hamlet this person works in; None before the first household."""
    kept = session.get(PLACE) or {}
    return str(kept["village"]) if kept.get("who") == me().id else None
