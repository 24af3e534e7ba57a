"""Vietnamese text: cleaning what comes in, folding it for search, ordering it for lists. Pure functions."""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

SORT_KEY_LENGTH = 200  #: width of a column that stores `sort_key` or `person_sort_key`

# Controls that are not white space, soft hyphen, joiners, direction marks, fillers that look like
# nothing, tags, and lone surrogates (which no database stores).
_HIDDEN = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e0fff]"
)
_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_BLANK_LINES = re.compile("\n{3,}")
_NOT_WORD = re.compile(r"[\W_]+")
_WORD = re.compile("(?:[^\\W_]|[\u0300-\u036f])+")
_LETTER = re.compile("([^\\W_])([\u0300-\u036f]*)")
# "Thuý"/"Thúi" and "Máy"/"Mái" are different words; "Quý"/"Quí" and "Lý"/"Lí" are not.
_LAST_Y = re.compile(r"(?:(?<=\bqu)|(?<![aeiouy]))y\b")

_MARKS = [*range(0x300, 0x370), *range(0x1AB0, 0x1B00), *range(0x1DC0, 0x1E00), *range(0x20D0, 0x2100)]
_MARKS += [*range(0xFE00, 0xFE10), *range(0xFE20, 0xFE30), 0x2B9, 0x2BC]  # the last two: letter apostrophes
# Old fonts and converters write the capital as Icelandic Ð or African Ɖ, which look the same.
_D_TO_PLAIN = str.maketrans("đĐðÐɖƉ", "dddddd")
_D_TO_VIETNAMESE = str.maketrans("ĐðÐɖƉ", "đđđđđ")
_PLAIN: dict[int, int | str | None] = {**dict.fromkeys(_MARKS), **_D_TO_PLAIN}
_APOSTROPHES = re.compile("['’‘ʼ`´′ʹ]")  # H'Mông, H’Mông and Hmông are one word

_ALPHABET = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
_PRIMARY = {letter: str(code) for code, letter in enumerate("0123456789" + _ALPHABET, start=10)}
_PRIMARY_OF_NFD = {unicodedata.normalize("NFD", letter): code for letter, code in _PRIMARY.items()}
_SHAPES = "\u0302\u0306\u031b"  #: circumflex, breve, horn: they make another letter
_TONES = {"\u0300": "1", "\u0309": "2", "\u0303": "3", "\u0301": "4", "\u0323": "5"}
_LEVEL_END, _WORD_END, _FOREIGN = "00", "01", "99"


def clean(text: str) -> str:
    """One line of NFC text: nothing hidden, every run of white space one space, none at the ends."""
    return " ".join(unicodedata.normalize("NFC", _HIDDEN.sub("", text)).split())


def clean_lines(text: str) -> str:
    """Like `clean` for long text: line ends become LF, and at most one empty line stays between two."""
    lines = _LINE_ENDS.sub("\n", _HIDDEN.sub("", text)).split("\n")
    return _BLANK_LINES.sub("\n\n", "\n".join(map(clean, lines))).strip()


def unmark(text: str) -> str:
    """Small letters without marks, đ as d; spaces and punctuation stay."""
    # Twice, because compatibility letters decompose into capitals and some small letters into marks.
    for _ in range(2):
        if text.isascii():
            return text.lower()
        text = unicodedata.normalize("NFKD", text).casefold().translate(_PLAIN)
    return text


def fold(text: str) -> str:
    """For search columns and queries: `unmark`, apostrophes gone, other punctuation one space (10.5)."""
    words = _NOT_WORD.sub(" ", unmark(_APOSTROPHES.sub("", _HIDDEN.sub("", text))))
    return " ".join(words.split())


def fold_loose(text: str) -> str:
    """`fold` with y = i at the end of a syllable (Mỹ/Mĩ, Lý/Lí, Quý/Quí): for finding duplicates only."""
    return loosen(fold(text))


def loosen(folded: str) -> str:
    """`fold_loose` of what is folded already."""
    return _LAST_Y.sub("i", folded)


def sort_key(text: str) -> str:
    """Vietnamese alphabetical order, as digits, at most `SORT_KEY_LENGTH`.

    Letters decide first (a ă â … d đ …), then the tone of each syllable (ngang huyền hỏi ngã sắc nặng).
    Digits of fixed width come out alike under binary, ICU and glibc collation; "Hoà" and "Hòa" are equal.
    """
    return _key(_words(text))[:SORT_KEY_LENGTH]


def person_sort_key(name: str) -> str:
    """Order of people in lists: tên, then họ, then đệm (R-A4); at most `SORT_KEY_LENGTH` digits."""
    words = _words(name)
    parts = (words[-1:], words[:-1][:1], words[1:-1])
    return _LEVEL_END.join(map(_key, parts))[:SORT_KEY_LENGTH]


def exactness(query: str, text: str) -> int:
    """Rank of a hit (R-A5): 0 with the same marks (old or new tone place), 1 only without marks, 2 no hit."""
    asked, found = _words(query), _words(text)
    if _joined(asked) in _joined(found) or _whole_words(asked) in _whole_words(found):
        return 0
    return 1 if fold(query) in fold(text) else 2


def _words(text: str) -> list[str]:
    """The words in small letters, decomposed, with their marks."""
    text = unicodedata.normalize("NFKD", _APOSTROPHES.sub("", _HIDDEN.sub("", text))).casefold()
    return _WORD.findall(unicodedata.normalize("NFD", text).translate(_D_TO_VIETNAMESE))


def _key(words: Iterable[str]) -> str:
    spelled = [_spelled(word) for word in words]
    return (
        _WORD_END.join(letters for letters, _ in spelled) + _LEVEL_END + "".join(tone for _, tone in spelled)
    )


@lru_cache(maxsize=4096)  # names of people and places are made of few words
def _spelled(word: str) -> tuple[str, str]:
    """The codes of a word's letters, and the code of its tone wherever the tone is written."""
    codes, tone = [], "0"
    for letter, marks in _LETTER.findall(word):
        shaped = letter + "".join(mark for mark in marks if mark in _SHAPES)
        code = _PRIMARY_OF_NFD.get(shaped) or _PRIMARY_OF_NFD.get(letter)
        codes.append(code or f"{_FOREIGN}{ord(letter):07d}")
        tone = next((_TONES[mark] for mark in marks if mark in _TONES), tone)
    return "".join(codes), tone


def _joined(words: Iterable[str]) -> str:
    return unicodedata.normalize("NFC", " ".join(words))


def _whole_words(words: Iterable[str]) -> str:
    spelled = (letters + tone for letters, tone in map(_spelled, words))
    return f" {' '.join(spelled)} "
