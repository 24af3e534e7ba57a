"""Accounts from the command line; the first administrator is made here."""

import io
import json
import sys

import pytest


def add(lensan, role="admin", *more: str):
    return lensan("account", "add", role, "--name", "Người Thử", *more)


def listed(lensan) -> list[dict[str, object]]:
    return json.loads(lensan("account", "list", "--json").out)


def test_no_account_exists_until_one_is_made(ready):
    assert listed(ready) == []


def test_the_first_administrator_gets_a_random_password(ready):
    ended = add(ready, "admin", "--user", "Quản Trị", "--generate", "--json")

    told = json.loads(ended.out)
    assert (ended.code, told["role"], told["user_name"]) == (0, "admin", "quan tri")
    assert len(told["password"]) == 14
    assert "password" not in listed(ready)[0]


def test_a_password_is_read_from_standard_input(ready, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("một mật khẩu dài\nthừa\n"))

    assert add(ready, "coordinator", "--phone", "0912345678", "--password-stdin").code == 0
    assert [row["phone"] for row in listed(ready)] == ["+84912345678"]


@pytest.mark.parametrize(
    ("typed", "code", "said"),
    [
        (["--user", "abc"], 2, "--generate"),
        (["--user", "abc", "--generate", "--password-stdin"], 2, "một"),
        (["--generate"], 1, "số điện thoại hoặc tên đăng nhập"),
        (["--user", "12", "--generate"], 1, "Tên đăng nhập"),
        (["--phone", "123", "--generate"], 1, "số điện thoại"),
        (["--user", "abc", "--commune", "không có", "--generate"], 1, "Không có xã này"),
        (["--user", "abc", "--commune", "Xã Vĩnh Hảo", "--generate"], 1, "khuyến nông"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_made(ready, monkeypatch, typed, code, said):
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))

    ended = add(ready, "admin", *typed)

    assert ended.code == code
    assert said.casefold() in ended.err.casefold()
    assert listed(ready) == []


def test_a_weak_password_is_refused(ready, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("ngắn\n"))

    ended = add(ready, "admin", "--user", "abc", "--password-stdin")

    assert ended.code == 1
    assert "từ 8 đến 200" in ended.err
    assert listed(ready) == []


def test_a_farmer_needs_a_household(ready):
    assert "mã hộ" in add(ready, "farmer", "--user", "abc", "--generate").err
    assert listed(ready) == []


def test_communes_are_given_by_name_or_number(ready):
    assert (
        add(
            ready, "extension", "--user", "abc", "--commune", "xã vĩnh hảo", "--commune", "252", "--generate"
        ).code
        == 0
    )


def test_a_commune_name_borne_by_several_lists_them(ready):
    ended = add(ready, "extension", "--user", "abc", "--commune", "Minh", "--generate")

    assert ended.code == 1
    assert " = Xã Minh" in ended.err
    assert listed(ready) == []


def test_an_account_is_closed_and_its_password_reset_by_any_name(ready):
    add(ready, "admin", "--user", "mot ha", "--generate")
    add(ready, "admin", "--user", "hai ha", "--phone", "0912345678", "--generate")

    assert len(json.loads(ready("account", "reset-password", "0912 345 678", "--json").out)["password"]) == 14
    assert ready("account", "close", "Hai Hà").code == 0
    last = ready("account", "close", "mot ha")
    assert (last.code, "quản trị cuối cùng" in last.err) == (1, True)
    assert [row["active"] for row in listed(ready)] == [True, False]
    assert ready("account", "close", "khong ai").code == 1
    assert "(đã đóng)" in ready("account", "list").out
