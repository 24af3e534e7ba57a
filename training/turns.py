"""Whose turn it is when seats are free: the rule alone, without a database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from marketplace.core.i18n import N_
from training.models import Enrolment

TOO_FEW = N_("Cần %(need)s chỗ, mới có %(free)s.")
TOO_MANY = N_("Cần %(need)s chỗ, cả lớp chỉ có %(seats)s.")
SITS_ELSEWHERE = N_("Có người của hộ đã có chỗ ở lớp %(training)s cùng buổi.")


@dataclass(frozen=True)
class InLine:
    """An entry that waits: how many seats it needs, and the class one of its people sits in at that time."""

    entry: Enrolment
    need: int
    elsewhere: str | None = None


@dataclass(frozen=True)
class Skip:
    """An entry a free seat does not go to, and why."""

    entry: Enrolment
    sentence: str
    facts: Mapping[str, object]


@dataclass(frozen=True)
class Turn:
    """Whose turn it is: entries that get seats, in order, and those that do not get what is free."""

    seated: list[Enrolment] = field(default_factory=list)
    skipped: list[Skip] = field(default_factory=list)
    free: int = 0  #: left over
    blocked: bool = False  #: in strict order somebody waits for what is left over


def whose_turn(queue: Sequence[InLine], free: int, seats: int, order: str) -> Turn:
    """Who gets `free` seats of a class of `seats`, the queue being in order of place."""
    seated, skipped, blocked = [], [], False
    for one in queue:
        if free <= 0:
            break
        if (cannot := _cannot_come(one, seats)) is not None:
            skipped.append(cannot)
        elif one.need <= free:
            seated.append(one.entry)
            free -= one.need
        else:
            skipped.append(Skip(one.entry, TOO_FEW, {"need": one.need, "free": free}))
            if order == "strict":
                blocked = True
                break
    return Turn(seated, skipped, free, blocked)


def _cannot_come(one: InLine, seats: int) -> Skip | None:
    """Why an entry does not hold up those behind it."""
    if one.elsewhere is not None:
        return Skip(one.entry, SITS_ELSEWHERE, {"training": one.elsewhere})
    if one.need > seats:
        return Skip(one.entry, TOO_MANY, {"need": one.need, "seats": seats})
    return None
