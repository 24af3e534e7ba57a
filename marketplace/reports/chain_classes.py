"""The chain class by class and course by course, and where every kilogram of the season is credited."""

from collections import defaultdict
from collections.abc import Mapping
from functools import cached_property

from marketplace.reports.chain import GRAMS, PEOPLE, Chain, Measure
from marketplace.reports.chain_facts import ClassFact
from marketplace.reports.chain_figures import NOTHING, Figure, Row, cell_of, figure, figures_by
from marketplace.reports.suppression import END, LEAST_HOUSEHOLDS, START, Cell, Key, hidden_cells, total

ALL, OTHERS, NEVER, NOBODY, SEASON = "all", "others", "never", "nobody", "season"

NEVER_MEASURES = (
    Measure.NEVER,
    Measure.SHOP,
    Measure.LISTED,
    Measure.SOLD,
    Measure.SEASON,
    Measure.ELSEWHERE,
)
#: What is also shown class by group, each household with the first of the classes it came to.
CROSSED = (
    Measure.ATTENDED,
    Measure.CERTIFIED,
    Measure.SHOP,
    Measure.LISTED,
    Measure.SOLD,
    Measure.SEASON,
    Measure.ELSEWHERE,
)
#: Figures that are often the same number. Where they are, they are hidden together.
FAMILIES = (
    (Measure.INVITED, Measure.PEOPLE_INVITED),
    (Measure.ENROLLED, Measure.PEOPLE_ENROLLED),
    (Measure.ATTENDED, Measure.PEOPLE_ATTENDED, Measure.FIRST),
    (Measure.CERTIFIED, Measure.PEOPLE_CERTIFIED),
    (Measure.SHOP, Measure.SHOP_AFTER),
    (Measure.LISTED, Measure.LISTED_AFTER),
    (Measure.SOLD, Measure.SOLD_AFTER),
    (Measure.SEASON, Measure.CREDITED, Measure.SOON, Measure.LATER),
    (Measure.ELSEWHERE,),
)
MEASURES = tuple(measure for family in FAMILIES for measure in family)
#: Figures that are a part of another, whose rest must not be small either.
PARTS: Mapping[Measure, Measure] = {
    Measure.SHOP_AFTER: Measure.SHOP,
    Measure.LISTED_AFTER: Measure.LISTED,
    Measure.SOLD_AFTER: Measure.SOLD,
}

Layer = tuple[Measure, bool]  #: a measure as it is class by class, or with each household in one class alone


def class_key(one: ClassFact) -> Key:
    return ("class", one.id)


def course_key(course_id: int) -> Key:
    return ("course", course_id)


class ClassTable:
    """Rows of classes, courses and all; what is shown here is kept to by every table made from it."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain

    @cached_property
    def courses(self) -> dict[int, list[ClassFact]]:
        found: dict[int, list[ClassFact]] = defaultdict(list)
        for one in self.chain.classes:
            found[one.course_id].append(one)
        return dict(found)

    @cached_property
    def classes(self) -> list[Row]:
        """A row per class, in order of time."""
        return [self._row(class_key(one), one.code, one) for one in self.chain.classes]

    @cached_property
    def course_rows(self) -> list[Row]:
        rows = [self._row(course_key(id_), held[0].course) for id_, held in self.courses.items()]
        return sorted(rows, key=lambda row: row.label)

    @cached_property
    def all(self) -> Row:
        """All classes asked for; people and households once each, however many classes they came to."""
        return self._row(ALL, "")

    @cached_property
    def others(self) -> Row:
        """What is credited to classes that were not asked for."""
        households, grams = (
            figure(self.chain.others.items(one)) for one in (Measure.FIRST, Measure.CREDITED)
        )
        hidden = OTHERS in self.hidden(Measure.CREDITED)
        few = 0 < households.households < LEAST_HOUSEHOLDS
        first = None if hidden or few else households.value
        return Row(OTHERS, "", {Measure.FIRST: first, Measure.CREDITED: None if hidden else grams.value})

    @cached_property
    def never(self) -> Row:
        """Households that were in no class that counts."""
        shown = {m: None if self.never_hidden(m) else self.never_figure(m).value for m in NEVER_MEASURES}
        return Row(NEVER, "", shown)

    @cached_property
    def nobody(self) -> Row:
        """Lines of no known household."""
        hidden = NOBODY in self.hidden(Measure.CREDITED)
        return Row(NOBODY, "", {Measure.SEASON: None if hidden else self.chain.unattributed})

    def never_figure(self, measure: Measure) -> Figure:
        return figure(self.chain.never.items(measure))

    def never_hidden(self, measure: Measure) -> bool:
        if measure is Measure.SEASON:
            return NEVER in self.hidden(Measure.CREDITED)
        return 0 < self.never_figure(measure).households < LEAST_HOUSEHOLDS

    def raw(self, key: Key, measure: Measure) -> Figure:
        """A figure as it is, by row."""
        return self._figures[measure, False].get(key, NOTHING)

    def credited(self, key: Key, measure: Measure) -> Figure:
        """The same, each household with the first of the classes it came to."""
        return self._figures[measure, True].get(key, NOTHING)

    def hidden(self, measure: Measure, *, credited: bool = False) -> frozenset[Key]:
        """Which rows are hidden."""
        return self._hidden[measure, credited]

    def _row(self, key: Key, label: str, one: ClassFact | None = None) -> Row:
        shown: dict[Measure, int | None] = {
            m: None if key in self.hidden(m) else self.raw(key, m).value for m in MEASURES
        }
        return Row(key, label, shown, one)

    @cached_property
    def _figures(self) -> dict[Layer, dict[Key, Figure]]:
        of = {class_key(one): self.chain.of([one]) for one in self.chain.classes}
        of |= {course_key(id_): self.chain.of(held) for id_, held in self.courses.items()}
        of[ALL] = self.chain.trained
        found: dict[Layer, dict[Key, Figure]] = {
            (m, False): {key: figure(people.items(m)) for key, people in of.items()} for m in MEASURES
        }
        first = self.chain.trained.first
        for measure in CROSSED:
            items = self.chain.trained.items(measure)
            found[measure, True] = {
                **figures_by(items, lambda item: class_key(first[item[0]])),
                **figures_by(items, lambda item: course_key(first[item[0]].course_id)),
                ALL: found[measure, False][ALL],
            }
        return found

    @cached_property
    def _hidden(self) -> dict[Layer, frozenset[Key]]:
        found: dict[Layer, frozenset[Key]] = {}
        for family in FAMILIES:
            layers = [(measure, False) for measure in family]
            layers += [(measure, True) for measure in family if measure in CROSSED]
            found |= self._settled(layers)
        return found

    def _settled(self, layers: list[Layer]) -> dict[Layer, frozenset[Key]]:
        """Hide in every layer what is hidden in another where it is the same number, until all agree."""
        cells = {layer: self._cells(layer) for layer in layers}
        hidden = dict.fromkeys(layers, frozenset[Key]())
        while True:
            before = dict(hidden)
            for layer in layers:
                told = hidden[layer] | {
                    key for other in layers for key in hidden[other] if self._tells(other, layer, key)
                }
                settled = {**self._known(layer[0]), **dict.fromkeys(told, True)}
                hidden[layer] = hidden_cells(cells[layer], signed=layer[0] in GRAMS, settled=settled)
            if hidden == before:
                return hidden

    def _known(self, measure: Measure) -> dict[Key, bool]:
        """What cannot hide another: other reports show the season's sum, a class of nobody sold nothing."""
        known: dict[Key, bool] = {SEASON: False}
        if measure not in (Measure.INVITED, Measure.ENROLLED, *PEOPLE):
            empty = [key for key in self._keys if not self.raw(key, Measure.ATTENDED).value]
            known |= dict.fromkeys(empty, False)
        return known

    @cached_property
    def _keys(self) -> list[Key]:
        return [*map(class_key, self.chain.classes), *map(course_key, self.courses), ALL]

    def _tells(self, hidden: Layer, shown: Layer, key: Key) -> bool:
        """Would showing this one tell that one?"""
        figures = (self._figures[layer].get(key, NOTHING) for layer in (hidden, shown))
        return len({one.value for one in figures}) == 1 or PARTS.get(shown[0]) is hidden[0]

    def _cells(self, layer: Layer) -> list[Cell]:
        """Sums are taken as if nobody came twice: whoever knows that nobody did must not learn more."""
        top = ALL if layer[0] is Measure.CREDITED else START
        cells: list[Cell] = []
        for id_, held in self.courses.items():
            key = course_key(id_)
            cells.append(cell_of(key, top, key, self._guarded(layer, key), is_sum=True))
            cells += [cell_of(class_key(one), key, END, self._guarded(layer, class_key(one))) for one in held]
        if top == ALL:
            return cells + self._season_cells()
        return [*cells, total(cells, self._guarded(layer, ALL).households, ALL)]

    def _season_cells(self) -> list[Cell]:
        """Kilograms of all classes stand beside those of no class, and their sum is in other reports too."""
        parts = [
            cell_of(ALL, START, ALL, self.raw(ALL, Measure.CREDITED), is_sum=True),
            cell_of(NEVER, START, END, self.never_figure(Measure.SEASON)),
            cell_of(NOBODY, START, END, Figure(self.chain.unattributed)),
        ]
        if self.chain.others.classes:
            others = figure(self.chain.others.items(Measure.CREDITED))
            parts.append(cell_of(OTHERS, START, END, others))
        return [*parts, total(parts, LEAST_HOUSEHOLDS, SEASON)]

    def _guarded(self, layer: Layer, key: Key) -> Figure:
        """Of a part: as few households as the part has, or what is left of its whole."""
        found, whole = self._figures[layer].get(key, NOTHING), PARTS.get(layer[0])
        if whole is None:
            return found
        rest = self.raw(key, whole).households - found.households
        return Figure(found.value, min((n for n in (found.households, rest) if n), default=0))
