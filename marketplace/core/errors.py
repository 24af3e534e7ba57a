"""Refusals: one sentence for the person, one stable code for programs, facts for both.

Refused            409  the rule says no
 ├─ Invalid        422  what was typed cannot be read; one sentence per field
 ├─ NotFound       404  no such thing, or not yours to see
 └─ Forbidden      403  known to you, but not yours to do
"""

import re
from collections.abc import Mapping
from typing import ClassVar

from marketplace.core.i18n import N_


class Refused(Exception):
    """Base of all refusals: a Vietnamese msgid with %(fact)s places, and the input it belongs to."""

    sentence: ClassVar[str] = N_("Việc này chưa làm được.")
    status: ClassVar[int] = 409
    field: str | None = None

    def __init__(self, *, field: str | None = None, **facts: object) -> None:
        self.facts = facts
        self.field = field if field is not None else type(self).field
        super().__init__(self.text())

    @property
    def code(self) -> str:
        """Stable name for programs and groups: `NotEnoughHarvest` is `not_enough_harvest`."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", type(self).__name__).lower()

    def text(self) -> str:
        """The sentence in the source language, for logs and the command line."""
        return self.sentence % self.facts if self.facts else self.sentence


class Invalid(Refused):
    """What was typed cannot be taken; `errors` maps each field to (msgid, facts)."""

    sentence = N_("Có chỗ chưa đúng, xin xem từng ô bên dưới.")
    status = 422

    def __init__(self, errors: Mapping[str, tuple[str, Mapping[str, object]]]) -> None:
        self.errors = dict(errors)
        super().__init__()

    def text(self) -> str:
        return " ".join(sentence % facts if facts else sentence for sentence, facts in self.errors.values())


class NotFound(Refused):
    sentence = N_("Không tìm thấy, hoặc không thuộc phạm vi của bạn.")
    status = 404


class Forbidden(Refused):
    sentence = N_("Tài khoản của bạn không được làm việc này.")
    status = 403
