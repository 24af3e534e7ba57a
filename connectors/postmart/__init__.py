"""A marketplace in the style of Postmart: its seller API is not public; README.md says known or assumed."""

from collections.abc import Callable, Mapping
from typing import Any

from connectors.kit.protocol import Connector, Exchange, Marketplace, Options
from connectors.postmart.categories import schema
from connectors.postmart.connector import CREDENTIALS, LIMITS, PostmartConnector
from connectors.postmart.mapping import wording
from connectors.postmart.rules import check
from connectors.postmart.statement import read_statement


def connect(
    credentials: Mapping[str, str], options: Options, journal: Callable[[Exchange], None] | None = None
) -> Connector:
    """One shop, not yet logged in."""
    return PostmartConnector(credentials, options, journal)


def create_mock(**options: Any) -> Any:
    """A Flask application that behaves like our Postmart; its options are those of `mock.create_mock`."""
    # Flask is loaded only where a mock runs.
    from connectors.postmart.mock import create_mock as create

    return create(**options)


MARKETPLACE = Marketplace(
    name="postmart",
    title="Sàn kiểu Postmart",
    credential_fields=CREDENTIALS,
    default_base_url="",
    limits=LIMITS,
    connect=connect,
    check=check,
    wording=wording,
    create_mock=create_mock,
    read_statement=read_statement,
    known_schema=schema,
)
