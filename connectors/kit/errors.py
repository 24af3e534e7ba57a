"""Errors are named by who acts next.

ConnectorError
 ├─ Unavailable     nobody yet: the same call may succeed later
 ├─ Rejected        the seller: what is offered must change
 ├─ NotAdmitted     the coordinator: keys, a suspended shop
 └─ Misunderstood   a developer: the marketplace said what we cannot read

Every error carries a stable `code` (failures are grouped by it), a Vietnamese `sentence` that says what to
do, and `maybe_done`: the write may have happened all the same, so the next step is to look the SKU up, never
to send again.
"""

from collections.abc import Mapping


def N_(sentence: str) -> str:  # noqa: N802 - the conventional name of gettext's no-op marker
    """Mark a Vietnamese sentence for the translation catalogue; the edge translates it."""
    return sentence


class ConnectorError(Exception):
    """Base of the four; never raised itself."""

    def __init__(
        self,
        code: str,
        sentence: str,
        *,
        maybe_done: bool = False,
        facts: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{code}: {sentence}")
        self.code = code
        self.sentence = sentence
        self.maybe_done = maybe_done
        self.facts = dict(facts or {})


class Unavailable(ConnectorError):
    """Nobody needs to act; `retry_after` is in seconds when the marketplace named a time."""

    def __init__(
        self,
        code: str,
        sentence: str = N_("Sàn chưa trả lời, hệ thống sẽ tự thử lại."),
        *,
        retry_after: float | None = None,
        maybe_done: bool = False,
        facts: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code, sentence, maybe_done=maybe_done, facts=facts)
        self.retry_after = retry_after


class Rejected(ConnectorError):
    """The seller must change the offer; `fields` maps our field name to a Vietnamese sentence."""

    def __init__(
        self,
        code: str,
        sentence: str,
        *,
        fields: Mapping[str, str] | None = None,
        facts: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code, sentence, facts=facts)
        self.fields = dict(fields or {})


class NotAdmitted(ConnectorError):
    """The coordinator must act: wrong keys, suspended shop."""


class Misunderstood(ConnectorError):
    """A developer must look: an answer that follows no known form."""
