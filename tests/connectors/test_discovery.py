"""A marketplace is a folder, or an installed package with an entry point."""

from importlib.metadata import EntryPoint
from types import SimpleNamespace
from typing import Any

import pytest

from connectors.kit import discovery
from connectors.kit.protocol import Marketplace, Options
from connectors.sendo import MARKETPLACE


@pytest.fixture(autouse=True)
def _forget() -> Any:
    discovery.marketplaces.cache_clear()
    yield
    discovery.marketplaces.cache_clear()


def test_sendo_is_found_by_its_folder() -> None:
    assert discovery.marketplaces()["sendo"] is MARKETPLACE


def test_an_installed_package_is_found_and_a_broken_one_is_left_out(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    other = Marketplace(**{**MARKETPLACE.__dict__, "name": "chợ-phiên"})
    points = [
        SimpleNamespace(name="chợ-phiên", load=lambda: SimpleNamespace(MARKETPLACE=other)),
        EntryPoint("broken", "no.such.module", discovery.GROUP),
    ]
    monkeypatch.setattr(discovery, "entry_points", lambda **_group: points)
    found = discovery.marketplaces()
    assert found["chợ-phiên"] is other
    assert "sendo" in found
    assert "broken" not in found
    assert "broken" in caplog.text


def test_an_entry_point_without_a_calling_card_is_named_in_the_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    points = [SimpleNamespace(name="trống", load=lambda: SimpleNamespace())]
    monkeypatch.setattr(discovery, "entry_points", lambda **_group: points)
    assert "trống" not in discovery.marketplaces()
    assert "connector trống has no MARKETPLACE" in caplog.text


def test_a_folder_wins_over_a_package_of_the_same_name(monkeypatch: pytest.MonkeyPatch) -> None:
    other = Marketplace(**{**MARKETPLACE.__dict__, "title": "Sendo giả"})
    points = [SimpleNamespace(name="sendo", load=lambda: other)]
    monkeypatch.setattr(discovery, "entry_points", lambda **_group: points)
    assert discovery.marketplaces()["sendo"] is MARKETPLACE


def test_a_calling_card_connects_and_plays() -> None:
    app = MARKETPLACE.create_mock(moderation=True)
    credentials = app.extensions["mock"].credentials
    assert set(credentials) == set(MARKETPLACE.credential_fields)
    shop = MARKETPLACE.connect(credentials, Options("https://sendo.test"), lambda _exchange: None)
    assert callable(shop.find)
