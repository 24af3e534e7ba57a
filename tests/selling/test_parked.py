"""Parked orders are mended where they are met: matched once, asked for again, or settled with a reason."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlmodel import Session, col, func, select

from catalog.models import StockEntry
from marketplace.accounts.models import Account, Role
from marketplace.core.audit import AuditEntry
from marketplace.selling import parked as cases
from marketplace.selling.incoming import IncomingLine, IncomingOrder
from marketplace.selling.models import (
    Allocation,
    Listing,
    Order,
    OrderLine,
    ParkedOrder,
    TonnageEntry,
)
from marketplace.selling.orders import take_order
from tests import factories as make

NOW, HOUR = make.NOW, timedelta(hours=1)


class Stall:
    """A shop with one listing of 10 kg packs, 100 kg in stock, and an order line under a SKU of its own."""

    def __init__(self, db: Session, *, keeps: bool = False) -> None:
        self.db = db
        household = make.a_household(db)
        producer = make.a_cooperative(db, members=(household,))
        product = make.a_product(db, returns_sellable=keeps)
        self.lot = make.a_lot(db, product=product, household=household, producer=producer)
        self.shop = make.a_shop(db, producer=producer)
        self.offer = make.an_offer(db, producer=producer, pack=make.a_pack(db, product))
        self.listing = make.a_listing(
            db,
            offer=self.offer,
            shop=self.shop,
            exposure_packs=5,
            remote_id="1",
            restock=False,
            not_before=None,
        )
        self.clerk = make.an_account(db, Role.COORDINATOR)

    def tell(
        self, state: str = "new", *, after: int = 0, sku: str = "TAY-1", packs: int = 2, **more: Any
    ) -> Order:
        line = IncomingLine("1", sku, packs, 200_000, more.pop("returned_packs", 0))
        number = more.pop("order_no", "70001")
        told = IncomingOrder(number, state, (line,), NOW, NOW + after * HOUR, **more)
        return take_order(self.db, self.shop, told, now=NOW + after * HOUR)

    def parked(self) -> ParkedOrder:
        return self.db.exec(select(ParkedOrder)).one()

    def match(self, listing: Listing | None = None, *, after: int = 0) -> Order:
        target = (listing or self.listing).id or 0
        return cases.match(self.db, self.clerk, self.parked(), target, now=NOW + after * HOUR)

    def books(self) -> tuple[int, list[tuple[str, int, int, str]]]:
        """Grams of the lot left, and what was counted: kind, grams, value, day, summed by kind and day."""
        self.db.flush()
        left = self.db.exec(select(func.sum(StockEntry.grams)).where(StockEntry.lot_id == self.lot.id)).one()
        mine = select(OrderLine.id).join(Order, col(Order.id) == OrderLine.order_id)
        lines = mine.where(Order.shop_id == self.shop.id)
        sums = (
            select(
                TonnageEntry.kind,
                func.sum(TonnageEntry.grams),
                func.sum(TonnageEntry.value_vnd),
                TonnageEntry.day,
            )
            .where(col(TonnageEntry.order_line_id).in_(lines))
            .group_by(col(TonnageEntry.kind), col(TonnageEntry.day))
        )
        counted = [(row[0].value, int(row[1]), int(row[2]), row[3].isoformat()) for row in self.db.exec(sums)]
        return int(left), sorted(counted)


@pytest.fixture
def stall(db: Session) -> Stall:
    return Stall(db)


def test_matching_takes_the_goods_and_lowers_what_is_wanted(stall: Stall, db: Session) -> None:
    stall.tell(packs=2)

    order = stall.match()

    line = db.exec(select(OrderLine)).one()
    allocations = [(one.lot_id, one.grams) for one in db.exec(select(Allocation))]
    assert (line.listing_id, allocations) == (stall.listing.id, [(stall.lot.id, 20_000)])
    assert stall.books() == (80_000, [])
    # What the listing shows there is not known to have fallen: it is read back at once, then written.
    assert (stall.listing.wanted_packs, stall.listing.exposure_packs) == (3, 5)
    assert (stall.listing.tighten, stall.listing.restock, stall.listing.not_before) == (True, True, NOW)
    assert stall.shop.sweep_due_at == NOW
    parked = stall.parked()
    assert (parked.settled_at, parked.settled_by, parked.settled_note) == (
        NOW,
        stall.clerk.id,
        stall.listing.sku,
    )
    noted = db.exec(select(AuditEntry).where(AuditEntry.action == "order.line_matched")).one()
    assert (noted.subject_id, noted.facts) == (order.id, {"listing": stall.listing.id, "lines": [line.id]})


def test_a_line_that_was_delivered_and_partly_returned_is_counted_once_on_its_days(stall: Stall) -> None:
    stall.tell("shipped")
    stall.tell("delivered", after=30, delivered_at=NOW + 30 * HOUR)
    stall.tell("returned", after=60, returned_at=NOW + 60 * HOUR, returned_packs=1)

    stall.match(after=99)
    stall.tell("returned", after=100, returned_at=NOW + 60 * HOUR, returned_packs=1)

    # 1 December 10:00 in Hà Giang and 30 or 60 hours later; what came back was past selling
    assert stall.books() == (
        80_000,
        [("returned", -10_000, -200_000, "2021-12-03"), ("sold", 20_000, 400_000, "2021-12-02")],
    )


def test_a_cancelled_line_takes_nothing(stall: Stall) -> None:
    stall.tell()
    stall.tell("cancelled", after=1, closed_at=NOW + HOUR)

    stall.match(after=2)

    assert stall.books() == (100_000, [])
    assert stall.listing.wanted_packs == 5


def test_matching_twice_is_refused_and_changes_nothing(stall: Stall) -> None:
    stall.tell()
    stall.match()
    before = stall.books()

    with pytest.raises(cases.AlreadySettled):
        stall.match()

    assert stall.books() == before == (80_000, [])


def test_a_listing_of_another_shop_is_refused_and_changes_nothing(stall: Stall, db: Session) -> None:
    stall.tell()
    shop = make.a_shop(db, producer=make.a_cooperative(db, name="HTX khác"))
    other = make.a_listing(
        db,
        offer=make.an_offer(
            db, producer=make.a_cooperative(db, name="C"), pack=make.a_pack(db, make.a_product(db))
        ),
        shop=shop,
    )

    with pytest.raises(cases.NotOfThisShop):
        stall.match(other)

    assert (stall.books(), stall.parked().settled_at) == ((100_000, []), None)


def test_what_was_told_as_not_ours_can_be_opened_again_and_matched(stall: Stall) -> None:
    stall.tell()
    cases.settle(stall.db, stall.clerk, stall.parked(), "Hàng của gian khác", now=NOW)
    stall.tell(after=1)
    assert stall.parked().settled_note == "Hàng của gian khác"

    cases.reopen(stall.db, stall.clerk, stall.parked())
    stall.match()

    assert stall.books() == (80_000, [])
    with pytest.raises(cases.AlreadyMatched):
        cases.reopen(stall.db, stall.clerk, stall.parked())


def test_asking_again_makes_the_pull_due_now(stall: Stall, db: Session) -> None:
    db.add(ParkedOrder(shop_id=stall.shop.id, order_no="9", code="bug.ValueError", at=NOW, tries=9))
    db.flush()

    cases.ask_again(db, stall.clerk, stall.parked(), now=NOW)

    assert (stall.parked().tries, stall.parked().try_at, stall.shop.pull_due_at) == (0, NOW, NOW)


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("unreadable_price", "Chưa đọc được mục “price” của đơn này."),
        ("unknown_sku:TAY-1", "Mã hàng “TAY-1” không thuộc tin đăng nào"),
        ("bug.ValueError", "Chương trình vấp lỗi “ValueError”"),
        ("strange", "Chưa ghi được đơn này (mã “strange”)."),
    ],
)
def test_every_code_has_its_sentence(code: str, sentence: str) -> None:
    said, facts = cases.reason_of(code)

    assert (said % facts).startswith(sentence)


MOVES: list[dict[str, Any]] = [
    {"state": "confirmed"},
    {"state": "shipped"},
    {"state": "delivered", "delivered": True},
    {"state": "refused", "closed": True},
    {"state": "cancelled", "closed": True},
    {"state": "returned", "delivered": True, "returned": True, "returned_packs": 1},
    {"state": "returned", "delivered": True, "returned": True, "returned_packs": 2},
]
#: As marketplaces move an order: forwards only.
ROUTES = [
    [0, 1, 2],
    [0, 1, 2, 5],
    [0, 1, 2, 5, 6],
    [0, 1, 3],
    [0, 4],
    [4],
    [2, 6],
    [1, 3],
]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(route=st.sampled_from(ROUTES), when=st.integers(1, 6), keeps=st.booleans())
def test_matched_at_any_moment_the_books_are_as_if_the_sku_had_been_known(
    db: Session, route: list[int], when: int, keeps: bool
) -> None:
    books = []
    for known in (True, False):
        stall = Stall(db, keeps=keeps)
        sku = stall.listing.sku if known else "TAY-1"
        for after, move in enumerate([{"state": "new"}, *(MOVES[number] for number in route), None]):
            if not known and after == min(when, len(route) + 1):
                stall.match(after=99)
            if move is not None:
                stall.tell(sku=sku, after=after, **_stamps(route, after, move))
        books.append(stall.books())
        db.rollback()

    assert books[0] == books[1]


def _stamps(route: list[int], after: int, move: dict[str, Any]) -> dict[str, Any]:
    """When it was delivered, returned or closed, as the marketplace tells it from then on."""
    delivered = next((n for n, number in enumerate(route, 1) if MOVES[number].get("delivered")), None)
    stamps: dict[str, Any] = {"state": move["state"], "returned_packs": move.get("returned_packs", 0)}
    if delivered is not None and after >= delivered:
        stamps["delivered_at"] = NOW + delivered * HOUR
    if move.get("returned"):
        stamps["returned_at"] = NOW + after * HOUR
    if move.get("closed"):
        stamps["closed_at"] = NOW + after * HOUR
    return stamps


# --- pages


@pytest.fixture
def desk(db: Session, as_account: Callable[[Account], FlaskClient]) -> tuple[Stall, FlaskClient]:
    stall = Stall(db)
    stall.tell()
    db.commit()
    return stall, as_account(stall.clerk)


def test_the_list_says_shop_order_and_reason(desk: tuple[Stall, FlaskClient]) -> None:
    stall, browser = desk

    page = browser.get(f"/don-tam-giu?gian-hang={stall.shop.id}").get_data(as_text=True)
    settled = browser.get("/don-tam-giu?xong=1").get_data(as_text=True)

    assert stall.shop.name in page
    assert "Đơn 70001" in page
    assert "Mã hàng “TAY-1” không thuộc tin đăng nào" in page
    assert "70001" not in settled
    assert "Chưa có mục nào được xử lý" in settled


def test_the_search_finds_listings_of_the_shop_by_title_or_sku(desk: tuple[Stall, FlaskClient]) -> None:
    stall, browser = desk
    path = f"/don-tam-giu/{stall.parked().id}"

    for query in ("cam vang", stall.listing.sku.lower(), ""):
        assert stall.listing.sku in browser.get(path, query_string={"q": query}).get_data(as_text=True)
    assert "Không có tin đăng nào như vậy" in browser.get(path, query_string={"q": "gạo"}).get_data(
        as_text=True
    )


def test_a_match_without_a_choice_keeps_the_search_and_changes_nothing(
    desk: tuple[Stall, FlaskClient], engine: Engine
) -> None:
    stall, browser = desk
    path = f"/don-tam-giu/{stall.parked().id}/noi"
    stall.db.commit()

    answer = browser.post(path, data={"q": "cam", "listing_id": ""})

    page = answer.get_data(as_text=True)
    assert (answer.status_code, 'value="cam"' in page) == (422, True)
    with Session(engine) as look:
        assert look.exec(select(Allocation)).all() == []
        assert look.exec(select(ParkedOrder)).one().settled_at is None
