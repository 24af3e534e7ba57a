"""Sendo's mock says something else of its categories than it knows, and the worker comes by."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from connectors.sendo import mock_catalogue
from marketplace.core.db import writing
from marketplace.selling.models import Shop
from tests.selling.world import World


@dataclass
class Said:
    """What the marketplace says of its categories beside what the mock knows."""

    gone: set[int] = field(default_factory=set)
    split: set[int] = field(default_factory=set)
    required: set[str] = field(default_factory=set)
    without: set[str] = field(default_factory=set)
    silent: bool = False  #: it says that it has no categories at all

    def of(self, result: Any) -> Any:
        if isinstance(result, dict):
            asked = [one for one in result["attribute"] if one["name"] not in self.without]
            return {
                **result,
                "attribute": [{**one, "is_required": one["name"] in self.required} for one in asked],
            }
        rows = [] if self.silent else [row for row in result if row["id"] not in self.gone]
        return [{**row, "level": 3} if row["id"] in self.split else row for row in rows]


def saying(monkeypatch: pytest.MonkeyPatch) -> Said:
    """What the mock's answers about categories go through from now on."""
    changed, really = Said(), mock_catalogue.answer
    monkeypatch.setattr(mock_catalogue, "answer", lambda result: really(changed.of(result)))
    return changed


def visit(world: World, **later: float) -> None:
    """Time passes, and the shop is served."""
    world.time.pass_(**(later or {"hours": 25}))
    with writing(world.engine) as db:
        shop = db.get_one(Shop, world.shop.id)
        shop.pull_due_at, shop.resume_at = world.time.now, None
        db.add(shop)
    world.work()
