"""Which cells of a table must be hidden so that nothing is said about fewer than five households.

A table with sums is drawn as a circulation: every cell is an edge, every sum a node where what flows in flows
out again. A hidden cell cannot be worked out exactly when some hidden cells on a cycle through it can all
change by one while every sum that is shown stays as it is. So more cells are hidden along the cheapest such
cycle (L. H. Cox 1995, "Network Models for Complementary Cell Suppression"). Two families of sums fit in one
drawing: classes under courses on one side, groups on the other; the communes of then on one side, those of
today on the other.
"""

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count

LEAST_HOUSEHOLDS = 5

Key = Hashable
Node = Hashable

START, END = "start", "end"  #: where all sums of one side come together

_EMPTY_COST = 1_000_000  #: a cell that says 0 is hidden only when nothing else helps
_SUM_COST = 1_000  #: times as dear as a cell, so that sums stay to be read


@dataclass(frozen=True)
class Cell:
    """One figure between two sums. `shown` False: in no table, as households by both maps at once."""

    key: Key
    tail: Node
    head: Node
    households: int  #: how many stand behind it
    value: int
    shown: bool = True
    is_sum: bool = False

    @property
    def small(self) -> bool:
        return 0 < self.households < LEAST_HOUSEHOLDS


def total(cells: Sequence[Cell], households: int, key: Key = "total") -> Cell:
    """The edge back, which makes a row of cells from START to END a circulation."""
    value = sum(cell.value for cell in cells if cell.tail == START)
    return Cell(key, END, START, households, value, is_sum=True)


def hidden_cells(
    cells: Sequence[Cell], *, signed: bool = False, settled: Mapping[Key, bool] | None = None
) -> frozenset[Key]:
    """Keys of all cells to be hidden.

    `signed`: figures may be less than nothing, as kilograms that came back. `settled` says of cells that
    another table shows too whether they are hidden there; a shown one is not hidden any more.
    """
    done = settled or {}
    drawing = _Drawing(cells, signed=signed)
    drawing.free = {cell.key for cell in cells if not cell.shown or done.get(cell.key, cell.small)}
    drawing.fixed = {key for key, hidden in done.items() if not hidden}
    for cell in cells:
        if cell.small or (cell.shown and cell.key in drawing.free):
            drawing.free |= {one.key for one in drawing.way_round(cell) or ()}
    return frozenset(cell.key for cell in cells if cell.shown and cell.key in drawing.free)


def recoverable(cells: Sequence[Cell], hidden: Collection[Key], *, signed: bool = False) -> list[Key]:
    """Hidden cells with one possible value alone, were somebody to solve all shown sums."""
    drawing = _Drawing(cells, signed=signed)
    drawing.free = {cell.key for cell in cells if not cell.shown or cell.key in hidden}
    drawing.fixed = {cell.key for cell in cells} - drawing.free
    return [cell.key for cell in cells if cell.key in hidden and drawing.way_round(cell) is None]


class _Drawing:
    """The circulation. `free` cells may have any value, `fixed` ones are shown and will stay so."""

    def __init__(self, cells: Sequence[Cell], *, signed: bool) -> None:
        self.free: set[Key] = set()
        self.fixed: set[Key] = set()
        self._signed = signed
        self._arcs: dict[Node, list[tuple[Node, Cell]]] = {}
        for cell in cells:
            self._arcs.setdefault(cell.tail, []).append((cell.head, cell))
            if self._may_fall(cell):
                self._arcs.setdefault(cell.head, []).append((cell.tail, cell))

    def way_round(self, cell: Cell) -> list[Cell] | None:
        """The cheapest cells that change with this one while all sums hold; None when there are none."""
        ways = [self._cheapest(cell, cell.head, cell.tail)]
        if self._may_fall(cell) and (ways[0] is None or ways[0][0]):
            ways.append(self._cheapest(cell, cell.tail, cell.head))
        found = [way for way in ways if way is not None]
        return min(found, key=lambda way: way[0])[1] if found else None

    def _may_fall(self, cell: Cell) -> bool:
        return self._signed or cell.value > 0

    def _cost(self, cell: Cell) -> int | None:
        """What it costs to hide a cell; None when it may not be hidden."""
        if cell.key in self.free:
            return 0
        if cell.key in self.fixed:
            return None
        if not cell.households:
            return _EMPTY_COST
        return (cell.households + 1) * (_SUM_COST if cell.is_sum else 1)

    def _cheapest(self, but: Cell, start: Node, goal: Node) -> tuple[int, list[Cell]] | None:
        """Dijkstra's way from one sum to another past this cell; of equally cheap ones always the same."""
        queue: list[tuple[int, int, Node]] = [(0, 0, start)]
        came: dict[Node, tuple[int, Node, Cell]] = {}
        done: set[Node] = set()
        met = count(-1, -1)  # of equals the last met first: deep, not wide
        while queue:
            cost, _, node = heappop(queue)
            if node == goal:
                return cost, _steps(came, start, goal)
            if node in done:
                continue
            done.add(node)
            for following, cell in self._arcs.get(node, ()):
                if following in done or cell is but or (more := self._cost(cell)) is None:
                    continue
                if following not in came or cost + more < came[following][0]:
                    came[following] = (cost + more, node, cell)
                    if following == goal and not cost + more:
                        return 0, _steps(came, start, goal)  # nothing is cheaper
                    heappush(queue, (cost + more, next(met), following))
        return None


def _steps(came: Mapping[Node, tuple[int, Node, Cell]], start: Node, node: Node) -> list[Cell]:
    steps: list[Cell] = []
    while node != start:
        _, node, cell = came[node]
        steps.append(cell)
    return steps
