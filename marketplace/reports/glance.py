"""Figures made ready for pages: what is shown, how heavy, and the address of the lines behind it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from marketplace.core.i18n import N_
from marketplace.core.text import fold
from marketplace.core.units import iso_week_start
from marketplace.reports.dimensions import MARKETPLACES, NONE, NONE_LABELS, ORANGES, By, Filters
from marketplace.reports.overview import Overview, Sold
from marketplace.reports.periods import Period
from marketplace.reports.tonnage import Asked

SHOWN_COMMUNES = 10
OTHER_COMMUNES = N_("Các xã khác")

Address = dict[str, Any]


def address_of(asked: Asked, extra: Mapping[str, str] | None = None, *, since: date | None = None) -> Address:
    """The parameters under which a page answers this question; `since` moves the first day (luỹ kế)."""
    return {
        "first": str(since or asked.period.first),
        "last": str(asked.period.last),
        "by": asked.by.value,
        "view": asked.view.value,
        **{by.value: text for by, text in asked.filters.items()},
        **(extra or {}),
    }


def without(asked: Asked, by: By) -> Address:
    """The same question with one filter less."""
    return {name: text for name, text in address_of(asked).items() if name != by.value}


@dataclass(frozen=True)
class Bar:
    """A row of a chart and of the table beside it."""

    label: str
    value: int
    text: str
    url: str | None


@dataclass(frozen=True)
class Glance:
    """The start page's figures; `link` makes an address a page of lines, `weigh` puts grams in words."""

    overview: Overview
    period: Period
    today: date
    link: Callable[[Address], str]
    weigh: Callable[[int], str]
    say: Callable[[str], str]

    def lines_url(self, filters: Filters, first: date | None = None, last: date | None = None) -> str:
        """Where the lines of a figure are; everything on this page was sold on marketplaces."""
        period = Period(first or self.period.first, last or self.period.last)
        return self.link(address_of(Asked(period, filters={By.SOLD: MARKETPLACES, **filters})))

    def season(self, *, oranges: bool) -> tuple[Sold, str]:
        """The season so far and its lines: of oranges, or of everything that counts."""
        return self.overview.sold(oranges=oranges), self.lines_url({By.GOODS: ORANGES} if oranges else {})

    def day(self) -> tuple[Sold, str]:
        """Oranges of today."""
        return self._oranges(self.today, self.today)

    def week(self) -> tuple[Sold, str]:
        """Oranges of this week, from Monday."""
        monday = iso_week_start(self.today)
        return self._oranges(monday, monday + timedelta(days=6))

    def varieties(self) -> list[Bar]:
        """Cam Vàng first, the brand of the campaign (domain.md §0), then by weight."""
        bars = [self._bar(name, sold, {By.VARIETY: name}) for name, sold in self.overview.by_variety()]
        return sorted(bars, key=lambda bar: not fold(bar.label).endswith("vang"))

    def weeks(self) -> list[Bar]:
        """One column a week, those in between that sold nothing included."""
        sold = dict(self.overview.by_week())
        if not sold:
            return []
        mondays = range((max(sold) - min(sold)).days // 7 + 1)
        days = [min(sold) + timedelta(weeks=n) for n in mondays]
        return [
            self._bar(f"{day:%d/%m}", sold.get(day, Sold()), {By.GOODS: ORANGES, By.WEEK: str(day)})
            for day in days
        ]

    def communes(self) -> list[Bar]:
        """The heaviest communes, the rest in one row, what no commune is known for in its own."""
        rows = self.overview.by_commune()
        known = [(name or "", unit, sold) for (unit, name), sold in rows if unit is not None]
        bars = [
            self._bar(name, sold, {By.GOODS: ORANGES, By.COMMUNE: str(unit)})
            for name, unit, sold in known[:SHOWN_COMMUNES]
        ]
        if len(known) > SHOWN_COMMUNES:
            rest = sum((sold for _, _, sold in known[SHOWN_COMMUNES:]), Sold())
            bars.append(Bar(self.say(OTHER_COMMUNES), rest.grams, self.weigh(rest.grams), None))
        unknown = [sold for (unit, _), sold in rows if unit is None]
        label = self.say(NONE_LABELS[By.COMMUNE])
        return bars + [self._bar(label, sold, {By.GOODS: ORANGES, By.COMMUNE: NONE}) for sold in unknown]

    def _oranges(self, first: date, last: date) -> tuple[Sold, str]:
        return self.overview.sold(first, last), self.lines_url({By.GOODS: ORANGES}, first, last)

    def _bar(self, label: str, sold: Sold, filters: Filters) -> Bar:
        return Bar(label, sold.grams, self.weigh(sold.grams), self.lines_url(filters))
