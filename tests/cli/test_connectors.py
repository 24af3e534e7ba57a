"""Commands about connectors, as a person at a terminal meets them; none of them needs an installation."""

import json
from pathlib import Path

import pytest

from connectors.kit.conformance import checks
from connectors.kit.discovery import marketplaces
from tests.cli.conftest import Command


def test_the_marketplaces_of_this_installation_are_listed(lensan: Command) -> None:
    ran = lensan("connector", "list", "--json")

    assert [row["name"] for row in json.loads(ran.out)] == list(marketplaces())
    assert "sendo\tSendo\t20 lần/giây" in lensan("connector", "list").out


def test_the_rules_are_listed_theme_by_theme(lensan: Command) -> None:
    ran = lensan("connector", "check", "--list")

    assert ran.code == 0
    assert ran.out.splitlines() == [f"{check.theme}\t{check.name}" for check in checks()]


def test_one_rule_is_checked_and_told_on_one_line(lensan: Command) -> None:
    ran = lensan("connector", "check", "sendo", "--only", "what_was_offered_is_there")

    assert ran.code == 0
    assert ran.out == "đạt\tpublishing\twhat_was_offered_is_there\nSendo: 1 điều đạt, 0 điều hỏng.\n"


def test_a_broken_rule_is_named_with_what_was_seen(lensan: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.sendo.connector.SendoConnector.find", lambda _self, _sku: None)

    ran = lensan("connector", "check", "sendo", "--only", "what_is_found_is_what_was_offered", "--json")

    assert ran.code == 1
    told = json.loads(ran.out)
    assert (told["passed"], told["failed"]) == (0, ["what_is_found_is_what_was_offered"])
    assert told["checks"][0]["failure"] == "the SKU HG-CAM-1 is there and was not found"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("check",), "hãy ghi tên sàn; các sàn có: "),
        (("check", "chợ-lạ"), "không có sàn «chợ-lạ»; các sàn có: "),
        (("check", "sendo", "--only", "bay_len_troi"), "không có điều «bay_len_troi»; xem lensan connector"),
        (("new", "Chợ Phiên", "--into", "."), "hãy dùng chữ thường không dấu, số và gạch dưới"),
        (("new", "class", "--into", "."), "«class» chưa được"),
        (("new", "sendo", "--into", "."), "đã có sàn «sendo»; hãy chọn tên khác"),
        (("new", "cho_la", "--title", 'Chợ "lạ"', "--into", "."), "hãy bỏ dấu nháy và dấu chéo ngược"),
    ],
)
def test_what_cannot_be_done_is_refused_with_a_sentence(
    lensan: Command, folder: Path, words: tuple[str, ...], said: str
) -> None:
    ran = lensan("connector", *words)

    assert ran.code == 2
    assert said in " ".join(ran.err.split())
    assert list(folder.iterdir()) == []


def test_a_new_connector_is_a_package_that_passes(
    lensan: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = lensan("connector", "new", "cho_moi", "--title", "Chợ mới", "--into", "goi")

    assert ran.code == 0
    assert ran.out.splitlines()[0] == "goi/cho_moi/pyproject.toml"
    assert 'cho_moi = "cho_moi"' in (folder / "goi/cho_moi/pyproject.toml").read_text("utf-8")
    monkeypatch.syspath_prepend(str(folder / "goi/cho_moi"))
    module = __import__("cho_moi")
    monkeypatch.setattr("marketplace.cli.connectors.marketplaces", lambda: {"cho_moi": module.MARKETPLACE})
    checked = lensan("connector", "check", "cho_moi", "--json")
    assert json.loads(checked.out)["failed"] == []


def test_a_folder_that_is_there_is_never_written_into(lensan: Command, folder: Path) -> None:
    (folder / "cho_moi").mkdir()

    ran = lensan("connector", "new", "cho_moi", "--into", ".")

    assert ran.code == 1
    assert "Đã có cho_moi; hãy chọn thư mục khác." in ran.err
    assert list((folder / "cho_moi").iterdir()) == []
