"""Bring marketplace/locale/en.po up to date: `make words`.

New sentences get an empty place to fill, sentences that nobody says any more go, the rest stays. The order
is alphabetical and no line says where a sentence is used or when the file was written, so that a change of
the file is always a change of words.
"""

from io import BytesIO

import click
from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po

from marketplace.core.i18n import CATALOGUES
from tests.house_rules.test_words import sentences, translations

WIDTH = 110
HEADER = """\
# English words of Lên Sàn. Vietnamese is the source; numbers and units that people type stay as they type
# them (12,5 kg, 3 tạ). After changing sentences in the source: `make words`, then fill what is empty.
msgid ""
msgstr ""
"Project-Id-Version: lensan\\n"
"Language: en\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

"""


def written(words: dict[str, str]) -> bytes:
    """The catalogue as a .po file."""
    catalogue = Catalog(locale="en")
    for sentence, english in words.items():
        catalogue.add(sentence, english)
    body = BytesIO()
    write_po(body, catalogue, width=WIDTH, sort_output=True, no_location=True, omit_header=True)
    return HEADER.encode() + body.getvalue().strip() + b"\n"


def main() -> None:
    done = translations()
    words = {sentence: done.get(sentence, "") for sentence in sentences()}
    (CATALOGUES / "en.po").write_bytes(written(words))
    missing = [sentence for sentence, english in words.items() if not english]
    click.echo(f"{len(words)} sentences, {len(missing)} without English, {len(done.keys() - words)} dropped")
    for sentence in missing:
        click.echo(f"  {sentence}")


if __name__ == "__main__":
    main()
