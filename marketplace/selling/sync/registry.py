"""Which marketplaces there are, and one connector per shop for as long as its keys stay the same."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial

from sqlalchemy import Engine

from catalog.photos import photo_file
from connectors.kit.discovery import marketplaces as discover
from connectors.kit.errors import Rejected
from connectors.kit.protocol import Connector, Marketplace, Options
from marketplace.core import clock
from marketplace.core.config import Settings
from marketplace.core.errors import NotFound
from marketplace.core.i18n import N_
from marketplace.core.secrets import Vault, vault_of
from marketplace.selling.models import Shop
from marketplace.selling.sync.journalling import Journal, Said
from marketplace.selling.sync.watching import Watched

PICTURE_LOST = N_("Tệp ảnh không còn trên máy chủ; hãy bỏ ảnh đó và thêm lại.")


@lru_cache(maxsize=1)
def marketplaces() -> Mapping[str, Marketplace]:
    """Every marketplace found by folder or entry point, by name."""
    return discover()


@dataclass
class Connected:
    """A connector and what it said since the last time that was written down."""

    connector: Connector
    journal: Journal
    made_for: tuple[str, str]

    @property
    def exchanges(self) -> list[Said]:
        return self.journal.said


@dataclass
class Registry:
    """Opens connectors for shops; one per process."""

    engine: Engine
    settings: Settings
    vault: Vault
    found: Mapping[str, Marketplace] = field(default_factory=marketplaces)
    _open: dict[int, Connected] = field(default_factory=dict)

    @classmethod
    def of(cls, engine: Engine, settings: Settings) -> "Registry":
        return cls(engine, settings, vault_of(settings))

    def connected(self, shop: Shop) -> Connected:
        """The connector of a shop; a new one when its keys or address changed."""
        made_for = (shop.credentials_sealed, shop.base_url)
        known = self._open.get(shop.id or 0)
        if known is None or known.made_for != made_for:
            journal = Journal()
            known = self._open[shop.id or 0] = Connected(self._connect(shop, journal), journal, made_for)
        return known

    def price_batch(self, shop: Shop) -> int:
        return self.found[shop.marketplace].limits.price_batch

    def _connect(self, shop: Shop, journal: Journal) -> Connector:
        marketplace = self.found[shop.marketplace]
        chosen = self.settings.marketplace(shop.marketplace)
        credentials = json.loads(self.vault.open(shop.credentials_sealed)) if shop.credentials_sealed else {}
        options = Options(
            base_url=shop.base_url or chosen.base_url or marketplace.default_base_url,
            calls_per_second=chosen.calls_per_second or None,
            read_timeout=chosen.read_timeout,
            first_pause=chosen.first_pause,
            switches=chosen.switches,
            picture=partial(self._picture, journal),
            now=clock.now,
        )
        return Watched(marketplace.connect(credentials, options, journal), journal)

    def _picture(self, journal: Journal, url: str) -> bytes:
        try:
            return stored_picture(self.settings, url)
        except Rejected:
            journal.lost(url)
            raise


def stored_picture(settings: Settings, url: str) -> bytes:
    """A picture of ours by its public address; `Rejected` when its file is not here any more."""
    name = url.rpartition("/")[2].removesuffix(".jpg")
    try:
        return photo_file(settings.photo_dir, name).read_bytes()
    except (OSError, NotFound) as error:
        raise Rejected("picture_lost", PICTURE_LOST, fields={"pictures": PICTURE_LOST}) from error
