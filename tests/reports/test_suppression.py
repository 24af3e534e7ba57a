"""What is hidden stays hidden: the tests try to work it out from everything that is shown."""

from collections.abc import Iterator, Sequence
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.reports.suppression import END, START, Cell, Key, hidden_cells, recoverable, total

few = st.sampled_from([0, 0, 1, 2, 3, 4, 5, 6, 7, 12])
tables = st.integers(1, 3).flatmap(
    lambda wide: st.lists(st.lists(few, min_size=wide, max_size=wide), min_size=1, max_size=3)
)


def a_row(*counts: int) -> list[Cell]:
    cells = [Cell(number, START, END, n, n) for number, n in enumerate(counts)]
    return [*cells, total(cells, sum(counts))]


def a_table(counts: Sequence[Sequence[int]]) -> list[Cell]:
    """Rows and columns with both sums and the total."""
    rows = [
        Cell(("row", r), START, ("row", r), sum(row), sum(row), is_sum=True) for r, row in enumerate(counts)
    ]
    columns = [
        Cell(("column", c), ("column", c), END, sum(column), sum(column), is_sum=True)
        for c, column in enumerate(zip(*counts, strict=True))
    ]
    inside = [
        Cell((r, c), ("row", r), ("column", c), n, n)
        for r, row in enumerate(counts)
        for c, n in enumerate(row)
    ]
    whole = sum(map(sum, counts))
    return [*rows, *inside, *columns, total(rows, whole)]


def solutions(cells: Sequence[Cell], hidden: frozenset[Key]) -> Iterator[dict[Key, int]]:
    """Every way to fill in what is not shown so that all sums hold, by trying; nothing is below zero."""
    known = {cell.key: cell.value for cell in cells if cell.shown and cell.key not in hidden}
    open_ = [cell for cell in cells if cell.key not in known]
    nodes = {cell.tail for cell in cells} | {cell.head for cell in cells}
    flow = {
        node: sum(known.get(c.key, 0) for c in cells if c.tail == node)
        - sum(known.get(c.key, 0) for c in cells if c.head == node)
        for node in nodes
    }
    most = sum(cell.value for cell in cells if cell.tail == START) + 1
    last = {
        node: max((i for i, c in enumerate(open_) if node in (c.tail, c.head)), default=-1) for node in nodes
    }
    if any(flow[node] for node in nodes if last[node] < 0):
        return

    def fill(at: int, found: dict[Key, int]) -> Iterator[dict[Key, int]]:
        if at == len(open_):
            yield dict(found)
            return
        cell = open_[at]
        closing = [node for node in (cell.tail, cell.head) if last[node] == at]
        fixed = [-flow[node] if node == cell.tail else flow[node] for node in closing]
        for n in fixed[:1] if fixed else range(most + 1):
            if n < 0 or any(one != n for one in fixed):
                continue
            flow[cell.tail] += n
            flow[cell.head] -= n
            found[cell.key] = n
            yield from fill(at + 1, found)
            flow[cell.tail] -= n
            flow[cell.head] += n
            del found[cell.key]

    yield from fill(0, {})


def told(cells: Sequence[Cell], hidden: frozenset[Key]) -> set[Key]:
    """Hidden cells that have one value in all solutions."""
    open_ = set(hidden)
    first: dict[Key, int] = {}
    for found in solutions(cells, hidden):
        first = first or found
        open_ -= {key for key in open_ if found[key] != first[key]}
        if not open_:
            break
    return open_


def test_a_row_of_large_cells_hides_nothing() -> None:
    assert hidden_cells(a_row(5, 6, 0, 30)) == frozenset()


def test_a_small_cell_takes_the_smallest_large_one_with_it() -> None:
    assert hidden_cells(a_row(3, 40, 9, 0)) == {0, 2}


def test_two_small_cells_hide_each_other() -> None:
    assert hidden_cells(a_row(1, 1, 40)) == {0, 1}


def test_a_sum_of_few_households_is_hidden_with_its_one_cell() -> None:
    assert hidden_cells(a_row(3, 0)) == {0, "total"}


def test_nothing_is_hidden_because_of_nobody() -> None:
    assert hidden_cells(a_row(0, 0, 7)) == frozenset()


def test_in_a_table_a_small_cell_takes_three_with_it() -> None:
    cells = a_table([[3, 10, 20], [10, 6, 20], [20, 20, 20]])

    assert hidden_cells(cells) == {(0, 0), (0, 1), (1, 0), (1, 1)}


def test_an_empty_cell_is_hidden_where_nothing_else_helps() -> None:
    cells = a_table([[10, 3], [0, 7]])

    hidden = hidden_cells(cells, settled={cell.key: False for cell in cells if cell.is_sum})

    assert hidden == {(0, 0), (0, 1), (1, 0), (1, 1)}


def test_the_solver_of_these_tests_finds_what_is_told() -> None:
    assert told(a_row(3, 9), frozenset({0})) == {0}
    assert told(a_row(3, 9), frozenset({0, 1})) == set()
    assert recoverable(a_row(3, 9), {0}) == [0]


def test_kilograms_that_came_back_do_not_make_a_cell_known() -> None:
    cells = [Cell("few", START, END, 2, -5_000), Cell("many", START, END, 9, 0)]
    cells.append(total(cells, 11))

    assert hidden_cells(cells, signed=True) == {"few", "many"}


@given(st.lists(few, min_size=1, max_size=6))
@settings(deadline=None)
def test_no_hidden_cell_of_a_row_can_be_worked_out(counts: list[int]) -> None:
    cells = a_row(*counts)

    hidden = hidden_cells(cells)

    assert {cell.key for cell in cells if cell.small} <= hidden
    assert told(cells, hidden) == set()


@given(
    st.integers(1, 3).flatmap(
        lambda w: st.lists(st.lists(few, min_size=w, max_size=w), min_size=1, max_size=3)
    )
)
@settings(deadline=None, max_examples=150)
def test_no_hidden_cell_of_a_table_can_be_worked_out_from_both_sums(counts: list[list[int]]) -> None:
    cells = a_table(counts)

    hidden = hidden_cells(cells)

    assert {cell.key for cell in cells if cell.small} <= hidden
    assert told(cells, hidden) == set()
    assert recoverable(cells, hidden) == []


@given(
    st.integers(1, 3).flatmap(
        lambda w: st.lists(st.lists(few, min_size=w, max_size=w), min_size=1, max_size=3)
    )
)
@settings(deadline=None, max_examples=150)
def test_the_inside_is_safe_too_when_its_sums_were_shown_before(counts: list[list[int]]) -> None:
    rows = a_row(*map(sum, counts))
    columns = a_row(*map(sum, zip(*counts, strict=True)))
    gone_rows, gone_columns = hidden_cells(rows), hidden_cells(columns)
    settled: dict[Key, bool] = {("row", r): r in gone_rows for r in range(len(counts))}
    settled |= {("column", c): c in gone_columns for c in range(len(counts[0]))}
    settled["total"] = "total" in gone_rows

    cells = a_table(counts)
    hidden = hidden_cells(cells, settled=settled)

    assert {cell.key for cell in cells if cell.small} <= hidden
    assert {key for key, gone in settled.items() if not gone} & hidden == set()
    assert told(cells, hidden) == set()


OLD, NEW = ("a", "b", "c"), ("x", "y")


@given(st.fixed_dictionaries(dict.fromkeys(product(OLD, NEW), few)))
@settings(deadline=None, max_examples=150)
def test_communes_of_then_do_not_tell_those_of_today(counts: dict[tuple[str, str], int]) -> None:
    cells = two_maps({pair: n for pair, n in counts.items() if n})

    hidden = hidden_cells(cells)

    assert {cell.key for cell in cells if cell.small and cell.shown} <= hidden
    assert told(cells, hidden) == set()


def two_maps(counts: dict[tuple[str, str], int]) -> list[Cell]:
    then = {o: sum(n for (old, _), n in counts.items() if old == o) for o in OLD}
    today = {w: sum(n for (_, new), n in counts.items() if new == w) for w in NEW}
    cells = [Cell(o, START, o, n, n) for o, n in then.items()]
    cells += [Cell((o, w), o, w, n, n, shown=False) for (o, w), n in counts.items()]
    cells += [Cell(w, w, END, n, n) for w, n in today.items()]
    return [*cells, total(cells, sum(then.values()))]


def test_a_commune_that_was_merged_is_hidden_with_one_it_was_merged_with() -> None:
    cells = two_maps({("a", "x"): 3, ("b", "x"): 20, ("c", "y"): 6})

    assert hidden_cells(cells) == {"a", "b"}  # "a" with "c" would be x less "b"


@pytest.mark.parametrize("classes", [100])
def test_a_hundred_classes_by_fifteen_groups_are_settled_at_once(classes: int) -> None:
    counts = [[(7 * r + 3 * c * c) % 11 for c in range(15)] for r in range(classes)]
    cells = a_table(counts)
    settled = {cell.key: False for cell in cells if cell.is_sum}

    hidden = hidden_cells(cells, settled=settled)

    assert recoverable(cells, hidden) == []
