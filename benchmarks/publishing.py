"""Publishing and restocking through the real worker, beside a bare `requests` session.

Ours, for every listing: exposure stored before sending, three commits a batch with full durability, a journal
entry without personal data, and every answer judged. Theirs: the calls alone, one kept connection; stock one
listing a call, as somebody without batches would send it. Both speak to one mock, a process of its own that
sets no pace. After a reset the mock numbers its goods anew, so calls that name a number are refused at once
when they are repeated: that flatters the limit, never us.
"""

import json
import statistics
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Any
from unittest.mock import patch

import requests
from sqlalchemy import delete, update
from sqlmodel import Session, col, func, select

from benchmarks.harness import NOW, Place, Result, installation, options, seconds, shift, tell
from connectors.kit.discovery import marketplaces
from marketplace.core import clock
from marketplace.core.config import MarketplaceSettings
from marketplace.core.db import writing
from marketplace.selling.models import Exchange, Listing, Shop
from marketplace.selling.sync.worker import Worker
from tests import factories as make
from tests.support.everywhere import every_mock, wish_everywhere
from tests.support.processes import Control


def main() -> None:
    asked = options(__doc__, listings=(500, "listings to publish"), rounds=(3, "rounds, the median counts"))
    clock.shift_by(shift())
    results = [
        result
        for name in marketplaces()
        for result in measured(name, asked.listings, asked.rounds, postgres=asked.postgres)
    ]
    tell(results, as_json=asked.as_json)


def measured(name: str, listings: int, rounds: int, *, postgres: bool) -> list[Result]:
    """Publishing and restocking on one marketplace."""
    with installation(postgres=postgres) as place, every_mock("--rate", "0", names=[name]) as mocks:
        control = Control(mocks[name])
        place.settings.marketplaces[name] = MarketplaceSettings(calls_per_second=100_000)
        with writing(place.engine) as db:
            make.load_communes(db)
        wish_everywhere(place.engine, place.settings, mocks, listings)
        publishing = compared(
            f"publish {listings} listings on {name}", 0.6, rounds,
            prepare=lambda: start_over(place, control), check=lambda: check(place, control, listings),
            work=lambda: work(place), limit=each, between=lambda: control.post("reset"),
        )  # fmt: skip
        start_over(place, control)
        work(place)
        restocking = compared(
            f"restock {listings} listings on {name}", 1.0, rounds,
            prepare=lambda: restock(place), check=lambda: check(place, control, listings),
            work=lambda: work(place), limit=row_by_row, between=lambda: None,
        )  # fmt: skip
    return [publishing, restocking]


def compared(
    name: str,
    aim: float,
    rounds: int,
    *,
    prepare: Callable[[], None],
    work: Callable[[], None],
    check: Callable[[], None],
    limit: Callable[[list[requests.PreparedRequest]], None],
    between: Callable[[], object],
) -> Result:
    """Our work and the bare calls in turns; the calls are those of a first round."""
    prepare()
    with captured() as sent:
        work()
    ours, bare = [], []
    for _ in range(rounds):
        prepare()
        ours.append(seconds(work))
        check()
        between()
        bare.append(seconds(lambda: limit(sent)))
    pairs = [theirs / mine for mine, theirs in zip(ours, bare, strict=True)]
    facts = {"calls": len(sent), "rounds": [round(pair, 2) for pair in pairs]}
    return Result(
        name,
        statistics.median(ours),
        statistics.median(bare),
        aim=aim,
        ratio=statistics.median(pairs),
        facts=facts,
    )


def work(place: Place) -> None:
    """One worker until nothing is due: exactly what `lensan work` runs."""
    worker = Worker(place.engine, place.settings)
    while worker.work_once():
        pass


def start_over(place: Place, control: Control) -> None:
    """The marketplace is empty again, and so is what we know of it."""
    control.post("reset")
    unknown = ("remote_id", "remote_state", "remote_url", "confirmed_price_vnd", "confirmed_packs", "seen_at")
    zero = ("published_revision", "sent_revision", "exposure_packs")
    fresh = {**dict.fromkeys(unknown), **dict.fromkeys(zero, 0), "restock": True, "tighten": False}
    with writing(place.engine) as db:
        db.execute(delete(Exchange))
        _rest(db)
        db.execute(update(Listing).values(**fresh, not_before=NOW, ticket=None))


def restock(place: Place) -> None:
    """Every listing is to show its stock anew, as after a harvest."""
    with writing(place.engine) as db:
        _rest(db)
        db.execute(
            update(Listing).values(restock=True, tighten=False, exposure_packs=0, not_before=NOW, ticket=None)
        )


def _rest(db: Session) -> None:
    """Publishing alone is measured: no pull, no sweep, no fetching on the way."""
    later = clock.now() + timedelta(days=30)
    known = {"last_ok_at": NOW, "cancel_reasons": [{"code": "x", "name": "x"}], "reviewed_on": NOW.date()}
    db.execute(
        update(Shop).values(
            sweep_due_at=later,
            pull_due_at=later,
            resume_at=None,
            lease_until=None,
            last_sweep_at=NOW,
            **known,
        )
    )


def check(place: Place, control: Control, count: int) -> None:
    """It was done, and done right: nothing twice, nothing unclear, every listing as wished."""
    state = control.state()
    assert len(state["products"]) == count, len(state["products"])
    assert state["violations"] == []
    with Session(place.engine) as db:
        settled = (
            col(Listing.published_revision) == 1,
            col(Listing.unclear).is_(False),
            col(Listing.exposure_packs) == 1,
        )
        assert db.exec(select(func.count()).where(*settled)).one() == count


@contextmanager
def captured() -> Iterator[list[requests.PreparedRequest]]:
    """Every call made within the block that carries a body or a token."""
    sent: list[requests.PreparedRequest] = []
    send = requests.Session.send

    def noting(self: requests.Session, request: requests.PreparedRequest, **how: Any) -> requests.Response:
        if "/_mock" not in (request.url or "") and _signed(request):
            sent.append(request.copy())
        return send(self, request, **how)

    with patch.object(requests.Session, "send", noting):
        yield sent


def _signed(request: requests.PreparedRequest) -> bool:
    return any(name.lower() in ("authorization", "token") for name in request.headers)


def each(calls: list[requests.PreparedRequest]) -> None:
    """The limit: one kept connection, the same calls one after the other, every answer read."""
    with requests.Session() as session:
        session.trust_env = False
        for call in calls:
            _ = session.send(call, timeout=15).content


def row_by_row(calls: list[requests.PreparedRequest]) -> None:
    """The same, with each row of a batch as a call of its own."""
    each([single for call in calls for single in split(call)])


def split(call: requests.PreparedRequest) -> list[requests.PreparedRequest]:
    """A call for each row of a batch, whether the batch is the body or one of its values."""
    body = json.loads(call.body or "null")
    rows, wrap = _rows(body)
    singles = []
    for row in rows:
        single = call.copy()
        single.prepare_body(json.dumps(wrap(row)).encode(), None)
        singles.append(single)
    return singles or [call]


def _rows(body: Any) -> tuple[list[Any], Callable[[Any], Any]]:
    if isinstance(body, list):
        return body, lambda row: [row]
    for name, value in body.items() if isinstance(body, dict) else ():
        if isinstance(value, list) and len(value) > 1:
            return value, partial(_one_row, body, name)
    return [], lambda row: row


def _one_row(body: dict[str, Any], name: str, row: Any) -> dict[str, Any]:
    return {**body, name: [row]}


if __name__ == "__main__":
    main()
