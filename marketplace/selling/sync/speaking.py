"""Second of three: speak. No transaction is open here; every answer, clear or not, becomes an outcome."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from connectors.kit.errors import ConnectorError, Misunderstood, NotAdmitted, Unavailable
from connectors.kit.protocol import Connector, PriceAndStock, RemoteProduct, Verdict
from connectors.kit.publishing import Published, publish
from marketplace.core.i18n import N_
from marketplace.selling.sync.claiming import Job
from marketplace.selling.sync.steps import Do

log = logging.getLogger("lensan.worker")

SILENCES = 3  #: after so many lost answers in a row the rest of the batch waits


@dataclass(frozen=True)
class Outcome:
    """What came of a job. `sent` False: it was certainly not sent.

    `found` is set by a look-up alone, `verdict` by asking about a ticket; `ticket` is one to ask about later.
    """

    job: Job
    sent: bool = True
    published: Published | None = None
    found: RemoteProduct | None = None
    verdict: Verdict | None = None
    ticket: str | None = None
    error: ConnectorError | None = None


def speak(
    connector: Connector, jobs: Sequence[Job], *, price_batch: int, may_go_on: Callable[[], bool]
) -> list[Outcome]:
    """Make the calls, in order; stops early when the lease runs out or the marketplace does not answer."""
    outcomes: list[Outcome] = []
    silent = 0
    stock = [job for job in jobs if job.step.do is Do.RESTOCK]
    for job in (job for job in jobs if job.step.do is not Do.RESTOCK):
        if silent >= SILENCES or not may_go_on():
            outcomes.append(Outcome(job, sent=False))
            continue
        outcome = _one(connector, job)
        outcomes.append(outcome)
        silent = _silence(outcome.error, silent)
    for start in range(0, len(stock), price_batch):
        batch = stock[start : start + price_batch]
        if silent >= SILENCES or not may_go_on():
            outcomes += [Outcome(job, sent=False) for job in batch]
            continue
        answered = _restock(connector, batch)
        outcomes += answered
        silent = _silence(answered[0].error, silent)
    return outcomes


def _silence(error: ConnectorError | None, silent: int) -> int:
    if isinstance(error, NotAdmitted) or (isinstance(error, Unavailable) and not error.maybe_done):
        return SILENCES
    return silent + 1 if isinstance(error, Unavailable) else 0


def _one(connector: Connector, job: Job) -> Outcome:
    try:
        if job.step.do in (Do.LOOK_UP, Do.SEE_OFF):
            return Outcome(job, found=connector.find(job.offer.sku))
        if job.step.do is Do.PUBLISH:
            published = publish(connector, job.offer, job.remote_id, unclear=False)
            return Outcome(job, published=published, ticket=published.ticket)
        if job.step.do is Do.ASK:
            return Outcome(job, verdict=connector.verdict(job.remote_id or "", job.ticket or ""))
        return Outcome(job, ticket=connector.withdraw(job.remote_id or "", job.offer.sku))
    except ConnectorError as error:
        return Outcome(job, error=error)
    except Exception as error:
        log.exception("connector failed", extra={"listing": job.listing_id, "step": job.step.do.value})
        return Outcome(job, error=our_fault(error))


def _restock(connector: Connector, jobs: Sequence[Job]) -> list[Outcome]:
    rows = [
        PriceAndStock(job.remote_id or "", job.offer.sku, job.offer.price_vnd, job.step.packs) for job in jobs
    ]
    try:
        results = connector.set_price_and_stock(rows)
    except ConnectorError as error:
        return [Outcome(job, error=error) for job in jobs]
    except Exception as error:
        log.exception("connector failed", extra={"listings": len(jobs), "step": "restock"})
        return [Outcome(job, error=our_fault(error)) for job in jobs]
    return [
        Outcome(job, error=result.error if isinstance(result.error, ConnectorError) else None)
        for job, result in zip(jobs, results, strict=True)
    ]


def our_fault(error: Exception) -> Misunderstood:
    """An exception no connector should raise: a developer must look, and the write may have happened."""
    return Misunderstood(
        f"bug.{type(error).__name__}",
        N_("Kết nối với sàn gặp lỗi chương trình. Hãy báo kỹ thuật; nông sản và đơn hàng không mất."),
        maybe_done=True,
    )
