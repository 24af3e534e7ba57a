"""What Chợ phiên takes: one rule pack for the preview, the publisher and the mock."""

from connectors.kit.plain_rules import plain_problems
from connectors.kit.plain_rules import plain_wording as wording
from connectors.kit.protocol import Attribute, Category, Limits, Offer, Problem, Schema

__all__ = ["LEAVES", "LIMITS", "TREE", "check", "wording"]
LIMITS = Limits(calls_per_second=5.0, list_page=20, price_batch=20)
LEAVES = {"11": Schema("11", (Attribute("xa", "Xã trồng", required=True),)), "12": Schema("12")}
FRUIT, TEA = Category("11", "Trái cây", True, "1"), Category("12", "Chè", True, "1")
TREE = [Category("1", "Nông sản", False), FRUIT, TEA]


def check(offer: Offer) -> list[Problem]:
    return list(plain_problems(offer, leaves=LEAVES, title_most=120, description_most=2_000, pictures_most=6))
