"""Which category a product most likely belongs to: folded names compared, leaves only. Pure functions.

In Vietnamese the head of a name stands first ("Mứt cam" is a jam), so a leaf that shares it weighs more.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from catalog.models import Product
from catalog.products import GROUP_LABELS
from marketplace.core.text import fold

MOST = 3  #: proposals shown
SURE = 75.0  #: from this score on a proposal may be accepted without being looked at
LEAST = 45.0  #: below this, nothing is proposed
_ALIKE = 85.0  #: names without a common word must be spelled this much alike
_NEAR = 12  #: leaves whose whole path is compared
_HEAD = 15.0
#: What an orange is called in category trees.
_FRUIT = "cam trai cay hoa qua"


@dataclass(frozen=True)
class Leaf:
    """A category that takes goods."""

    category: str
    path: str
    path_fold: str
    name_fold: str


@dataclass(frozen=True)
class Proposal:
    leaf: Leaf
    score: float  #: about 0 to 115
    led: bool  #: the leaf shares what the product is, not only a word about it

    @property
    def sure(self) -> bool:
        return self.led and self.score >= SURE


def propose(product: Product, leaves: Sequence[Leaf], elsewhere: Sequence[str] = ()) -> list[Proposal]:
    """The best leaves for a product; `elsewhere` are folded names of its categories on other marketplaces."""
    names = [leaf.name_fold for leaf in leaves]
    said = {product.name_fold.partition(" ")[0], *" ".join(elsewhere).split()}
    said |= set(_FRUIT.split()) if product.variety else set()
    asked = " ".join(
        dict.fromkeys([*f"{product.name_fold} {fold(product.variety or '')}".split(), *sorted(said)])
    )
    whole = f"{asked} {fold(GROUP_LABELS.get(product.group, ''))}"
    words_of_product = set(asked.split())
    near = process.extract(asked, names, scorer=fuzz.token_set_ratio, limit=_NEAR, score_cutoff=LEAST)
    found = []
    for name, score, place in near:
        words = name.split()
        if score < _ALIKE and words_of_product.isdisjoint(words):
            continue
        led = not said.isdisjoint(words)
        path = fuzz.token_set_ratio(whole, leaves[place].path_fold)
        judged = 0.6 * score + 0.4 * path + (_HEAD if led else -_HEAD)
        found.append(Proposal(leaves[place], judged, led))
    best = sorted(found, key=lambda one: (-one.score, one.leaf.path_fold))
    return [one for one in best if one.score >= LEAST][:MOST]
