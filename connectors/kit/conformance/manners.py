"""How an error must be told, whoever raised it."""

import re

from connectors.kit.conformance.checks import Failed, expect
from connectors.kit.errors import ConnectorError, Rejected

CODE = re.compile(r"[a-z][a-z0-9_]*(\.\w+)*")  #: after a dot a name of the marketplace may stand


def well_told(error: ConnectorError) -> None:
    """A stable code, and a whole sentence that can be filled."""
    expect(CODE.fullmatch(error.code), f"the code {error.code!r} is not lower case words")
    sentences = [error.sentence, *(error.fields.values() if isinstance(error, Rejected) else ())]
    expect(all(sentence.strip() for sentence in sentences), f"{error.code}: an empty sentence")
    try:
        filled = error.sentence % error.facts
    except (KeyError, ValueError, TypeError) as broken:
        raise Failed(f"{error.code}: “{error.sentence}” cannot be filled from {error.facts}") from broken
    expect(filled[:1].upper() == filled[:1], f"{error.code}: “{filled}” does not begin like a sentence")
    expect(len(filled.split()) >= 3, f"{error.code}: “{filled}” is no whole sentence")
    expect(error.sentence.rstrip().endswith((".", "!", ")s")), f"{error.code}: “{filled}” has no full stop")
