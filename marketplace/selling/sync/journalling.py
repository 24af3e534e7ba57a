"""What was said with a marketplace, and as part of which operation, so that it can be played again."""

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, TypeVar

from connectors.kit.errors import ConnectorError
from connectors.kit.protocol import (
    Attribute,
    Exchange,
    Offer,
    Picture,
    PriceAndStock,
    Promotion,
    RowResult,
    Schema,
)
from connectors.kit.redact import scrub, shortened

Page = TypeVar("Page")


@dataclass
class Operation:
    """One call of a connector: its arguments are JSON in our own words, `cause` the code it failed with."""

    name: str
    arguments: dict[str, Any]
    cause: str | None = None
    key: str = field(default_factory=lambda: f"{random.getrandbits(128):032x}")  #: no call of the system


@dataclass
class Said:
    """One exchange; `first` of its operation, it carries the arguments."""

    exchange: Exchange
    operation: Operation | None
    first: bool

    @property
    def kept_response(self) -> str:
        """The answer as it is kept: whole when its operation failed with it, though the call went well."""
        failed = self.operation is not None and self.operation.cause is not None
        return self.exchange.response if failed else shortened(self.exchange.response)


LOST = "pictures_lost"  #: among the arguments: addresses of pictures whose files were gone


class Journal:
    """Takes the exchanges of one connector, in order, until they are written down."""

    def __init__(self) -> None:
        self.said: list[Said] = []
        self._now: Operation | None = None
        self._known = ""  #: key of the operation that spoke last

    def __call__(self, exchange: Exchange) -> None:
        """Note one exchange. The last of an operation stays whole: it may be the answer nobody could read."""
        now = self._now
        if self.said and now is not None and self.said[-1].operation is now:
            last = self.said[-1]
            last.exchange = replace(last.exchange, response=shortened(last.exchange.response))
        first = now is not None and now.key != self._known
        self._known = now.key if now else ""
        self.said.append(Said(exchange, now, first))

    @contextmanager
    def operation(self, name: str, **arguments: Any) -> Iterator[Operation]:
        """Everything said within the block is part of this operation; how it fails is its cause."""
        with self._under(Operation(name, arguments)) as operation:
            yield operation

    def lost(self, url: str) -> None:
        """A picture of the operation under way is not here any more."""
        if self._now is not None:
            self._now.arguments.setdefault(LOST, []).append(url)

    def pages(self, name: str, pages: Iterator[Page], **arguments: Any) -> Iterator[Page]:
        """Pages of a list that is one operation; what is done between two pages is no part of it."""
        operation = Operation(name, arguments)
        while True:
            with self._under(operation):
                page = next(pages, None)
            if page is None:
                return
            yield page

    @contextmanager
    def _under(self, operation: Operation) -> Iterator[Operation]:
        before, self._now = self._now, operation
        try:
            yield operation
        except Exception as error:
            operation.cause = cause_of(error)
            raise
        finally:
            self._now = before


def cause_of(error: Exception) -> str:
    """The stable code a failure is grouped by; of an exception no connector should raise, its name."""
    return (error.code if isinstance(error, ConnectorError) else f"bug.{type(error).__name__}")[:60]


def cause_of_rows(results: Sequence[RowResult]) -> str | None:
    """The code of the first row of a batch that was refused."""
    return next((cause_of(result.error) for result in results if result.error is not None), None)


# --- arguments, there and back
# --------------------------------------------------------------------------------------------------------


def offer_told(offer: Offer) -> dict[str, Any]:
    """An offer as JSON, without pictures' bytes and without personal data in its words."""
    promotion = offer.promotion
    return {
        "sku": offer.sku,
        "title": scrub(offer.title),
        "description": scrub(offer.description),
        "price_vnd": offer.price_vnd,
        "packs": offer.packs,
        "net_grams": offer.net_grams,
        "gross_grams": offer.gross_grams,
        "category": offer.category,
        "unit": offer.unit,
        "pictures": [[one.url, one.width, one.height, one.size] for one in offer.pictures],
        "attributes": {name: scrub(value) for name, value in offer.attributes.items()},
        "restricted": offer.restricted,
        "dimensions_cm": list(offer.dimensions_cm),
        "schema": _schema_told(offer.schema),
        "promotion": promotion
        and [promotion.price_vnd, promotion.first_day.isoformat(), promotion.last_day.isoformat()],
    }


def _schema_told(schema: Schema | None) -> list[Any] | None:
    if schema is None:
        return None
    asked = [
        [one.id, one.name, one.required, list(one.options), one.required_with] for one in schema.attributes
    ]
    return [schema.category, asked]


def offer_of(told: dict[str, Any]) -> Offer:
    """The offer that `offer_told` told."""
    promotion, schema = told["promotion"], told["schema"]
    return Offer(
        **{
            **told,
            "pictures": tuple(Picture(*one) for one in told["pictures"]),
            "dimensions_cm": tuple(told["dimensions_cm"]),
            "schema": schema and Schema(schema[0], tuple(_attribute(*one) for one in schema[1])),
            "promotion": promotion
            and Promotion(promotion[0], date.fromisoformat(promotion[1]), date.fromisoformat(promotion[2])),
        }
    )


def _attribute(id_: str, name: str, required: bool, options: list[str], with_: str | None) -> Attribute:  # noqa: FBT001 - in the order they were written
    return Attribute(id_, name, required, tuple(options), with_)


def rows_told(rows: Sequence[PriceAndStock]) -> list[list[Any]]:
    """A batch as JSON."""
    return [[row.remote_id, row.sku, row.price_vnd, row.packs] for row in rows]


def rows_of(told: Sequence[Sequence[Any]]) -> list[PriceAndStock]:
    """The batch that `rows_told` told."""
    return [PriceAndStock(*row) for row in told]
