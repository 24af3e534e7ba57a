"""Every marketplace there is keeps every rule of the suite, and what breaks a rule is named."""

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from connectors.kit.conformance import THEMES, Check, checks, run
from connectors.kit.discovery import marketplaces
from connectors.kit.errors import Misunderstood, Unavailable
from connectors.kit.protocol import Marketplace, Offer, Problem
from connectors.kit.skeletons import new_connector

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "tests" / "samples"
LENSAN = "import sys; from marketplace.cli import main; sys.exit(main())"
ALL = {"since": "2021-01-01T00:00:00+00:00", "until": "2022-01-01T00:00:00+00:00"}
EVERY = [(name, check) for name in marketplaces() for check in checks()]


@pytest.mark.parametrize(("name", "check"), EVERY, ids=[f"{name}-{check.name}" for name, check in EVERY])
def test_every_marketplace_keeps_every_rule(name: str, check: Check) -> None:
    assert run(marketplaces()[name], check).failure is None


def test_the_suite_has_many_rules_and_each_its_own_name() -> None:
    names = [check.name for check in checks()]

    assert len(names) >= 60
    assert len(set(names)) == len(names)
    assert {check.theme for check in checks()} == set(THEMES)


def test_the_document_lists_every_rule_in_its_order() -> None:
    text = (ROOT / "docs" / "add-a-marketplace.md").read_text("utf-8")

    assert re.findall(r"(?m)^- `(\w+)`$", text) == [check.name for check in checks()]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both sample packages, installed as pip does it, into a folder of their own."""
    target = tmp_path_factory.mktemp("installed")
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check", "--quiet"]
    packages = [str(SAMPLES / "cho_phien"), str(SAMPLES / "bad_market")]
    subprocess.run(
        [sys.executable, "-m", "pip", "install", *options, "--target", str(target), *packages],
        check=True,
        capture_output=True,
        cwd=target,
    )
    return target


def outside(installed: Path, code: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run Python in a folder that is not ours, with the installed packages on its path."""
    environ = {**os.environ, "PYTHONPATH": f"{installed}{os.pathsep}{ROOT}"}
    return subprocess.run(
        [sys.executable, "-c", code, *words],
        check=False,
        capture_output=True,
        text=True,
        cwd=installed,
        env=environ,
    )


def test_a_marketplace_of_150_lines_installed_from_elsewhere_passes(installed: Path) -> None:
    ran = outside(installed, LENSAN, "connector", "check", "cho_phien", "--json")

    told = json.loads(ran.stdout)
    assert told["failed"] == []
    assert told["passed"] == len(checks()) >= 60
    assert ran.returncode == 0
    lines = [len(file.read_text("utf-8").splitlines()) for file in (installed / "cho_phien").glob("*.py")]
    assert sum(lines) <= 150


def test_an_installed_marketplace_is_offered_where_shops_are_opened(installed: Path) -> None:
    code = "from marketplace.selling.sync.wire import faces; print(faces()['cho_phien'])"

    shown = outside(installed, code).stdout

    assert "title='Chợ phiên'" in shown
    assert "credential_fields=('seller', 'password')" in shown


def test_a_connector_that_sends_a_lost_create_again_fails_by_name(installed: Path) -> None:
    ran = outside(installed, LENSAN, "connector", "check", "bad_market", "--json")

    told = json.loads(ran.stdout)
    assert ran.returncode == 1
    assert told["failed"] == [
        "a_create_is_sent_once_when_no_answer_comes",
        "a_create_is_sent_once_when_it_did_not_arrive",
        "a_create_is_sent_once_when_the_line_is_cut_before",
        "a_create_is_sent_once_when_the_line_is_cut_after",
        "a_create_is_sent_once_when_the_server_fails_before",
        "a_create_is_sent_once_when_the_server_fails_after",
        "a_create_is_sent_once_when_a_web_page_answers",
        "a_create_is_sent_once_when_json_breaks_off",
        "a_create_is_sent_once_when_it_is_slow_beyond_patience",
        "a_create_whose_line_is_cut_on_a_real_socket_is_sent_once",
        "a_create_that_arrives_late_is_adopted",
    ]
    seen = {row["name"]: row["failure"] for row in told["checks"]}
    assert "times the create was sent: got 2" in seen["a_create_is_sent_once_when_no_answer_comes"]


def test_the_sample_is_what_a_new_connector_begins_with(tmp_path: Path) -> None:
    written = new_connector("cho_phien", "Chợ phiên", tmp_path / "cho_phien")

    for file in written:
        theirs = SAMPLES / "cho_phien" / file.relative_to(tmp_path / "cho_phien")
        assert file.read_text("utf-8") == theirs.read_text("utf-8"), file.name


@pytest.fixture
def cho_phien(monkeypatch: pytest.MonkeyPatch) -> Marketplace:
    """The sample inside this process, to be sabotaged."""
    monkeypatch.syspath_prepend(str(SAMPLES / "cho_phien"))
    card: Marketplace = import_module("cho_phien").MARKETPLACE
    return card


def broken(marketplace: Marketplace, **methods: Any) -> Marketplace:
    """The marketplace with some methods of its connector replaced."""
    base: Any = marketplace.connect
    return replace(marketplace, connect=type("Broken", (base,), methods))


def fail(marketplace: Marketplace, *names: str) -> bool:
    """Whether every one of the named checks fails."""
    named = [check for check in checks() if check.name in names]
    assert len(named) == len(names)
    return all(run(marketplace, check).failure for check in named)


def test_a_find_that_guesses_none_fails(cho_phien: Marketplace) -> None:
    base: Any = cho_phien.connect

    def find(self: Any, sku: str) -> Any:
        try:
            return base.find(self, sku)
        except (Unavailable, Misunderstood):
            return None

    assert fail(
        broken(cho_phien, find=find),
        "a_read_that_never_heals_is_nobodys_fault_and_gives_up",
        "an_answer_of_no_known_form_ends_in_one_of_the_four",
    )


def test_a_token_that_is_never_renewed_fails(cho_phien: Marketplace) -> None:
    assert fail(
        broken(cho_phien, token_refused=lambda _self, _answer: False),
        "a_token_that_ends_is_renewed_within_a_read",
        "a_token_that_ends_in_the_middle_of_a_batch_costs_nothing",
    )


def test_results_in_another_order_fail(cho_phien: Marketplace) -> None:
    base: Any = cho_phien.connect

    def backwards(self: Any, rows: Any) -> Any:
        return base.set_price_and_stock(self, rows)[::-1]

    assert fail(broken(cho_phien, set_price_and_stock=backwards), "results_come_in_the_order_of_the_rows")


def test_an_update_that_forgets_stock_fails(cho_phien: Marketplace) -> None:
    base: Any = cho_phien.connect

    def forgetful(self: Any, number: str, offer: Any) -> None:
        base.update(self, number, replace(offer, packs=40))

    assert fail(broken(cho_phien, update=forgetful), "an_update_changes_text_price_and_stock")


def test_reading_only_the_first_page_fails(cho_phien: Marketplace) -> None:
    base: Any = cho_phien.connect
    lazy = broken(cho_phien, products=lambda self: iter([next(base.products(self), [])]))

    assert fail(lazy, "goods_on_many_pages_come_once_each_though_the_list_grows")


def test_one_unreadable_row_that_ends_the_list_fails(cho_phien: Marketplace) -> None:
    def strict(self: Any, _since: Any, _until: Any) -> Any:
        return (
            [self.order(row["order_no"]) for row in page] for page in self.pages("/orders", "order_no", **ALL)
        )

    assert fail(broken(cho_phien, orders=strict), "an_unreadable_order_is_parked_and_hides_no_other")


def test_moments_without_a_zone_fail(cho_phien: Marketplace) -> None:
    base: Any = cho_phien.connect

    def naive(self: Any, order_no: str) -> Any:
        order = base.order(self, order_no)
        return replace(order, placed_at=order.placed_at.replace(tzinfo=None))

    def orders(self: Any, since: Any, until: Any) -> Any:
        return ([naive(self, one.order_no) for one in page] for page in base.orders(self, since, until))

    assert fail(broken(cho_phien, order=naive, orders=orders), "moments_are_aware_and_true")


def test_a_rule_pack_that_is_too_kind_fails(cho_phien: Marketplace) -> None:
    assert fail(replace(cho_phien, check=lambda _offer: []), "green_offers_are_accepted")


def test_a_rule_pack_that_is_too_strict_fails(cho_phien: Marketplace) -> None:
    def strict(offer: Offer) -> list[Problem]:
        long = [Problem("title", "title_long", "Tên quá dài; hãy rút ngắn.")] if len(offer.title) > 50 else []
        return [*cho_phien.check(offer), *long]

    assert fail(replace(cho_phien, check=strict), "red_offers_are_refused_and_make_no_product")


def test_a_connector_without_a_pace_fails(cho_phien: Marketplace) -> None:
    def hasty(keys: Any, options: Any, journal: Any) -> Any:
        return cho_phien.connect(keys, replace(options, calls_per_second=0), journal)

    assert fail(
        replace(cho_phien, connect=hasty),
        "a_chosen_pace_is_used_and_never_exceeded",
        "no_second_holds_more_calls_than_allowed",
        "the_usual_pace_stays_within_the_declared_limit",
    )


def test_a_connector_that_waits_too_long_fails(cho_phien: Marketplace) -> None:
    def slow(keys: Any, options: Any, journal: Any) -> Any:
        rate = options.calls_per_second
        return cho_phien.connect(keys, replace(options, calls_per_second=rate and 0.9 * rate), journal)

    assert fail(replace(cho_phien, connect=slow), "a_chosen_pace_is_used_and_never_exceeded")


def test_a_connector_without_a_journal_fails(cho_phien: Marketplace) -> None:
    silent = replace(
        cho_phien, connect=lambda keys, options, _: cho_phien.connect(keys, options, lambda _: None)
    )

    assert fail(silent, "every_call_is_journalled_once")


def test_a_journal_with_a_key_or_a_phone_number_fails(cho_phien: Marketplace) -> None:
    def talkative(keys: Any, options: Any, journal: Any) -> Any:
        said = f"{keys.get('password')} 0912345678"
        return cho_phien.connect(keys, options, lambda one: journal(replace(one, request=said)))

    assert fail(replace(cho_phien, connect=talkative), "no_key_is_journalled", "the_buyer_is_not_journalled")
