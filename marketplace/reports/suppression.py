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
    hidden = {cell.key for cell in cells if done.get(cell.key, cell.small and cell.shown)}
    for cell in cells:
        if cell.key in hidden or (cell.small and not cell.shown):
            path = _way_round(cell, cells, hidden, done, signed=signed)
            hidden |= {one.key for one in path or () if one.shown}
    return frozenset(hidden)


def recoverable(cells: Sequence[Cell], hidden: Collection[Key], *, signed: bool = False) -> list[Key]:
    """Hidden cells with one possible value alone, were somebody to solve all shown sums."""
    shown = {cell.key: False for cell in cells if cell.shown and cell.key not in hidden}
    return [
        cell.key
        for cell in cells
        if cell.key in hidden and _way_round(cell, cells, set(hidden), shown, signed=signed) is None
    ]


def _way_round(
    cell: Cell, cells: Sequence[Cell], hidden: set[Key], settled: Mapping[Key, bool], *, signed: bool
) -> list[Cell] | None:
    """The cheapest cells that change with this one while all sums hold; None when there are none."""
    arcs: dict[Node, list[tuple[int, Node, Cell]]] = {}
    for other in cells:
        free = other.key in hidden or not other.shown
        if other is cell or (not free and other.key in settled):
            continue
        cost = 0 if free else _cost(other)
        arcs.setdefault(other.tail, []).append((cost, other.head, other))
        if signed or other.value > 0:
            arcs.setdefault(other.head, []).append((cost, other.tail, other))
    ways = [_cheapest(arcs, cell.head, cell.tail)]
    if signed or cell.value > 0:
        ways.append(_cheapest(arcs, cell.tail, cell.head))
    found = [way for way in ways if way is not None]
    return min(found, key=lambda way: way[0])[1] if found else None


def _cost(cell: Cell) -> int:
    if not cell.households:
        return _EMPTY_COST
    return (cell.households + 1) * (_SUM_COST if cell.is_sum else 1)


def _cheapest(
    arcs: Mapping[Node, Sequence[tuple[int, Node, Cell]]], start: Node, goal: Node
) -> tuple[int, list[Cell]] | None:
    """Dijkstra's way from one sum to another; of equally cheap ways the one met first."""
    queue: list[tuple[int, int, Node]] = [(0, 0, start)]
    came: dict[Node, tuple[int, Node, Cell | None]] = {start: (0, start, None)}
    done: set[Node] = set()
    met = 0
    while queue:
        cost, _, node = heappop(queue)
        if node == goal:
            return cost, _steps(came, goal)
        if node in done:
            continue
        done.add(node)
        for more, following, cell in arcs.get(node, ()):
            if following not in done and (following not in came or cost + more < came[following][0]):
                met += 1
                came[following] = (cost + more, node, cell)
                heappush(queue, (cost + more, met, following))
    return None


def _steps(came: Mapping[Node, tuple[int, Node, Cell | None]], node: Node) -> list[Cell]:
    steps: list[Cell] = []
    while True:
        _, before, cell = came[node]
        if cell is None:
            return steps
        steps.append(cell)
        node = before
