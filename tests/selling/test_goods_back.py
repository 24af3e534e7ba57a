"""Goods that come back: sellable or written off, as the product says until a person says otherwise."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, col, func, select

from catalog.lots import on_hand
from catalog.models import StockEntry, StockKind
from marketplace.core.audit import SYSTEM
from marketplace.core.errors import Refused
from marketplace.selling.goods_back import (
    FewerThanReturned,
    MoreThanOrdered,
    NeverCameBack,
    SoldAgain,
    decide,
)
from marketplace.selling.incoming import IncomingLine, IncomingOrder
from marketplace.selling.models import Order, OrderLine, ParkedOrder, TonnageEntry, TonnageKind
from marketplace.selling.orders import take_order
from marketplace.selling.parked import match
from marketplace.selling.return_models import Because, GoodsBack
from marketplace.selling.returns import (
    AlreadyMore,
    MoreThanDelivered,
    MoreThanSold,
    NoComplaintToUndo,
    NoReturnToUndo,
    NotDelivered,
    record_complaint,
    record_return,
    record_taken,
    undo_complaint,
    undo_return,
)
from tests import factories as make
from tests.factories import NOW, TODAY

HOUR = timedelta(hours=1)


class Stall:
    """One listing of a cooperative with 100 kg, and orders as a marketplace tells them."""

    def __init__(self, db: Session, *, returns_sellable: bool = False) -> None:
        self.db = db
        self.product = make.a_product(db, returns_sellable=returns_sellable)
        self.household = make.a_household(db)
        self.seller = make.a_cooperative(db, members=(self.household,))
        self.pack = make.a_pack(db, self.product)
        self.lot = make.a_lot(db, product=self.product, household=self.household, producer=self.seller)
        self.shop = make.a_shop(db, producer=self.seller)
        self.listing = self.lists(self.pack)
        self.told = 0

    def lists(self, pack: Any) -> Any:
        offer = make.an_offer(self.db, producer=self.seller, pack=pack)
        return make.a_listing(self.db, offer=offer, shop=self.shop)

    def tell(self, state: str, packs: int = 3, *, number: str = "140000001", **values: Any) -> Order:
        self.told += 1
        at = NOW + self.told * HOUR
        line = IncomingLine(
            "1",
            values.pop("sku", self.listing.sku),
            packs,
            200_000,
            values.pop("returned", 0),
            values.pop("delivered", None),
        )
        stamps = {"delivered_at": NOW + HOUR} if state in ("delivered", "returned") else {}
        order = IncomingOrder(number, state, (line,), NOW, at, **stamps, **values)
        return take_order(self.db, self.shop, order, now=at)

    @property
    def line(self) -> OrderLine:
        return self.db.exec(select(OrderLine).order_by(col(OrderLine.id))).all()[0]

    @property
    def left(self) -> int:
        return on_hand(self.db, self.lot.pool_id)

    @property
    def counted(self) -> tuple[int, int]:
        sums = select(func.sum(TonnageEntry.grams), func.sum(TonnageEntry.value_vnd))
        grams, value = self.db.exec(sums).one()
        return int(grams or 0), int(value or 0)

    def backs(self, *, undone: bool = False) -> list[GoodsBack]:
        rows = self.db.exec(select(GoodsBack).order_by(col(GoodsBack.id))).all()
        return [row for row in rows if (row.undone_at is not None) == undone]

    def ledger(self) -> list[tuple[str, int]]:
        rows = select(StockEntry.kind, StockEntry.grams).where(StockEntry.lot_id == self.lot.id)
        return [(str(kind), grams) for kind, grams in self.db.exec(rows.order_by(col(StockEntry.id)))]


@pytest.fixture
def stall(db: Session) -> Stall:
    return Stall(db)


def test_a_refused_parcel_of_fresh_fruit_is_written_off_until_somebody_decides(stall: Stall) -> None:
    stall.tell("shipped")
    stall.tell("refused")
    (back,) = stall.backs()
    assert (back.because, back.packs, back.grams, back.sellable) == (Because.REFUSED, 3, 30_000, False)
    assert (back.decided_at, back.recorded_by) == (None, None)
    assert (stall.left, stall.counted) == (70_000, (0, 0))
    assert stall.ledger()[1:] == [("sale", -30_000), ("return", 30_000), ("write_off", -30_000)]


def test_a_refused_parcel_told_twice_comes_back_once(stall: Stall) -> None:
    stall.tell("refused")
    stall.tell("refused")
    assert (len(stall.backs()), stall.left) == (1, 70_000)


def test_a_decision_may_be_changed_as_often_as_one_likes_by_lines_alone(stall: Stall) -> None:
    stall.tell("refused")
    (back,) = stall.backs()
    before = stall.ledger()
    for sellable, left in ((True, 100_000), (True, 100_000), (False, 70_000), (True, 100_000)):
        decide(stall.db, SYSTEM, back, sellable=sellable, now=NOW + 9 * HOUR)
        assert (stall.left, back.sellable, back.decided_at) == (left, sellable, NOW + 9 * HOUR)
    turns = [("write_off", 30_000), ("write_off", -30_000), ("write_off", 30_000)]
    assert stall.ledger() == before + turns


def test_what_keeps_is_sellable_by_default(db: Session) -> None:
    stall = Stall(db, returns_sellable=True)
    stall.tell("refused")
    (back,) = stall.backs()
    assert (back.sellable, stall.left) == (True, 100_000)
    decide(db, SYSTEM, back, sellable=False, now=NOW + 9 * HOUR)
    assert stall.left == 70_000


def test_goods_that_were_sold_again_cannot_be_written_off(db: Session) -> None:
    stall = Stall(db, returns_sellable=True)
    stall.tell("refused")
    stall.tell("new", 8, number="140000002")
    (back,) = stall.backs()
    before = stall.ledger()
    with pytest.raises(SoldAgain) as refusal:
        decide(db, SYSTEM, back, sellable=False, now=NOW + 9 * HOUR)
    assert refusal.value.facts == {"lot": stall.lot.code, "left": "20 kg"}
    assert (stall.ledger(), back.sellable, back.decided_at, back.turns) == (before, True, None, 0)


def test_of_a_partial_delivery_the_delivered_quantity_counts(stall: Stall) -> None:
    stall.tell("shipped")
    stall.tell("delivered", delivered=2)
    (back,) = stall.backs()
    assert (back.because, back.first_pack, back.packs, back.grams) == (Because.UNTAKEN, 2, 1, 10_000)
    assert stall.counted == (20_000, 400_000)
    assert stall.left == 70_000  # the third box came back and is written off
    assert stall.line.taken_packs == 2


def test_the_rest_of_a_partial_delivery_may_come_back_and_no_more(stall: Stall) -> None:
    stall.tell("delivered", delivered=2)
    stall.tell("returned", returned=1)
    assert (stall.line.returned_packs, stall.counted) == (1, (10_000, 200_000))
    stall.tell("returned", returned=3)
    assert (stall.line.returned_packs, stall.counted) == (2, (0, 0))
    with pytest.raises(MoreThanDelivered):
        record_return(stall.db, SYSTEM, stall.line, 1, already=2, on=TODAY, now=NOW + 9 * HOUR)
    assert [back.grams for back in stall.backs()] == [10_000, 10_000, 10_000]


def test_a_person_says_that_the_buyer_took_fewer_and_changes_her_mind(stall: Stall) -> None:
    stall.tell("delivered")
    assert stall.counted == (30_000, 600_000)
    line = stall.line
    record_taken(stall.db, SYSTEM, line, 2, now=NOW + 9 * HOUR)
    (back,) = stall.backs()
    decide(stall.db, SYSTEM, back, sellable=True, now=NOW + 10 * HOUR)
    assert (stall.counted, stall.left) == ((20_000, 400_000), 80_000)
    record_taken(stall.db, SYSTEM, line, 1, now=NOW + 11 * HOUR)
    (back,) = stall.backs()
    assert (back.packs, back.sellable) == (2, True)  # what she decided holds for both boxes
    assert (stall.counted, stall.left) == ((10_000, 200_000), 90_000)
    record_taken(stall.db, SYSTEM, line, 3, now=NOW + 12 * HOUR)
    assert (stall.backs(), stall.counted, stall.left) == ([], (30_000, 600_000), 70_000)
    gone = stall.backs(undone=True)
    with pytest.raises(NeverCameBack):
        decide(stall.db, SYSTEM, gone[0], sellable=True, now=NOW + 13 * HOUR)
    day = {entry.day for entry in stall.db.exec(select(TonnageEntry))}
    assert day == {date(2021, 12, 1)}  # all of it on the day of the delivery


def test_the_same_number_again_changes_nothing(stall: Stall) -> None:
    stall.tell("delivered")
    record_taken(stall.db, SYSTEM, stall.line, 2, now=NOW + 9 * HOUR)
    before = (stall.ledger(), stall.counted)
    record_taken(stall.db, SYSTEM, stall.line, 2, now=NOW + 10 * HOUR)
    assert (stall.ledger(), stall.counted) == before


def test_a_marketplace_that_does_not_tell_leaves_what_a_person_recorded(stall: Stall) -> None:
    stall.tell("delivered")
    record_taken(stall.db, SYSTEM, stall.line, 2, now=NOW + 9 * HOUR)
    stall.tell("delivered", cancel_reason="xong")
    assert (stall.line.taken_packs, stall.counted) == (2, (20_000, 400_000))


@pytest.mark.parametrize(
    ("packs", "refusal"), [(4, MoreThanOrdered), (-1, MoreThanOrdered), (0, FewerThanReturned)]
)
def test_what_the_buyer_took_lies_between_what_came_back_and_what_was_ordered(
    packs: int, refusal: type[Refused], stall: Stall
) -> None:
    stall.tell("delivered")
    record_return(stall.db, SYSTEM, stall.line, 1, already=0, on=TODAY, now=NOW + 9 * HOUR)
    before = (stall.ledger(), stall.counted, stall.line.delivered_packs)
    with pytest.raises(refusal):
        record_taken(stall.db, SYSTEM, stall.line, packs, now=NOW + 10 * HOUR)
    assert (stall.ledger(), stall.counted, stall.line.delivered_packs) == before


def test_nothing_is_recorded_of_an_order_on_its_way(stall: Stall) -> None:
    stall.tell("shipped")
    before = stall.ledger()
    with pytest.raises(NotDelivered):
        record_taken(stall.db, SYSTEM, stall.line, 2, now=NOW + 9 * HOUR)
    with pytest.raises(NotDelivered):
        record_return(stall.db, SYSTEM, stall.line, 1, already=0, on=TODAY, now=NOW + 9 * HOUR)
    assert (stall.ledger(), stall.counted, stall.line.delivered_packs) == (before, (0, 0), None)


def test_a_form_sent_twice_records_one_return(stall: Stall) -> None:
    stall.tell("delivered")
    for _ in range(2):
        record_return(stall.db, SYSTEM, stall.line, 1, already=0, on=TODAY, now=NOW + 9 * HOUR)
    assert (stall.line.returned_packs, stall.counted, len(stall.backs())) == (1, (20_000, 400_000), 1)
    with pytest.raises(AlreadyMore):
        record_return(stall.db, SYSTEM, stall.line, 2, already=0, on=TODAY, now=NOW + 9 * HOUR)
    assert stall.line.returned_packs == 1


def test_a_return_by_mistake_is_undone_and_can_be_recorded_again(db: Session) -> None:
    stall = Stall(db)
    worker = make.an_account(db)
    stall.tell("delivered")
    for already in (0, 1):
        record_return(db, worker, stall.line, 1, already=already, on=TODAY, now=NOW + 9 * HOUR)
    assert (stall.counted, stall.left) == ((10_000, 200_000), 70_000)
    undo_return(db, worker, stall.line, now=NOW + 10 * HOUR)
    assert (stall.line.returned_packs, stall.counted, stall.left) == (1, (20_000, 400_000), 70_000)
    record_return(db, worker, stall.line, 2, already=1, on=TODAY, now=NOW + 11 * HOUR)
    assert (stall.line.returned_packs, stall.counted) == (3, (0, 0))
    undo_return(db, worker, stall.line, now=NOW + 12 * HOUR)
    undo_return(db, worker, stall.line, now=NOW + 13 * HOUR)
    assert (stall.line.returned_packs, stall.counted, stall.left) == (0, (30_000, 600_000), 70_000)
    with pytest.raises(NoReturnToUndo):
        undo_return(db, worker, stall.line, now=NOW + 14 * HOUR)


def test_what_the_marketplace_told_is_not_undone(stall: Stall) -> None:
    stall.tell("delivered")
    stall.tell("returned", returned=1)
    with pytest.raises(NoReturnToUndo):
        undo_return(stall.db, SYSTEM, stall.line, now=NOW + 9 * HOUR)
    assert (stall.line.returned_packs, stall.counted) == (1, (20_000, 400_000))


def test_complaints_never_exceed_what_was_sold_and_are_undone_one_by_one(stall: Stall) -> None:
    stall.tell("delivered", delivered=2)
    for key in ("a", "a", "b"):
        record_complaint(stall.db, SYSTEM, stall.line, 2_000, 150_000, on=TODAY, now=NOW + 9 * HOUR, key=key)
    assert stall.counted == (20_000, 100_000)
    with pytest.raises(MoreThanSold):
        record_complaint(stall.db, SYSTEM, stall.line, 0, 100_001, on=TODAY, now=NOW + 9 * HOUR, key="c")
    undo_complaint(stall.db, SYSTEM, stall.line, now=NOW + 10 * HOUR)
    assert stall.counted == (20_000, 250_000)
    undo_complaint(stall.db, SYSTEM, stall.line, now=NOW + 11 * HOUR)
    assert stall.counted == (20_000, 400_000)
    spoilt = select(func.sum(TonnageEntry.complaint_grams))
    assert stall.db.exec(spoilt).one() == 0
    with pytest.raises(NoComplaintToUndo):
        undo_complaint(stall.db, SYSTEM, stall.line, now=NOW + 12 * HOUR)


def test_a_combo_comes_back_product_by_product_each_with_its_own_default(db: Session) -> None:
    stall = Stall(db)
    honey = make.a_product(db, name="Mật ong bạc hà", returns_sellable=True)
    jars = make.a_lot(db, product=honey, household=stall.household, producer=stall.seller, grams=9_000)
    parts = {stall.product.id or 0: 5_000, honey.id or 0: 500}
    combo = stall.lists(make.a_pack(db, stall.product, net_grams=5_500, parts=parts))
    stall.tell("delivered", sku=combo.sku, delivered=1)
    rows = [(back.product_id, back.grams, back.sellable) for back in stall.backs()]
    assert rows == [(stall.product.id, 10_000, False), (honey.id, 1_000, True)]
    assert (stall.left, on_hand(db, jars.pool_id)) == (85_000, 8_500)
    assert stall.counted == (5_500, 200_000)


def test_boxes_of_two_lots_come_back_one_by_one_to_the_gram_and_the_dong(db: Session) -> None:
    stall = Stall(db)
    other = make.a_household(db, head="Lù Thị Mai")
    left = stall.left
    make.a_lot(db, product=stall.product, household=other, producer=stall.seller, grams=100_003)
    stall.tell(
        "new", 1, number="140000002", sku=stall.lists(make.a_pack(db, stall.product, net_grams=85_001)).sku
    )
    stall.tell("delivered", 3, number="140000003")
    line = db.exec(select(OrderLine).order_by(col(OrderLine.id).desc())).first()
    assert line is not None
    record_taken(db, SYSTEM, line, 2, now=NOW + 9 * HOUR)
    assert stall.counted == (20_000, 400_000)
    for already in (0, 1):
        record_return(db, SYSTEM, line, 1, already=already, on=TODAY, now=NOW + 9 * HOUR)
        assert stall.counted == ((1 - already) * 10_000, (1 - already) * 200_000)
    assert [back.grams for back in stall.backs()] == [10_000, 10_000, 10_000]
    by_household = select(
        TonnageEntry.household_id, func.sum(TonnageEntry.grams), func.sum(TonnageEntry.value_vnd)
    )
    sums = db.exec(by_household.group_by(col(TonnageEntry.household_id))).all()
    assert sorted(sums) == sorted([(stall.household.id, 0, 0), (other.id, 0, 0)])
    for back in stall.backs():
        decide(db, SYSTEM, back, sellable=True, now=NOW + 9 * HOUR)
    assert stall.left == left + 100_003 - 85_001


def test_a_line_of_an_unknown_sku_is_counted_as_taken_once_it_is_known(stall: Stall) -> None:
    stall.tell("delivered", sku="CAM-LA", delivered=2)
    assert (stall.counted, stall.backs()) == ((0, 0), [])
    parked = stall.db.exec(select(ParkedOrder)).one()
    match(stall.db, SYSTEM, parked, stall.listing.id or 0, now=NOW + 9 * HOUR)
    assert (stall.counted, [back.packs for back in stall.backs()]) == ((20_000, 400_000), [1])


moves = st.lists(
    st.tuples(st.sampled_from(["taken", "return", "undo", "decide"]), st.integers(0, 5), st.booleans()),
    max_size=12,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(grams=st.integers(1, 9_999), moves=moves)
def test_whatever_is_recorded_the_ledger_and_the_count_follow_the_packs(
    db: Session, grams: int, moves: list[tuple[str, int, bool]]
) -> None:
    with db.begin_nested() as savepoint:
        stall = Stall(db)
        stall.pack = make.a_pack(db, stall.product, net_grams=grams)
        stall.listing = stall.lists(stall.pack)
        worker = make.an_account(db)
        stall.tell("delivered", 5)
        line = db.exec(select(OrderLine).where(OrderLine.listing_id == stall.listing.id)).one()
        before = stall.counted[0] - 5 * grams
        for move, packs, sellable in moves:
            try:
                if move == "taken":
                    record_taken(db, worker, line, packs, now=NOW + 9 * HOUR)
                elif move == "return":
                    already = line.returned_packs
                    record_return(db, worker, line, packs, already=already, on=TODAY, now=NOW + 9 * HOUR)
                elif move == "undo":
                    undo_return(db, worker, line, now=NOW + 9 * HOUR)
                else:
                    backs = [row for row in stall.backs() if row.order_line_id == line.id]
                    if backs:
                        decide(db, worker, backs[packs % len(backs)], sellable=sellable, now=NOW + 9 * HOUR)
            except Refused:
                pass
            sold = (line.taken_packs - line.returned_packs) * grams
            assert stall.counted[0] - before == sold
            backs = [row for row in stall.backs() if row.order_line_id == line.id]
            assert sum(row.grams for row in backs) == 5 * grams - sold
            kept = sum(row.grams for row in backs if row.sellable)
            assert stall.left == 100_000 - 5 * grams + kept
        savepoint.rollback()


def test_only_marked_kinds_of_lines_are_written(stall: Stall) -> None:
    stall.tell("delivered")
    record_taken(stall.db, SYSTEM, stall.line, 2, now=NOW + 9 * HOUR)
    kinds = [entry.kind for entry in stall.db.exec(select(TonnageEntry).order_by(col(TonnageEntry.id)))]
    assert kinds == [TonnageKind.SOLD, TonnageKind.UNTAKEN]
    assert {kind for kind, _ in stall.ledger()} == {StockKind.HARVEST, "sale", "return", "write_off"}
