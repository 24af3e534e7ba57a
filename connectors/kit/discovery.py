"""Find the marketplaces: a folder beside the kit, or a package with the entry point `lensan.connectors`."""

import logging
import pkgutil
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType

import connectors
from connectors.kit.protocol import Marketplace

GROUP = "lensan.connectors"
log = logging.getLogger(__name__)


@cache
def marketplaces() -> dict[str, Marketplace]:
    """Every marketplace this installation can speak to, by name; a folder wins over a package."""
    found = {}
    for point in entry_points(group=GROUP):
        marketplace = _installed(point)
        if marketplace is not None:
            found[marketplace.name] = marketplace
    for module in pkgutil.iter_modules(connectors.__path__):
        if module.ispkg and module.name != "kit":
            marketplace = _calling_card(import_module(f"connectors.{module.name}"))
            if marketplace is not None:
                found[marketplace.name] = marketplace
    return dict(sorted(found.items()))


def _installed(point: EntryPoint) -> Marketplace | None:
    # A broken third-party package must not take the marketplaces that work down with it.
    try:
        marketplace = _calling_card(point.load())
    except Exception:
        log.exception("connector %s cannot be loaded", point.name)
        return None
    if marketplace is None:
        log.error("connector %s has no MARKETPLACE", point.name)
    return marketplace


def _calling_card(thing: ModuleType | Marketplace) -> Marketplace | None:
    card = thing if isinstance(thing, Marketplace) else getattr(thing, "MARKETPLACE", None)
    return card if isinstance(card, Marketplace) else None
