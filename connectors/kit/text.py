"""Text limits in bytes: what fits, and where a text may be cut so that no letter is torn apart."""

import unicodedata

_JOINER = "\u200d"
#: Belong to what stands before them though they are no marks: joiners, skin tones, voice marks, flag tags.
_EXTENDS = ((0x200C, 0x200D), (0x1F3FB, 0x1F3FF), (0xFF9E, 0xFF9F), (0xE0020, 0xE007F))
_REGIONAL = (0x1F1E6, 0x1F1FF)  #: two of these are one flag
_JAMO = (0x1100, 0x11FF)  #: letters that make one Korean syllable


def byte_length(text: str) -> int:
    """Bytes of a text as UTF-8, in NFC as it is sent."""
    return len(unicodedata.normalize("NFC", text).encode("utf-8", "surrogatepass"))


def fits(text: str, most: int) -> bool:
    """Whether a text (NFC, UTF-8) has at most so many bytes."""
    return byte_length(text) <= most


def cut_bytes(text: str, most: int) -> str:
    """The longest beginning (NFC) of at most so many bytes that ends between two graphemes, unpadded."""
    text = unicodedata.normalize("NFC", text)
    left, end = most, 0
    for place, letter in enumerate(text):
        left -= len(letter.encode("utf-8", "surrogatepass"))
        if left < 0:
            return _whole(text, end).rstrip()
        end = place + 1
    return text


def _whole(text: str, end: int) -> str:
    while end and _inside(text, end):
        end -= 1
    return text[:end]


def _inside(text: str, place: int) -> bool:
    """Whether the letters on both sides of a place belong to one grapheme (UAX 29, erring on joining)."""
    before, after = text[place - 1], text[place]
    if before == "\r" and after == "\n":
        return True
    if before == _JOINER or unicodedata.category(after).startswith("M"):
        return True
    if any(first <= ord(after) <= last for first, last in _EXTENDS):
        return True
    if _among(_JAMO, before) and _among(_JAMO, after):
        return True
    return _among(_REGIONAL, before) and _among(_REGIONAL, after) and _odd_flags(text[:place])


def _among(bounds: tuple[int, int], letter: str) -> bool:
    return bounds[0] <= ord(letter) <= bounds[1]


def _odd_flags(before: str) -> bool:
    """Whether an odd number of flag halves ends a text, so that the next one completes a flag."""
    count = 0
    for letter in reversed(before):
        if not _among(_REGIONAL, letter):
            break
        count += 1
    return count % 2 == 1
