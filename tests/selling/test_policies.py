"""Policies set wishes: how many packs each listing is to sell, and what is kept back for the garden gate."""

from datetime import timedelta

import pytest
from sqlmodel import Session, col, select

from catalog.lots import write_off
from catalog.models import LotPool
from marketplace.core.audit import SYSTEM
from marketplace.core.forms import FormState, parsed
from marketplace.selling import listings
from marketplace.selling.incoming import IncomingLine, IncomingOrder
from marketplace.selling.models import Blame, Listing, Order
from marketplace.selling.orders import take_order
from marketplace.selling.outside import OutsideSaleIn, record_outside_sale
from marketplace.selling.policies import (
    NoMarketplace,
    NoShares,
    PolicyIn,
    rebalance,
    set_policy,
    settle_surplus,
)
from marketplace.selling.stock import whole_figures
from marketplace.selling.stock_models import PoolPolicy, Split
from tests import factories as make
from tests.factories import NOW, TODAY

NAMES = ("postmart", "sendo", "voso")
EVEN = PolicyIn(split=Split.FIXED, shares=dict.fromkeys(NAMES, 1))


class Garden:
    """A cooperative with 100 kg of oranges in 10 kg packs, listed on three marketplaces."""

    def __init__(self, db: Session, grams: int = 100_000) -> None:
        self.db = db
        self.household = make.a_household(db)
        self.producer = make.a_cooperative(db, members=(self.household,))
        self.product = make.a_product(db)
        self.lot = make.a_lot(
            db, product=self.product, household=self.household, producer=self.producer, grams=grams
        )
        self.pool = db.get_one(LotPool, self.lot.pool_id)
        self.offer = make.an_offer(db, producer=self.producer, pack=make.a_pack(db, self.product))
        self.shops = {
            name: make.a_shop(db, producer=self.producer, marketplace=name, name=name) for name in NAMES
        }
        self.listings = {
            name: listings.put_on_sale(db, SYSTEM, self.offer, shop, 3, now=NOW)
            for name, shop in self.shops.items()
        }

    def policy(self, data: PolicyIn) -> None:
        set_policy(self.db, SYSTEM, self.pool, data, now=NOW)

    def packs(self) -> tuple[int, ...]:
        rows = self.db.exec(select(Listing.wanted_packs).order_by(col(Listing.id)))
        return tuple(rows.all())

    def order(self, name: str, packs: int, state: str = "new", number: str = "1") -> None:
        line = IncomingLine("1", self.listings[name].sku, packs, 200_000)
        told = IncomingOrder(number, state, (line,), NOW, NOW + timedelta(minutes=state != "new"))
        take_order(self.db, self.shops[name], told, now=NOW)


@pytest.fixture
def garden(db: Session) -> Garden:
    return Garden(db)


def test_by_hand_every_listing_keeps_what_a_person_wished(garden):
    assert garden.packs() == (3, 3, 3)


def test_fixed_shares_are_wished_at_once(garden):
    garden.policy(PolicyIn(split=Split.FIXED, shares={"postmart": 5, "sendo": 3, "voso": 2}))

    assert garden.packs() == (5, 3, 2)


def test_one_marketplace_gets_everything(garden):
    garden.policy(PolicyIn(split=Split.ONLY, ranking=["voso"]))

    assert garden.packs() == (0, 0, 10)


def test_the_next_in_the_ranking_takes_over_when_the_first_is_locked(garden):
    garden.policy(PolicyIn(split=Split.PRIORITY, ranking=["sendo", "postmart"]))
    assert garden.packs() == (0, 10, 0)

    garden.listings["sendo"].remote_state = "locked"
    listings.ask(garden.listings["sendo"], Blame.COORDINATOR, "moderation.locked", "Sàn đã khóa tin đăng.")
    garden.policy(PolicyIn(split=Split.PRIORITY, ranking=["sendo", "postmart"]))

    assert garden.packs() == (10, 0, 0)


def test_what_sold_lately_gets_more(garden):
    garden.order("voso", 3)
    garden.policy(PolicyIn(split=Split.BY_SALES))

    assert garden.packs() == (1, 1, 5)


def test_a_pool_that_sold_nothing_goes_by_where_buyers_come(garden):
    for name, orders in (("sendo", 6), ("voso", 3)):
        for number in range(orders):
            of = {"shop_id": garden.shops[name].id, "marketplace": name, "order_no": str(number)}
            garden.db.add(Order(**of, state="new", placed_at=NOW, updated_at=NOW))
    garden.db.flush()

    garden.policy(PolicyIn(split=Split.BY_SALES))

    assert garden.packs() == (1, 6, 3)


def test_an_order_lets_the_others_have_what_the_empty_one_lacks(garden):
    garden.policy(EVEN)
    assert garden.packs() == (4, 3, 3)

    garden.order("sendo", 3)

    assert garden.packs() == (3, 2, 2)


def test_an_order_in_a_full_pool_moves_nothing_on_the_others(db):
    garden = Garden(db, grams=1_000_000)
    garden.policy(EVEN)

    garden.order("sendo", 3)

    assert garden.packs() == (34, 30, 33)


def test_a_cancelled_order_comes_back_into_the_split(garden):
    garden.policy(EVEN)
    garden.order("sendo", 3)
    garden.order("sendo", 3, state="cancelled")

    assert sum(garden.packs()) == 10


def test_what_is_kept_back_is_never_wished(garden):
    garden.policy(PolicyIn(split=Split.FIXED, shares=dict.fromkeys(NAMES, 1), reserve_grams=45_000))

    assert garden.packs() == (2, 2, 1)
    figures = whole_figures(garden.db, [garden.pool.id or 0], TODAY)[garden.pool.id or 0]
    assert (figures.on_hand, figures.reserve, figures.promisable) == (100_000, 45_000, 55_000)


def test_by_hand_too_high_wishes_shrink_when_more_is_kept_back(garden):
    garden.policy(PolicyIn(split=Split.BY_HAND, reserve_grams=55_000))

    assert garden.packs() == (2, 1, 1)
    with pytest.raises(listings.NotEnoughHarvest) as refused:
        listings.change_packs(garden.db, SYSTEM, garden.listings["voso"], 2, now=NOW)
    assert refused.value.facts == {"left": "15 kg", "asked": "20 kg"}


def test_by_hand_an_order_lets_wishes_shrink_that_nobody_can_fill_any_more(garden):
    garden.order("sendo", 8)  # more than was wished there: somebody raised it on the marketplace

    assert garden.packs() == (1, 0, 1)  # two packs are left


def test_by_hand_wishes_stay_as_they_are_while_all_fruit_is_past_its_day(garden):
    garden.product.shelf_life_days = 1
    garden.db.add(garden.product)
    garden.db.flush()

    rebalance(garden.db, [garden.pool.id or 0], NOW + timedelta(days=9))

    assert garden.packs() == (3, 3, 3)  # the checklist ends them; they come back with a harvest


def test_what_a_cancelled_order_gives_back_is_wished_again_by_hand_too(garden):
    garden.order("sendo", 2)
    assert garden.packs() == (3, 1, 3)

    garden.order("sendo", 2, state="cancelled")

    assert garden.packs() == (3, 3, 3)


def test_a_cancelled_order_gives_back_no_more_than_is_there(garden):
    garden.order("sendo", 2)
    write_off(garden.db, SYSTEM, garden.lot, 20_000, reason="Thối", now=NOW, key="rot")

    garden.order("sendo", 2, state="cancelled")

    assert sum(garden.packs()) == 8


def test_a_cancellation_puts_nothing_on_sale_that_was_withdrawn(garden):
    garden.order("sendo", 2)
    listings.withdraw(garden.db, SYSTEM, garden.listings["sendo"], now=NOW)

    garden.order("sendo", 2, state="cancelled")

    assert garden.packs() == (3, 1, 3)


def test_more_on_sale_than_is_wished_is_wished_where_a_policy_has_room_else_written_down(db):
    garden = Garden(db, grams=1_000_000)
    garden.policy(EVEN)
    garden.order("sendo", 3)  # 34, 30 and 33 packs are wished of 97
    for name, there in (("postmart", 36), ("sendo", 31), ("voso", 33)):
        garden.listings[name].confirmed_packs = there
        garden.listings[name].restock = False
    db.flush()

    settle_surplus(db, [garden.listings["sendo"], garden.listings["postmart"]], NOW)
    db.flush()

    assert garden.packs() == (34, 30, 33)  # all 97 are wished: both are written down
    assert [garden.listings[name].restock for name in NAMES] == [True, True, False]
    make.a_lot(db, product=garden.product, household=garden.household, producer=garden.producer, grams=15_000)
    garden.listings["sendo"].restock = garden.listings["postmart"].restock = False

    settle_surplus(db, [garden.listings["sendo"], garden.listings["postmart"]], NOW)
    db.flush()

    assert garden.packs() == (34, 31, 33)  # one pack more is there, and nothing to write for it
    assert [garden.listings[name].restock for name in NAMES] == [True, False, False]


def test_a_trader_at_the_gate_makes_the_listings_shrink(garden):
    garden.policy(EVEN)
    sale = OutsideSaleIn(
        producer_id=garden.producer.id,
        product_id=garden.product.id,
        channel="trader",
        evidence="D",
        grams=60_000,
        sold_on=TODAY,
    )

    record_outside_sale(garden.db, SYSTEM, sale, now=NOW)

    assert garden.packs() == (2, 1, 1)


def test_a_harvest_is_split_at_once(garden):
    garden.policy(EVEN)
    make.a_lot(garden.db, product=garden.product, household=garden.household, producer=garden.producer)
    write_off(garden.db, SYSTEM, garden.lot, 10_000, "thối", now=NOW, key="1")

    assert garden.packs() == (7, 6, 6)


def test_what_passes_its_day_is_promised_no_more(garden):
    garden.policy(EVEN)
    late = NOW + timedelta(days=20)
    young = TODAY + timedelta(days=5)
    make.a_lot(
        garden.db,
        product=garden.product,
        household=garden.household,
        producer=garden.producer,
        grams=40_000,
        harvested_on=young,
    )

    listings.fit_to_stock(garden.db, [garden.pool.id or 0], late)

    assert garden.packs() == (2, 1, 1)


def test_withdrawing_gives_the_packs_to_the_others(garden):
    garden.policy(EVEN)

    listings.withdraw(garden.db, SYSTEM, garden.listings["voso"], now=NOW)
    assert garden.packs()[:2] == (5, 5)

    listings.put_on_sale(garden.db, SYSTEM, garden.offer, garden.shops["voso"], 7, now=NOW)
    assert garden.packs() == (4, 3, 3)


def test_a_number_by_hand_is_refused_where_the_pool_splits_itself(garden):
    garden.policy(EVEN)

    with pytest.raises(listings.SplitByPolicy):
        listings.change_packs(garden.db, SYSTEM, garden.listings["sendo"], 1, now=NOW)
    assert garden.packs() == (4, 3, 3)


def test_a_combo_stays_by_hand_and_comes_first(garden):
    tea = make.a_product(garden.db, name="Trà Shan tuyết", shelf_life_days=None)
    make.a_lot(garden.db, product=tea, household=garden.household, producer=garden.producer, grams=10_000)
    parts = {garden.product.id: 4_500, tea.id: 500}
    pack = make.a_pack(garden.db, garden.product, net_grams=5_000, parts=parts)
    combo = make.an_offer(garden.db, producer=garden.producer, pack=pack)
    garden.policy(EVEN)

    listings.put_on_sale(garden.db, SYSTEM, combo, garden.shops["sendo"], 10, now=NOW)

    assert garden.packs() == (2, 2, 1, 10)  # 45 kg for the combos leave 5 packs


def test_back_to_by_hand_the_listings_keep_what_they_have(garden):
    garden.policy(EVEN)
    garden.policy(PolicyIn(split=Split.BY_HAND))

    assert garden.packs() == (4, 3, 3)
    listings.change_packs(garden.db, SYSTEM, garden.listings["postmart"], 2, now=NOW)
    assert garden.packs() == (2, 3, 3)


@pytest.mark.parametrize(
    ("data", "refusal"),
    [
        (PolicyIn(split=Split.FIXED, shares={"sendo": 0}), NoShares),
        (PolicyIn(split=Split.FIXED), NoShares),
        (PolicyIn(split=Split.ONLY), NoMarketplace),
        (PolicyIn(split=Split.PRIORITY, ranking=["shopee"]), NoMarketplace),
    ],
)
def test_a_policy_that_says_nothing_is_refused_and_changes_nothing(garden, data, refusal):
    with pytest.raises(refusal):
        garden.policy(data)

    assert garden.db.get(PoolPolicy, garden.pool.id) is None
    assert garden.packs() == (3, 3, 3)


def test_kilograms_kept_back_are_typed_as_people_write_them():
    typed = FormState({"split": ["only"], "ranking": ["voso"], "reserve_grams": ["12,5"]})

    assert parsed(PolicyIn, typed).reserve_grams == 12_500


@pytest.mark.parametrize("nothing", ["", " ", "0", "0,0", "0,000", "0 kg", "00"])
def test_nothing_is_kept_back_however_it_is_typed(nothing):
    typed = FormState({"split": ["by_hand"], "reserve_grams": [nothing]})

    assert parsed(PolicyIn, typed).reserve_grams == 0
