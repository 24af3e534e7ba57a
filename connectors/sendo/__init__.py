"""Sendo: the seller's open API as public documents and clients show it; README.md says known or assumed."""

from collections.abc import Callable, Mapping
from typing import Any

from connectors.kit.protocol import Connector, Exchange, Marketplace, Options
from connectors.sendo.categories import known_schema
from connectors.sendo.connector import CREDENTIALS, LIMITS, SendoConnector
from connectors.sendo.mapping import wording
from connectors.sendo.rules import check
from connectors.sendo.statement import read_statement


def connect(
    credentials: Mapping[str, str], options: Options, journal: Callable[[Exchange], None] | None = None
) -> Connector:
    """One shop, not yet logged in."""
    return SendoConnector(credentials, options, journal)


def create_mock(**options: Any) -> Any:
    """A Flask application that behaves like Sendo; its options are those of `sendo.mock.create_mock`."""
    # Flask is loaded only where a mock runs.
    from connectors.sendo.mock import create_mock as create

    return create(**options)


MARKETPLACE = Marketplace(
    name="sendo",
    title="Sendo",
    credential_fields=CREDENTIALS,
    default_base_url="https://open.sendo.vn",
    limits=LIMITS,
    connect=connect,
    check=check,
    wording=wording,
    create_mock=create_mock,
    read_statement=read_statement,
    known_schema=known_schema,
    promotions=True,
)
