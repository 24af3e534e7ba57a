"""What sellers say of their goods, from `data/words.toml`."""

import tomllib
from functools import cache
from importlib import resources
from typing import Any


def words_for(kind: str, product_code: str, variant: int, *, product: str = "") -> tuple[str, str]:
    """Title (with {pack} to be filled) and description; `kind` is "brand" or "own"."""
    chosen = _words()[kind].get(product_code) or _words()["own"]["other"]
    texts = chosen["texts"]
    return chosen["title"].replace("{product}", product), texts[variant % len(texts)]


@cache
def _words() -> dict[str, Any]:
    text = resources.files("marketplace.cli.demo").joinpath("data", "words.toml").read_text("utf-8")
    return tomllib.loads(text)
