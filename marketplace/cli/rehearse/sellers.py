"""What those who sell do: record harvests, offer, split their stock, sell at the gate, change their mind."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random

from sqlmodel import Session, col, func, select

from catalog.harvests import record_harvest
from catalog.lots import lock_pool, lots_with_stock, pool_of, write_off
from catalog.mixing import mix_lots
from catalog.models import LotPool, Pack, Photo, Producer, ProducerKind
from catalog.product_forms import LotIn
from marketplace.cli.demo.words import words_for
from marketplace.cli.rehearse.goods import Goods, Harvest, Pool, Ware
from marketplace.cli.rehearse.ledger import Ledger
from marketplace.cli.rehearse.office import Books
from marketplace.cli.rehearse.stage import Stage
from marketplace.cli.rehearse.world import MARKETPLACES
from marketplace.core.db import reading, writing
from marketplace.core.units import local_day
from marketplace.selling import listings
from marketplace.selling.forms import OfferChangeIn, OfferIn
from marketplace.selling.models import Blame, Channel, Evidence, Listing, Offer, Wanted
from marketplace.selling.offers import add_photo, change_offer, list_in_shop, make_offer
from marketplace.selling.outside import OutsideSaleIn, record_outside_sale
from marketplace.selling.policies import PolicyIn, set_policy, splits_itself
from marketplace.selling.stock import pool_figures, promisable, wished_grams
from marketplace.selling.stock_models import Split

OFFERED = 90  #: of a hundred kilograms, offered at first; the rest comes with the first change
FOR_COMBOS = 4  #: one part in so many is offered in boxes of two varieties
SHARES = {"sendo": 5, "voso": 3, "postmart": 2}
#: Kept back for the gate by pools that are split by fixed shares or a ranking, in grams.
RESERVE = {"fixed": 120_000, "priority": 60_000}


@dataclass
class Sellers:
    """Everybody who sells, with what they have offered so far."""

    stage: Stage
    books: Books
    goods: Goods
    ledger: Ledger

    def __post_init__(self) -> None:
        self.offers: dict[str, int] = {}  #: by ware
        self.skus: dict[tuple[str, str], str] = {}  #: by ware and marketplace; what buyers know it by
        self.withdrawn: dict[str, list[int]] = {}  #: shop ids by ware
        self.splits = dict(self.goods.split_of)  #: how each pool is split now
        self._gates = 0

    # --- harvests -------------------------------------------------------------------------------------

    def pick(self, harvests: Sequence[Harvest]) -> None:
        """Record harvests, pool by pool; those without a policy are offered what they got, by hand."""
        by_pool: dict[Pool, list[Harvest]] = {}
        for harvest in harvests:
            by_pool.setdefault(harvest.pool, []).append(harvest)
        for pool, some in by_pool.items():
            before = self.stage.now()  # buyers may have it from the moment it is written down
            with writing(self.stage.engine) as db:
                for harvest in some:
                    self._record(db, harvest, before)
            if self.splits[pool] == "by_hand":
                with writing(self.stage.engine) as db:
                    self._offer_more(db, pool, before)
            for harvest in some:
                self.ledger.moved(pool, harvest.grams, "harvest", at=before)

    def _record(self, db: Session, harvest: Harvest, now: datetime) -> None:
        seller = self.books.sellers[harvest.pool.seller]
        data = LotIn(
            household_id=self.books.homes[harvest.home].household_id,
            product_id=self.books.products[harvest.pool.variety],
            grams=harvest.grams,
            harvested_on=local_day(now),
            grade="Loại 1",
            producer_id=seller.producer_id if seller.household_id is None else None,
            confirmed=True,
            client_key=f"{harvest.home}:{harvest.pool.variety}:{harvest.at:%m%d%H%M}",
        )
        record_harvest(db, self.books.worker, data, now=now)

    def _offer_more(self, db: Session, pool: Pool, now: datetime) -> None:
        """Share what nobody offers yet among the listings of a pool, as a seller does by hand."""
        free = self._unwished(db, self._pool_id(db, pool), now)  # locks the pool: wishes stay as they are
        for (ware, marketplace), listing in self._listings_of(db, pool).items():
            packs = free * SHARES[marketplace] // (sum(SHARES.values()) * ware.grams * len(self._of(pool)))
            if packs > 0 and listing.wanted == Wanted.ON_SALE:
                more = listing.wanted_packs + packs
                listings.change_packs(db, self.books.office, listing, more, now=now)

    def mix(self, pool: Pool) -> None:
        """Pack the lots of a pool that are there together."""
        with writing(self.stage.engine) as db:
            pool_id = self._pool_id(db, pool)
            lots = [lot.id or 0 for lot, _ in lots_with_stock(db, pool_id)]
            if len(lots) < 2:
                return
            now = self.stage.now()
            mix_lots(
                db,
                self.books.office,
                db.get_one(LotPool, pool_id),
                lots,
                mixed_on=local_day(now),
                remark="Đóng chung",
                now=now,
                client_key=f"mix:{pool.seller}",
            )

    # --- offers ---------------------------------------------------------------------------------------

    def offer(self, wares: Iterable[Ware]) -> None:
        """Offer these everywhere and choose how their pools are split; then boxes of two varieties."""
        fresh = [ware for ware in wares if ware.key not in self.offers]
        for combos in (False, True):
            some = [ware for ware in fresh if ware.combo == combos]
            for done, ware in enumerate(some):
                self.stage.progress("Đăng bán", done, len(some))
                with writing(self.stage.engine) as db:
                    known = self._offer(db, ware)
                self.skus |= known
            for pool in sorted({pool for ware in some if not combos for pool in ware.pools}):
                self.split(pool, self.splits[pool])

    def _offer(self, db: Session, ware: Ware) -> dict[tuple[str, str], str]:
        now, seller = self.stage.now(), self.books.sellers[ware.seller]
        producer = db.get_one(Producer, seller.producer_id)
        kind = "brand" if producer.kind == ProducerKind.COOPERATIVE else "own"
        title, words = words_for(kind, ware.variety, 0)
        data = OfferIn(
            pack_id=self._pack_id(db, ware),
            price_vnd=ware.price_vnd,
            title=title.replace("{pack}", f"thùng {ware.grams // 1000} kg{' đôi' if ware.combo else ''}"),
            description=words,
            grade="Loại 1",
            client_key=ware.key,
        )
        offer = make_offer(db, self.books.office, producer, data, now=now)
        photo = db.get_one(Photo, self.books.photos[ware.variety])
        add_photo(db, self.books.office, offer, photo, now=now)
        self.offers[ware.key] = offer.id or 0
        free = self._first_packs(db, ware, now)
        known: dict[tuple[str, str], str] = {}
        for name in ware.markets:
            packs = free * SHARES[name] // sum(SHARES.values())
            listing = list_in_shop(db, self.books.office, offer, self.books.shops[name], packs, now=now)
            known[ware.key, name] = listing.sku
        return known

    def _first_packs(self, db: Session, ware: Ware, now: datetime) -> int:
        """Packs of a ware that may be offered beside the other wares of its pools."""
        pools = sorted(
            (self._pool_id(db, pool), len(self._of(pool)), grams) for pool, grams in ware.pools.items()
        )
        if ware.combo:
            return min(self._for_combos(db, pool_id, now) // grams for pool_id, _, grams in pools)
        free = {pool_id: self._unwished(db, pool_id, now) for pool_id, _, _ in pools}
        return min(max(0, free[pool_id]) * OFFERED // 100 // many // grams for pool_id, many, grams in pools)

    def _for_combos(self, db: Session, pool_id: int, now: datetime) -> int:
        """Grams of a pool for boxes of two varieties: where a policy splits it, the others make room."""
        lock_pool(db, pool_id)
        if splits_itself(db, [pool_id]):
            return promisable(db, [pool_id], local_day(now))[pool_id] // FOR_COMBOS
        return max(0, self._unwished(db, pool_id, now))

    def _unwished(self, db: Session, pool_id: int, now: datetime) -> int:
        """Grams of a pool that may be offered and that no listing is to sell."""
        lock_pool(db, pool_id)
        there = promisable(db, [pool_id], local_day(now))[pool_id]
        return there - wished_grams(db, pool_id)

    def split(self, pool: Pool, how: str) -> None:
        """Choose how a pool is split."""
        self.splits[pool] = how
        first = MARKETPLACES[len(pool.seller) % len(MARKETPLACES)]
        ranking = [first, *(name for name in MARKETPLACES if name != first)]
        data = PolicyIn(
            split=Split(how),
            shares=SHARES if how == "fixed" else {},
            ranking=ranking if how in ("priority", "only") else [],
            reserve_grams=RESERVE.get(how, 0),
        )
        with writing(self.stage.engine) as db:
            row = db.get_one(LotPool, self._pool_id(db, pool))
            set_policy(db, self.books.office, row, data, now=self.stage.now())

    # --- during the season ----------------------------------------------------------------------------

    def sell_at_the_gate(self, pool: Pool, grams: int) -> None:
        """A trader takes what no marketplace was promised, at most so many grams."""
        self._gates += 1
        with writing(self.stage.engine) as db:
            free = self._free(db, pool, grams)
            if free < 1000:
                return
            data = OutsideSaleIn(
                producer_id=self.books.sellers[pool.seller].producer_id,
                product_id=self.books.products[pool.variety],
                channel=Channel.TRADER,
                evidence=Evidence.D,
                grams=free,
                value_vnd=free // 1000 * 9_000,
                sold_on=local_day(self.stage.now()),
                client_key=f"gate:{self._gates}",
            )
            record_outside_sale(db, self.books.worker, data, now=self.stage.now())
        self.ledger.moved(pool, -free, "gate")

    def throw_away(self, pool: Pool, grams: int) -> None:
        """Rot is found among what no marketplace was promised."""
        self._gates += 1
        with writing(self.stage.engine) as db:
            free = self._free(db, pool, grams)
            oldest = next(iter(lots_with_stock(db, self._pool_id(db, pool))), None)
            if oldest is None or (lost := min(free, oldest[1])) < 100:
                return
            key = f"rot:{self._gates}"
            write_off(db, self.books.worker, oldest[0], lost, "Dập, úng", now=self.stage.now(), key=key)
        self.ledger.moved(pool, -lost, "rot")

    def _free(self, db: Session, pool: Pool, most: int) -> int:
        pool_id = self._pool_id(db, pool)
        lock_pool(db, pool_id)
        return min(most, pool_figures(db, [pool_id])[pool_id].free)

    def change_price(self, ware: Ware, rng: Random) -> None:
        """A little more or less for one pack."""
        with writing(self.stage.engine) as db:
            offer = db.get_one(Offer, self.offers[ware.key])
            price = round(ware.price_vnd * rng.uniform(0.93, 1.08) / 1000) * 1000
            data = OfferChangeIn(
                price_vnd=price, title=offer.title, description=offer.description, grade=offer.grade
            )
            change_offer(db, self.books.office, offer, data, now=self.stage.now())

    def withdraw(self, ware: Ware) -> None:
        """Take a ware off all marketplaces for a while."""
        with writing(self.stage.engine) as db:
            shown = self._shown(db, ware)
            listings.stop_selling(db, self.books.office, shown, now=self.stage.now())
            self.withdrawn[ware.key] = [listing.shop_id for listing in shown]

    def put_back(self, ware: Ware) -> None:
        """Offer it again where it was, with what is free now."""
        with writing(self.stage.engine) as db:
            offer = db.get_one(Offer, self.offers[ware.key])
            now, shop_ids = self.stage.now(), self.withdrawn.pop(ware.key, [])
            packs = self._first_packs(db, ware, now) // max(1, len(shop_ids))
            for shop_id in shop_ids:
                list_in_shop(db, self.books.office, offer, shop_id, packs, now=now)

    def waiting(self) -> int:
        """Listings that the worker has not yet put up, and that wait for no person."""
        due = select(func.count()).where(col(Listing.remote_id).is_(None), col(Listing.blame).is_(None))
        with reading(self.stage.engine) as db:
            return db.exec(due).one()

    def mend(self) -> int:
        """Let the worker try again what waits for a person after a moderator's word; how many there were."""
        asked = select(Listing).where(
            col(Listing.blame).is_not(None),
            col(Listing.remote_state).in_(("rejected", "locked", "live")),
            Listing.blame != Blame.DEVELOPER,
        )
        with writing(self.stage.engine) as db:
            waiting = db.exec(asked).all()
            for listing in waiting:
                listings.try_again(db, self.books.office, listing, now=self.stage.now())
        return len(waiting)

    # --- reading --------------------------------------------------------------------------------------

    def _of(self, pool: Pool) -> list[Ware]:
        """The wares of one variety that share a pool."""
        return [ware for ware in self.goods.wares if not ware.combo and pool in ware.pools]

    def _listings_of(self, db: Session, pool: Pool) -> Mapping[tuple[Ware, str], Listing]:
        names = {shop: name for name, shop in self.books.shops.items()}
        return {
            (ware, names[listing.shop_id]): listing
            for ware in self._of(pool)
            if ware.key in self.offers
            for listing in self._shown(db, ware)
        }

    def _shown(self, db: Session, ware: Ware) -> Sequence[Listing]:
        mine = select(Listing).where(Listing.offer_id == self.offers[ware.key]).order_by(col(Listing.id))
        return db.exec(mine).all()

    def _pool_id(self, db: Session, pool: Pool) -> int:
        producer = self.books.sellers[pool.seller].producer_id
        found = pool_of(db, producer, self.books.products[pool.variety])
        if found is None or found.id is None:
            raise LookupError(pool)
        return found.id

    def _pack_id(self, db: Session, ware: Ware) -> int:
        if ware.combo:
            return self.books.combo_id
        of = select(Pack.id).where(
            Pack.product_id == self.books.products[ware.variety], Pack.net_grams == ware.grams
        )
        return db.exec(of.where(Pack.id != self.books.combo_id)).one() or 0
