"""The part of a long list that one page shows, as the pager macro asks for it."""

from collections.abc import Callable
from dataclasses import dataclass

SIZE = 50


@dataclass(frozen=True)
class Page:
    """Page `number` of a list of `total` rows; `url(n)` is the address of page n."""

    number: int
    total: int
    url: Callable[[int], str]

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // SIZE))

    @property
    def offset(self) -> int:
        return (self.number - 1) * SIZE

    @property
    def has_prev(self) -> bool:
        return self.number > 1

    @property
    def has_next(self) -> bool:
        return self.number < self.pages
