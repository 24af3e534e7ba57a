"""Bring one product to what is wanted: corrections that wait for approval, and stock, written at once.

The order of the calls keeps what buyers may take below what the application has stored, whichever answer is
lost: on a live product the stock comes last, after everything that may be refused; on one that is off sale it
comes before the correction that may bring it back.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from connectors.kit.errors import Rejected, Unavailable
from connectors.kit.protocol import N_, RemoteState, Standing, Verdict
from connectors.kit.publishing import IN_MODERATION
from connectors.postmart import mapping
from connectors.postmart.changes import Changes, changes
from connectors.postmart.reading import Case, case, product, unknown_form
from connectors.postmart.refusals import refused, row_results

MODERATION_SECONDS = 1800.0  #: until a product under moderation is tried again
LOCKED = "locked"


class Updating:
    """One product as it was just read, and how to say something to its shop."""

    def __init__(self, say: Callable[..., Any], remote_id: str, row: Mapping[str, Any]) -> None:
        self._say = say
        self._remote_id = remote_id
        self._row = row
        self._status = product(row).raw_state
        self._sku = str(row.get("saleProductCode") or "")

    def bring_to(self, wanted: Mapping[str, Any], tags: Sequence[str]) -> str | None:
        """Send what differs; the ticket of what waits for approval, None when nothing does."""
        if self._status == mapping.LOCKED:
            sentence = N_("Postmart đã khóa tin này; hãy hỏi Postmart lý do rồi đăng lại.")
            raise Rejected(LOCKED, sentence, facts={"message": str(self._row.get("note") or "?")})
        plan = changes(self._row, wanted, tags)
        if self._status == mapping.WAITING:
            self._while_it_waits(plan)
            return None
        if self._status in (mapping.DRAFT, mapping.REFUSED):
            return self._hand_in(plan)
        if self._is_off():
            self._write_stock(plan)
            return self._correct(plan)
        ticket = self._correct(plan)
        self._write_stock(plan)
        return ticket

    def _is_off(self) -> bool:
        """Off sale, and nothing waits that may bring it back at any moment."""
        off = self._status in (mapping.STOPPED, mapping.HIDDEN)
        return off and mapping.CONTENT not in mapping.waiting_affairs(self._row)

    def _while_it_waits(self, plan: Changes) -> None:
        if plan.needs_approval:
            sentence = N_("Postmart đang duyệt tin này; hệ thống sẽ gửi lại sau khi duyệt xong.")
            raise Unavailable(IN_MODERATION, sentence, retry_after=MODERATION_SECONDS)
        self._write_stock(plan)

    def _hand_in(self, plan: Changes) -> str | None:
        """A draft or refused product is changed at once and handed in again as a whole."""
        ticket = self._correct(plan)
        self._write_stock(plan)
        try:
            self._say("GET", "/createProductByDraft", type="3", code=self._remote_id)
        except Rejected as refusal:
            # Its stock is written: whatever became of it must be looked up, never taken for undone.
            raise Unavailable("not_handed_in", maybe_done=True, facts=refusal.facts) from refusal
        return ticket

    def _correct(self, plan: Changes) -> str | None:
        bodies = []
        if plan.content:
            bodies.append(mapping.content_correction(self._remote_id, plan.content))
        if plan.price is not None:
            bodies.append(mapping.price_correction(self._remote_id, plan.price))
        if self._is_off():  # its content brings it back on sale: nothing may be refused after that
            bodies.reverse()
        told = [case_or_refusal(self._say("POST", "/productCorrection", body)) for body in bodies]
        waiting = [*plan.waiting, *(one.case_id for one in told if one.type == mapping.PENDING)]
        return ",".join(waiting) or None

    def _write_stock(self, plan: Changes) -> None:
        if plan.stock is None:
            return
        row = {"saleProductCode": self._sku, "quantity": plan.stock}
        (error,) = row_results(self._say("POST", "/UpdateStock", [row]), [self._sku])
        if error is not None:
            raise error


def case_or_refusal(body: Any) -> Case:
    """The answer of a correction: accepted or waiting; anything else is raised as a refusal."""
    told = case(body)
    if told.type == mapping.PENDING and not told.case_id:
        raise unknown_form("case.id", safe=False)
    if told.type not in (mapping.ACCEPTED, mapping.PENDING):
        raise refused(told.said or "?")
    return told


def verdict_of(told: Iterable[Case], asked: Sequence[str]) -> Verdict:
    """What became of all cases of one ticket: one refusal refuses, one that waits keeps all waiting."""
    known = {one.case_id: one for one in told}
    found = [known[case_id] for case_id in asked if case_id in known]
    refusals = [one.said or "?" for one in found if one.type not in (mapping.ACCEPTED, mapping.PENDING)]
    if refusals:
        return Verdict(Standing.REFUSED, " ".join(refusals))
    if len(found) < len(asked) or any(one.type == mapping.PENDING for one in found):
        return Verdict(Standing.PENDING)
    return Verdict(Standing.ACCEPTED)


def is_stopped(row: Mapping[str, Any] | None) -> bool:
    """Whether nobody can buy it any more: gone, off sale or locked."""
    return row is None or product(row).state in (RemoteState.OFF, RemoteState.LOCKED)
