"""The chain by commune, sex, ethnicity, poverty and age, beside households that were never in a class."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from marketplace.reports.chain import GRAMS, Item, Measure, People
from marketplace.reports.chain_classes import (
    ALL,
    NEVER_MEASURES,
    ClassTable,
    class_key,
    course_key,
)
from marketplace.reports.chain_facts import ClassFact
from marketplace.reports.chain_figures import NOTHING, Figure, Row, cell_of, figures_by
from marketplace.reports.chain_groups import COMMUNES, Group, group_of, rows_of
from marketplace.reports.suppression import END, START, Cell, Key, Node, hidden_cells, total

TRAINED_MEASURES = (
    Measure.PEOPLE_ATTENDED,
    Measure.ATTENDED,
    Measure.CERTIFIED,
    Measure.SHOP,
    Measure.LISTED,
    Measure.SOLD,
    Measure.SEASON,
    Measure.ELSEWHERE,
)
#: Of a figure of people, that of their households.
HOUSEHOLDS = {Measure.PEOPLE_ATTENDED: Measure.ATTENDED}
#: Class by group is shown for the communes of then alone: with both maps at once more could be worked out.
CROSS_GROUPS = tuple(group for group in Group if group is not Group.COMMUNE_NOW)


@dataclass(frozen=True)
class CrossRow:
    """A class, or all of them, group by group; `sum` is the row's own."""

    key: Key
    cells: dict[str, int | None]
    sum: int | None
    one: ClassFact | None = None


@dataclass(frozen=True)
class CrossTable:
    columns: list[tuple[str, str]]
    rows: list[CrossRow]
    foot: CrossRow


class GroupTable:
    """Tables of one group, which keep to what the classes' table shows."""

    def __init__(self, classes: ClassTable, group: Group) -> None:
        self.classes = classes
        self.chain = classes.chain
        self.group = group

    def trained(self) -> list[Row]:
        """Households that were in the classes asked for; their sum is `ClassTable.all`."""
        return self._rows(self.chain.trained, TRAINED_MEASURES)

    def never(self) -> list[Row]:
        """Households that were in none; their sum is `ClassTable.never`."""
        return self._rows(self.chain.never, NEVER_MEASURES)

    def cross(self, measure: Measure) -> CrossTable:
        """Class by group, each household with the first of these classes it came to: so all sums hold."""
        people, first = self.chain.trained, self.chain.trained.first
        sums = self._figures(people, measure)
        inside = figures_by(people.items(measure), lambda i: (first[i[0]].id, self._key(people, i)))
        hidden = self._cross_hidden(measure, sorted(sums), inside)
        columns = rows_of(self.chain.facts, self.group, set(sums))
        rows = []
        for one in self.chain.classes:
            cells = {
                key: None if (one.id, key) in hidden else inside.get((one.id, key), NOTHING).value
                for key, _ in columns
            }
            gone = class_key(one) in hidden
            margin = None if gone else self.classes.credited(class_key(one), measure).value
            rows.append(CrossRow(class_key(one), cells, margin, one))
        foot = {
            key: None if (self.group, key) in hidden else sums.get(key, NOTHING).value for key, _ in columns
        }
        return CrossTable(columns, rows, CrossRow(ALL, foot, self.classes.all.figures[measure]))

    def _rows(self, people: People, measures: Sequence[Measure]) -> list[Row]:
        figures = {measure: self._figures(people, measure) for measure in measures}
        hidden = {measure: self._hidden(people, measure) for measure in measures}
        found = {key for by_key in figures.values() for key in by_key}
        rows = []
        for key, label in rows_of(self.chain.facts, self.group, found):
            shown = {
                m: None if (self.group, key) in hidden[m] else figures[m].get(key, NOTHING).value
                for m in measures
            }
            rows.append(Row(key, label, shown))
        return rows

    def _key(self, people: People, item: Item, group: Group | None = None) -> str:
        household_id, person_id, _ = item
        return group_of(
            self.chain.facts, group or self.group, household_id, person_id, people.year_of(household_id)
        )

    def _commune(self, people: People, group: Group) -> Callable[[Item], Key]:
        return lambda item: (group, self._key(people, item, group))

    def _figures(self, people: People, measure: Measure) -> dict[str, Figure]:
        return figures_by(people.items(measure), lambda item: self._key(people, item))

    def _hidden(self, people: People, measure: Measure) -> frozenset[Key]:
        """People are hidden as their households are, but for sex and age, which are their own."""
        if self.group not in (Group.SEX, Group.AGE):
            measure = HOUSEHOLDS.get(measure, measure)
        cells = self._cells(people, measure, lambda _key: START)
        never = people is self.chain.never
        whole = self.classes.never_figure(measure) if never else self.classes.raw(ALL, measure)
        gone = self.classes.never_hidden(measure) if never else ALL in self.classes.hidden(measure)
        return hidden_cells(
            [*cells, total(cells, whole.households, ALL)], signed=measure in GRAMS, settled={ALL: gone}
        )

    def _cells(self, people: People, measure: Measure, tail: Callable[[Key], Node]) -> list[Cell]:
        """One cell per group; of communes then and today, whose sums are made of the same households."""
        if self.group not in COMMUNES:
            found = sorted(self._figures(people, measure).items())
            return [cell_of((self.group, key), tail((self.group, key)), END, one) for key, one in found]
        items = people.items(measure)
        then, now = (self._commune(people, of) for of in COMMUNES)
        old = sorted(figures_by(items, then).items(), key=str)
        new = sorted(figures_by(items, now).items(), key=str)
        both = sorted(figures_by(items, lambda item: (then(item), now(item))).items(), key=str)
        return [
            *(cell_of(key, tail(key), key, one) for key, one in old),
            *(Cell((o, n), o, n, one.households, one.value, shown=False) for (o, n), one in both),
            *(cell_of(key, key, END, one) for key, one in new),
        ]

    def _cross_hidden(
        self, measure: Measure, names: Sequence[str], inside: dict[tuple[int, str], Figure]
    ) -> frozenset[Key]:
        """All sums are settled by the tables that show them too; only what is inside can still be hidden."""
        groups = self._cells(self.chain.trained, measure, lambda key: ("into", key))
        cells: list[Cell] = []
        for id_, held in self.classes.courses.items():
            above = course_key(id_)
            cells.append(cell_of(above, START, above, self.classes.credited(above, measure)))
            cells += [
                cell_of(class_key(one), above, class_key(one), self.classes.credited(class_key(one), measure))
                for one in held
            ]
        cells.append(total(cells, self.classes.raw(ALL, measure).households, ALL))
        gone = self.classes.hidden(measure, credited=True) | self._hidden(self.chain.trained, measure)
        settled = {cell.key: cell.key in gone for cell in (*cells, *groups) if cell.shown}
        cells += [
            cell_of(
                (one.id, name),
                class_key(one),
                ("into", (self.group, name)),
                inside.get((one.id, name), NOTHING),
            )
            for one in self.chain.classes
            for name in names
        ]
        return hidden_cells([*cells, *groups], signed=measure in GRAMS, settled=settled)
