"""Words: every Vietnamese sentence of the source has an English one with the same places."""

import re
import string
from functools import lru_cache
from io import BytesIO

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.pofile import read_po

from marketplace.core.i18n import CATALOGUES
from tests.house_rules.sources import ROOT, product, tracked

KEYWORDS = {**DEFAULT_KEYWORDS, "N_": None, "_": None}
PLACE = re.compile(r"%\((\w+)\)[sd]")


@lru_cache(maxsize=1)
def sentences() -> dict[str, str]:
    """Every sentence of the source, with a file that says it."""
    found: dict[str, str] = {}
    templates = [name for name in tracked() if name.startswith("templates/") and name.endswith(".html")]
    for method, names in (("python", product()), ("jinja2", templates)):
        for name in names:
            content = BytesIO((ROOT / name).read_bytes())
            options = (
                {"encoding": "utf-8", "trimmed": "true"} if method == "jinja2" else {"encoding": "utf-8"}
            )
            for _line, message, _comments, _context in extract(method, content, KEYWORDS, (), options):
                for sentence in message if isinstance(message, tuple) else (message,):
                    if sentence:
                        found.setdefault(sentence, name)
    return found


@lru_cache(maxsize=1)
def english() -> Catalog:
    path = CATALOGUES / "en.po"
    if not path.exists():
        return Catalog(locale="en")
    with path.open("rb") as source:
        return read_po(source, locale="en")


def translations() -> dict[str, str]:
    return {str(message.id): str(message.string) for message in english() if message.id}


def test_every_sentence_is_translated():
    done = translations()
    missing = [f"{name}: {text}" for text, name in sentences().items() if not done.get(text)]

    assert not missing, f"{len(missing)} sentences without English:\n" + "\n".join(missing)


def test_no_translation_is_left_over():
    assert [text for text in translations() if text not in sentences()] == []


def test_no_translation_is_a_guess():
    assert [str(message.id) for message in english() if message.id and message.fuzzy] == []


def test_both_languages_have_the_same_places():
    wrong = [
        text
        for text, translated in translations().items()
        if set(PLACE.findall(text)) != set(PLACE.findall(translated))
    ]
    assert wrong == []


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_sentence_can_be_filled(language):
    texts = list(sentences()) if language == "vi" else list(translations().values())
    broken = []
    for text in texts:
        facts = dict.fromkeys(PLACE.findall(text), "1")
        try:
            filled = text % facts if facts else text
        except (ValueError, TypeError, KeyError):
            broken.append(text)
        else:
            assert not PLACE.search(filled)
    assert broken == []


def test_sentences_are_whole():
    """No glued pieces, no stray spaces, no English in the source language."""
    ragged = [text for text in sentences() if text != text.strip() or "  " in text]
    doubled = [text for text in sentences() if re.search(r"[.!?,]{2,}$", text) and not text.endswith("…")]

    assert ragged == []
    assert doubled == []
    assert all(any(letter not in string.punctuation for letter in text) for text in sentences())
