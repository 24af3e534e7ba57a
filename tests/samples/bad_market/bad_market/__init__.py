"""Deliberately bad: Chợ phiên, but a create whose answer was lost is sent again."""

from dataclasses import replace

from cho_phien import MARKETPLACE as CHO_PHIEN
from cho_phien.connector import ChoPhien

from connectors.kit.errors import Unavailable
from connectors.kit.protocol import Offer

TRIES = 3


class Hasty(ChoPhien):
    def create(self, offer: Offer) -> str:
        for _ in range(TRIES - 1):
            try:
                return super().create(offer)
            except Unavailable:
                continue
        return super().create(offer)


MARKETPLACE = replace(CHO_PHIEN, name="bad_market", title="Sàn vội", connect=Hasty)
