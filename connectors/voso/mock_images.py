"""Picture uploads of the mock: a look at the head of the file, and a number that follows from its content."""

import hashlib
from collections.abc import Iterator

from connectors.voso.mapping import PICTURE_BYTES, PICTURE_SIDE

_PNG = b"\x89PNG\r\n\x1a\n"
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}  #: JPEG markers that carry the size
_ALONE = {0x01, *range(0xD0, 0xD9)}  #: markers without a length


def accepted(content: bytes) -> bool:
    """Whether a file is a JPEG or PNG within the limits."""
    size = size_of(content)
    return size is not None and len(content) <= PICTURE_BYTES and min(size) >= PICTURE_SIDE


def number_of(content: bytes) -> str:
    """32 hexadecimal digits, as in the marketplace's picture addresses; the same for the same file."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def size_of(content: bytes) -> tuple[int, int] | None:
    """Width and height in pixels; None when it is neither JPEG nor PNG."""
    if content.startswith(_PNG) and len(content) >= 24:
        return int.from_bytes(content[16:20]), int.from_bytes(content[20:24])
    for marker, place in _segments(content):
        if marker in _FRAMES and len(content) >= place + 7:
            return int.from_bytes(content[place + 5 : place + 7]), int.from_bytes(
                content[place + 3 : place + 5]
            )
    return None


def _segments(content: bytes) -> Iterator[tuple[int, int]]:
    """Markers of a JPEG up to its picture data, each with the place of its length."""
    if not content.startswith(b"\xff\xd8"):
        return
    place = 2
    while place + 4 <= len(content) and content[place] == 0xFF:
        marker = content[place + 1]
        yield marker, place + 2
        if marker == 0xDA:
            return
        place += (
            2 if marker in _ALONE or marker == 0xFF else 2 + int.from_bytes(content[place + 2 : place + 4])
        )
