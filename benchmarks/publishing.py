"""Publishing through the real worker, beside a bare `requests` session posting the same bodies.

Ours, for every listing: exposure stored before sending, three commits a batch with full durability, a journal
entry without personal data, and every answer judged. Theirs: the calls alone. Both speak to one mock, which
is its own process and sets no pace.
"""

import json
import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

import requests
from sqlalchemy import delete, update
from sqlmodel import Session, col, func, select

from benchmarks.harness import NOW, Place, Result, installation, options, seconds, shift, tell
from catalog.models import Photo
from marketplace.core import clock
from marketplace.core.db import writing
from marketplace.core.secrets import vault_of
from marketplace.selling.listings import sku_of
from marketplace.selling.models import Exchange, Listing, Offer, OfferPhoto, Shop
from marketplace.selling.sync.worker import Worker
from tests import factories as make
from tests.support.processes import Control, a_mock

PRODUCT = "/api/partner/product"


def main() -> None:
    asked = options(__doc__, listings=(1_000, "listings to publish"), rounds=(3, "rounds, the median counts"))
    ours, bare = [], []
    mock_options = ("--rate", "0", "--shift-seconds", str(shift()))  # no pace, and the same day as ours
    with (
        installation(postgres=asked.postgres) as place,
        a_mock("sendo", *mock_options) as mock,
    ):
        clock.shift_by(shift())
        control = Control(mock)
        make_wishes(place, mock, asked.listings)
        with captured() as bodies:
            publish(place)
        for _ in range(asked.rounds):
            start_over(place, control)
            ours.append(seconds(lambda: publish(place)))
            check(place, control, asked.listings)
            control.post("reset")
            bare.append(seconds(lambda: post(mock, bodies)))
            assert len(control.state()["products"]) == asked.listings
        commits = 3 * -(-asked.listings // place.settings.worker.batch)  # one for each step of a batch
    pairs = [limit / mine for mine, limit in zip(ours, bare, strict=True)]
    result = Result(
        f"publish {asked.listings} listings",
        statistics.median(ours),
        statistics.median(bare),
        aim=0.6,
        ratio=statistics.median(pairs),
        facts={"rounds": [round(pair, 2) for pair in pairs], "commits": commits},
    )
    tell([result], as_json=asked.as_json)


def make_wishes(place: Place, mock: dict, count: int) -> None:
    """A cooperative with plenty of oranges and `count` different offers, each wished into one shop."""
    with writing(place.engine) as db:
        make.load_communes(db)
        household = make.a_household(db)
        producer = make.a_cooperative(db, members=(household,))
        product = make.a_product(db)
        pack = make.a_pack(db, product)
        make.a_lot(db, product=product, household=household, producer=producer, grams=count * 10_000)
        shop = make.a_shop(
            db,
            producer=producer,
            credentials_sealed=vault_of(place.settings).seal(json.dumps(mock["credentials"])),
            base_url=mock["base_url"],
        )
        template = make.an_offer(db, producer=producer, pack=pack, photos=0)
        values = template.model_dump(exclude={"id", "title"})
        offers = [Offer(**values, title=f"Cam Vàng Hà Giang thùng 10 kg số {n}") for n in range(count)]
        db.add_all(offers)
        photos = [
            Photo(sha256=f"{n:064x}", width=1280, height=960, size_bytes=100_000, uploaded_at=NOW)
            for n in range(count)
        ]
        db.add_all(photos)
        db.flush()
        for offer, photo in zip(offers, photos, strict=True):
            db.add(OfferPhoto(offer_id=offer.id, photo_id=photo.id))
            sku = sku_of(offer.id or 0, shop.id or 0)
            db.add(
                Listing(
                    offer_id=offer.id,
                    shop_id=shop.id,
                    sku=sku,
                    created_at=NOW,
                    wanted_packs=1,
                    not_before=NOW,
                )
            )


def publish(place: Place) -> None:
    """One worker, from nothing to all listings published: exactly what `lensan work` runs."""
    worker = Worker(place.engine, place.settings)
    while worker.work_once():
        pass


def start_over(place: Place, control: Control) -> None:
    """The marketplace is empty again, and so is what we know of it."""
    control.post("reset")
    later = clock.now() + timedelta(days=30)  # publishing alone is measured: no pull, no sweep on the way
    unknown = ("remote_id", "remote_state", "remote_url", "confirmed_price_vnd", "confirmed_packs", "seen_at")
    zero = ("published_revision", "sent_revision", "exposure_packs")
    fresh = {**dict.fromkeys(unknown), **dict.fromkeys(zero, 0), "restock": True, "tighten": False}
    with writing(place.engine) as db:
        db.execute(delete(Exchange))
        db.execute(
            update(Shop).values(sweep_due_at=later, pull_due_at=later, resume_at=None, lease_until=None)
        )
        db.execute(update(Listing).values(**fresh, not_before=NOW))


def check(place: Place, control: Control, count: int) -> None:
    """It was done, and done right: nothing twice, nothing unclear, every call in the journal."""
    state = control.state()
    assert len(state["products"]) == count
    assert state["violations"] == []
    with Session(place.engine) as db:
        settled = (
            col(Listing.published_revision) == 1,
            col(Listing.unclear).is_(False),
            col(Listing.exposure_packs) == 1,
        )
        assert db.exec(select(func.count()).where(*settled)).one() == count
        assert db.exec(select(func.count()).where(col(Exchange.path) == PRODUCT)).one() == count


@contextmanager
def captured() -> Iterator[list[bytes]]:
    """The bodies of all products posted within the block."""
    bodies: list[bytes] = []
    send = requests.Session.send

    def noting(self: requests.Session, request: requests.PreparedRequest, **how: object) -> requests.Response:
        if request.method == "POST" and request.path_url == PRODUCT:
            bodies.append(request.body)
        return send(self, request, **how)

    with patch.object(requests.Session, "send", noting):
        yield bodies


def post(mock: dict, bodies: list[bytes]) -> None:
    """The limit: one kept connection, the same bodies one after the other, every answer read."""
    with requests.Session() as session:
        session.trust_env = False
        token = session.post(mock["base_url"] + "/login", json=mock["credentials"], timeout=15).json()[
            "result"
        ]["token"]
        session.headers.update({"Authorization": f"bearer {token}", "Content-Type": "application/json"})
        for body in bodies:
            session.post(mock["base_url"] + PRODUCT, data=body, timeout=15).json()


if __name__ == "__main__":
    main()
