"""A small model of the stock protocol (design §5), and an explorer that tries every interleaving of it.

One lot pool, a few shops, a few packs. A shop is a tuple of what the marketplace has, what we believe, and
where its worker is. `Rules` is what our worker does; a mutant or another protocol is another class. What is
written next is the product's own `next_step`, asked for every wish and every stock last confirmed: so the
model says nothing about policies, and what it proves holds for any of them, changed at any moment.
`test_every_interleaving` also compares the other rules with the functions of the product.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import NamedTuple

from marketplace.selling.models import Listing
from marketplace.selling.sync.steps import WRITES, next_step

MANY = 3  #: packs there are, at most


@dataclass(frozen=True)
class Most:
    """How far the model goes in each shop."""

    late: int = 1  #: writes that may be on their way at once, their answers lost
    void: int = 1  #: orders cancelled before anybody heard of them; two do what one does twice


class Speaking(NamedTuple):
    """A write was sent, `applied` when it has reached the goods; the worker waits for its answer."""

    packs: int
    slack: bool  #: something was exposed before the claim
    doubted: bool  #: a lost write was still on its way then
    applied: bool = False


class Reading(NamedTuple):
    """The stock was read; the orders are pulled next, then both are compared."""

    stock: int
    excess: int  #: how much more that was than the exposure
    back: int = 0  #: packs of cancellations told since
    pulled: bool = False


class Shop(NamedTuple):
    """One shop: facts of the marketplace first, then our listing, then the worker; all counts are packs."""

    there: bool = False
    stock: int = 0
    unseen: int = 0  #: sold there, no order of it taken yet
    void: int = 0  #: sold and cancelled before any order of it was taken
    undone: int = 0  #: of `taken`, cancelled there, which we were not told
    late: tuple[int, ...] = ()  #: lost writes that may still arrive
    exposure: int = 0
    tighten: bool = False
    unclear: bool = False
    doubt: bool = False
    taken: int = 0  #: sold by orders taken and not given back
    at: Speaking | Reading | None = None

    @property
    def sold(self) -> int:
        return self.unseen + self.taken - self.undone

    @property
    def promised(self) -> int:
        """The worst that can still be sold there or was, and we have not taken: exposure must be as much."""
        coming = self.at.packs if isinstance(self.at, Speaking) and not self.at.applied else 0
        return self.stock + self.unseen - self.undone + sum(self.late) + coming


class Rules:
    """What our worker does, as the product does it; every method is one committed step."""

    def writes(self, shop: Shop, on_hand: int, exposed: int) -> frozenset[int]:
        """The stocks it may write next, one for each thing that may be wished; `exposed`: of all shops."""
        return _writes(shop.unclear, shop.there, shop.exposure, shop.tighten, on_hand - exposed)

    def sells_offline(self, on_hand: int, exposed: int) -> bool:
        """May a pack be sold at the gate? What is promised to nobody, at once."""
        return on_hand > exposed

    def claim(self, shop: Shop, packs: int) -> Shop:
        at = Speaking(packs, shop.exposure > 0, shop.doubt)
        return shop._replace(at=at, exposure=shop.exposure + packs, unclear=True, doubt=True)

    def answered(self, shop: Shop, at: Speaking) -> Shop:
        tighten = shop.tighten or at.slack
        return shop._replace(at=None, unclear=False, doubt=at.doubted, tighten=tighten)

    def refused(self, shop: Shop, at: Speaking) -> Shop:
        exposure = max(0, shop.exposure - at.packs)
        return shop._replace(at=None, unclear=False, doubt=at.doubted, exposure=exposure)

    def lost(self, shop: Shop) -> Shop:
        return shop._replace(at=None, tighten=True)

    def looked_up(self, shop: Shop) -> Shop | None:
        """None: nothing can be said before the doubt has passed."""
        if shop.there:
            return shop._replace(unclear=False, tighten=True)
        return None if shop.doubt else shop._replace(unclear=False, exposure=0)

    def reads(self, shop: Shop) -> bool:
        """Is there slack that a reading would remove?"""
        return shop.there and shop.tighten and not shop.unclear and not shop.doubt

    def fits(self, shop: Shop) -> bool:
        """May an order of one pack be taken alone? If not, we missed a cancellation: the pull tells of it."""
        return shop.exposure >= 1

    def sold(self, shop: Shop) -> Shop:
        """One order of one pack was taken."""
        return shop._replace(taken=shop.taken + 1, exposure=max(0, shop.exposure - 1))

    def given_back(self, shop: Shop) -> Shop:
        """A taken order of one pack was cancelled."""
        return shop._replace(taken=shop.taken - 1, exposure=shop.exposure + 1, tighten=True)

    def void(self, shop: Shop) -> Shop:
        """An order was taken that is cancelled already."""
        return shop._replace(tighten=True)

    def may_compare(self, at: Reading) -> bool:
        return at.pulled

    def compared(self, shop: Shop, at: Reading) -> Shop:
        shop = shop._replace(at=None)
        if at.excess > at.back:
            return shop._replace(exposure=max(shop.exposure, at.stock))
        exposure = min(shop.exposure, at.stock + at.back)
        return shop._replace(exposure=exposure, tighten=at.back > 0, doubt=False)


@cache
def _writes(*state: int) -> frozenset[int]:
    """What the product's `next_step` would write, whatever is wished and was last confirmed."""
    unclear, there, exposure, tighten, room = state
    found = set()
    for wanted, confirmed, current in product(range(MANY + 1), (None, *range(MANY + 1)), (0, 1)):
        listing = Listing(
            offer_id=1,
            shop_id=1,
            sku="LS1",
            unclear=bool(unclear),
            remote_id="9" if there else None,
            remote_state="live",
            published_revision=current,
            wanted_packs=wanted,
            confirmed_packs=confirmed,
            exposure_packs=exposure,
            tighten=bool(tighten),
        )
        step = next_step(listing, room)
        if step.do in WRITES:
            found.add(step.packs)
    return frozenset(found)


# --- what may happen in one shop, whatever the others do
# --------------------------------------------------------------------------------------------------------

Moves = Iterator[tuple[str, Shop]]


def buyer_moves(shop: Shop, most: Most) -> Moves:
    """A buyer takes a pack; an order is cancelled, and the marketplace puts the pack back on sale or not."""
    if shop.stock:
        yield "a buyer buys", shop._replace(stock=shop.stock - 1, unseen=shop.unseen + 1)
    for word, back in (("", 0), (" and is on sale again", 1)):
        stock = shop.stock + back
        if shop.unseen and shop.void < most.void:
            after = shop._replace(unseen=shop.unseen - 1, void=shop.void + 1, stock=stock)
            yield f"an unseen order is cancelled{word}", after
        if shop.taken > shop.undone:
            after = shop._replace(undone=shop.undone + 1, stock=stock)
            yield f"a taken order is cancelled{word}", after


def write_moves(rules: Rules, shop: Shop, most: Most) -> Moves:
    """What becomes of a write under way, and of those whose answers were lost."""
    at = shop.at
    if isinstance(at, Speaking):
        word = f"“stock {at.packs}”"
        if at.applied:
            yield f"{word} is answered", rules.answered(shop, at)
            yield f"the answer to {word} is lost", rules.lost(shop)
        else:
            done = shop._replace(there=True, stock=at.packs, at=at._replace(applied=True))
            yield f"{word} applies", done
            yield f"{word} is refused", rules.refused(shop, at)
            yield f"{word} is lost before it applies", rules.lost(shop)
            if len(shop.late) < most.late:
                late = tuple(sorted((*shop.late, at.packs)))
                yield f"{word} is lost, and may apply late", rules.lost(shop)._replace(late=late)
    for packs in set(shop.late):
        left = list(shop.late)
        left.remove(packs)
        yield f"“stock {packs}” applies late", shop._replace(there=True, stock=packs, late=tuple(left))


def reading_moves(rules: Rules, shop: Shop) -> Moves:
    """Looking up, reading the stock, pulling orders, comparing; a worker may die on the way."""
    if isinstance(shop.at, Speaking):
        return
    if shop.at is None and shop.unclear:
        looked_up = rules.looked_up(shop)
        if looked_up is not None:
            yield "the SKU is looked up", looked_up
    if shop.at is None and rules.reads(shop):
        at = Reading(shop.stock, max(0, shop.stock - shop.exposure))
        yield f"stock {shop.stock} is read", shop._replace(at=at)
    yield from order_moves(rules, shop)
    if isinstance(shop.at, Reading):
        yield "the worker dies", shop._replace(at=None)
        if rules.may_compare(shop.at):
            yield "what was read is compared", rules.compared(shop, shop.at)


def order_moves(rules: Rules, shop: Shop) -> Moves:
    """Orders are taken one by one, as pushes or a pull that breaks off tell of them, or all by a pull."""
    if shop.unseen and rules.fits(shop):
        yield "an order is taken", _sold(rules, shop)
    if shop.undone:
        yield "a cancellation is told", _given_back(rules, shop)
    if shop.void:
        yield "a cancelled order is taken", _void(rules, shop)
    if isinstance(shop.at, Reading) or shop.unseen:
        yield "the orders are pulled", pulled(rules, shop)


def pulled(rules: Rules, shop: Shop) -> Shop:
    """Every order of the shop is taken; what does not fit waits until every cancellation is told."""
    for _ in range(shop.void):
        shop = _void(rules, shop)
    for _ in range(shop.undone):
        shop = _given_back(rules, shop)
    for _ in range(shop.unseen):
        shop = _sold(rules, shop)
    at = shop.at
    return shop._replace(at=at._replace(pulled=True)) if isinstance(at, Reading) else shop


def _sold(rules: Rules, shop: Shop) -> Shop:
    return rules.sold(shop)._replace(unseen=shop.unseen - 1)


def _given_back(rules: Rules, shop: Shop) -> Shop:
    return rules.given_back(shop)._replace(undone=shop.undone - 1, at=_told_back(shop))


def _void(rules: Rules, shop: Shop) -> Shop:
    return rules.void(shop)._replace(void=shop.void - 1, at=_told_back(shop))


def _told_back(shop: Shop) -> Speaking | Reading | None:
    """The reading under way knows that a pack may have come back on sale after it."""
    at = shop.at
    if not isinstance(at, Reading):
        return at
    return at._replace(back=min(at.back + 1, max(MANY - at.stock, at.excess)))


def settled(shop: Shop) -> Shop:
    """A doubt passes once nothing is on its way any more; at once, since it only keeps our worker waiting."""
    waits = shop.late or isinstance(shop.at, Speaking)
    return shop if waits or not shop.doubt else shop._replace(doubt=False)


# --- every interleaving
# --------------------------------------------------------------------------------------------------------

#: Packs sold offline, then the numbers of the shops, sorted: which of them is which makes no difference.
State = tuple[int, ...]


@dataclass(frozen=True)
class Explored:
    """How many states were reached, and the shortest way to one that must not be, if there is any."""

    states: int
    way: list[str]


class Explorer:
    """Breadth first from `packs` on hand and nothing listed; `holds` must be true of every state reached."""

    def __init__(self, rules: Rules, *, shops: int, packs: int, most: Most) -> None:
        self.rules, self.packs, self.most = rules, packs, most
        self._numbers: dict[Shop, int] = {}
        self._shops: list[Shop] = []
        self._next: dict[tuple[int, int, int], list[tuple[str, int]]] = {}
        self.start: State = (0, *([self._number(Shop())] * shops))

    def explore(self, holds: Callable[["Explorer", State], bool]) -> Explored:
        """Every state that can be reached, until one does not hold."""
        before: dict[State, State | None] = {self.start: None}
        level = [self.start]
        while level:
            found: list[State] = []
            for state in level:
                for _, unsorted in self._successors(state):
                    after = _sorted(unsorted)
                    if after in before:
                        continue
                    before[after] = state
                    if not holds(self, after):
                        return Explored(len(before), self._way(before, after))
                    found.append(after)
            level = found
        return Explored(len(before), [])

    def shops(self, state: State) -> list[Shop]:
        return [self._shops[number] for number in state[1:]]

    def on_hand(self, state: State) -> int:
        """As our ledger has it."""
        return self.packs - state[0] - sum([self._shops[number].taken for number in state[1:]])

    def _number(self, shop: Shop) -> int:
        number = self._numbers.setdefault(shop, len(self._shops))
        if number == len(self._shops):
            self._shops.append(shop)
        return number

    def _successors(self, state: State) -> Iterator[tuple[str, State]]:
        on_hand = self.on_hand(state)
        exposed = sum([self._shops[number].exposure for number in state[1:]])
        for place, number in enumerate(state[1:], start=1):
            for word, after in self._moves(number, on_hand, exposed):
                yield word, (*state[:place], after, *state[place + 1 :])
        if self.rules.sells_offline(on_hand, exposed):
            yield "a free pack is sold offline", (state[0] + 1, *state[1:])

    def _moves(self, number: int, on_hand: int, exposed: int) -> list[tuple[str, int]]:
        """What may happen in one shop; of the others it only matters what they promise."""
        key = number, on_hand, exposed
        if key not in self._next:
            shop, rules = self._shops[number], self.rules
            moves = [*buyer_moves(shop, self.most), *write_moves(rules, shop, self.most)]
            moves += reading_moves(rules, shop)
            if shop.at is None:
                for packs in rules.writes(shop, on_hand, exposed):
                    moves.append((f"“stock {packs}” is sent", rules.claim(shop, packs)))
            self._next[key] = [(word, self._number(settled(after))) for word, after in moves]
        return self._next[key]

    def _way(self, before: dict[State, State | None], end: State) -> list[str]:
        """The words of the steps that led to `end`, each shop keeping its place."""
        states: list[State] = []
        at: State | None = end
        while at is not None:
            states.append(at)
            at = before[at]
        words: list[str] = []
        state = states.pop()
        while states:
            goal = states.pop()
            word, after = next(one for one in self._successors(state) if _sorted(one[1]) == goal)
            moved = [place for place in range(1, len(state)) if after[place] != state[place]]
            words.append(f"shop {moved[0]}: {word}" if moved else word)
            state = after
        return words


def _sorted(state: State) -> State:
    return (state[0], *sorted(state[1:]))


def never_oversold(explorer: Explorer, state: State) -> bool:
    return state[0] + sum([shop.sold for shop in explorer.shops(state)]) <= explorer.packs


def invariant(explorer: Explorer, state: State) -> bool:
    """Design §5: exposures bound what can be sold in each shop and fit on hand; so nothing is oversold."""
    shops = explorer.shops(state)
    for shop in shops:
        if shop.exposure < shop.promised:
            return False
    fits = sum([shop.exposure for shop in shops]) <= explorer.on_hand(state)
    return fits and never_oversold(explorer, state)
