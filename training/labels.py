"""Words for what classes are described with: who hosts, and in which language (domain.md §9)."""

from marketplace.core.i18n import N_

PROVINCE = "province"
HOST_LABELS = {
    PROVINCE: N_("Tỉnh"),
    "postmart": "Postmart",
    "voso": "Voso",
    "sendo": "Sendo",
}

#: ISO 639-3 of what is spoken in Hà Giang, "vi" for Vietnamese.
LANGUAGE_LABELS = {
    "vi": N_("Tiếng Việt phổ thông"),
    "tyz": N_("Tiếng Tày"),
    "nut": N_("Tiếng Nùng"),
    "ium": N_("Tiếng Dao (Đại Bản)"),
    "mji": N_("Tiếng Dao (Kim Mùn)"),
    "hmv": N_("Tiếng Mông (Mông Hoa, Mông Đen)"),
    "mww": N_("Tiếng Mông trắng"),
    "hnj": N_("Tiếng Mông xanh"),
}
