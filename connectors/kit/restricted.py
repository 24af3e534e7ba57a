"""Words that no marketplace takes on goods of ours (R-42): claims to heal, and alcohol."""

import re

_CLAIMS = re.compile(
    r"\b(chữa (bệnh|khỏi|trị|dứt)|(đặc |điều )trị|trị (dứt )?bệnh|khỏi bệnh|thuốc chữa|thần dược|tiên dược"
    r"|(chống|ngừa|trị|phòng) ung thư|thay thế thuốc|hết bệnh)\b",
    re.IGNORECASE,
)
#: One of these is in every such claim; plain words are found ten times faster than the pattern.
_CLAIM_WORDS = ("chữa", "trị", "khỏi", "thuốc", "dược", "ung thư", "hết bệnh")
_ALCOHOL = re.compile(r"^\s*(rượu|bia)\b", re.IGNORECASE)


def claims_to_heal(text: str) -> bool:
    """Whether a text (NFC) says that the goods heal."""
    small = text.lower()
    return any(word in small for word in _CLAIM_WORDS) and _CLAIMS.search(text) is not None


def names_alcohol(title: str) -> bool:
    """Whether a title (NFC) is that of wine, spirits or beer."""
    return _ALCOHOL.search(title) is not None
