"""Words. Vietnamese is the source language; use cases only mark their sentences, the edge translates them."""

from functools import lru_cache
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

LANGUAGES = {"vi": "Tiếng Việt", "en": "English"}
CATALOGUES = Path(__file__).parent.parent / "locale"


def N_(sentence: str) -> str:  # noqa: N802 - the conventional name of gettext's no-op marker
    """Mark a sentence for the catalogue without translating it here."""
    return sentence


@lru_cache(maxsize=4)
def catalogue(language: str) -> NullTranslations:
    """The catalogue of a language, compiled in memory from its .po file: nothing to build or go stale."""
    path = CATALOGUES / f"{language}.po"
    if not path.exists():
        return NullTranslations()
    compiled = BytesIO()
    with path.open("rb") as source:
        write_mo(compiled, read_po(source, locale=language))
    compiled.seek(0)
    return Translations(compiled)
