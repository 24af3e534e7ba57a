"""Voso-style: a seller API in the documented manners of ViettelPost; README.md says known or assumed."""

from collections.abc import Callable, Mapping
from typing import Any

from connectors.kit.protocol import Connector, Exchange, Marketplace, Options
from connectors.voso.categories import known_schema
from connectors.voso.connector import CREDENTIALS, LIMITS, VosoConnector
from connectors.voso.mapping import wording
from connectors.voso.rules import check
from connectors.voso.statement import read_statement


def connect(
    credentials: Mapping[str, str], options: Options, journal: Callable[[Exchange], None] | None = None
) -> Connector:
    """One shop, not yet logged in."""
    return VosoConnector(credentials, options, journal)


def create_mock(**options: Any) -> Any:
    """A Flask application that behaves like Voso; its options are those of `voso.mock.create_mock`."""
    # Flask is loaded only where a mock runs.
    from connectors.voso.mock import create_mock as create

    return create(**options)


MARKETPLACE = Marketplace(
    name="voso",
    title="Sàn kiểu Voso",
    credential_fields=CREDENTIALS,
    default_base_url="",
    limits=LIMITS,
    connect=connect,
    check=check,
    wording=wording,
    create_mock=create_mock,
    read_statement=read_statement,
    known_schema=known_schema,
)
