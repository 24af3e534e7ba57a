"""init, serve, db, admin-units and what happens when a setting is wrong."""

import io
import json
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from catalog.places import COLUMNS
from marketplace.core.config import load_settings


def test_init_makes_everything_and_a_second_time_changes_nothing(empty, lensan, folder):
    first = lensan("init")
    config = (folder / "config.toml").read_text("utf-8")
    second = lensan("init")

    assert (first.code, second.code) == (0, 0)
    assert "Đã nạp 475 đơn vị hành chính." in first.out
    assert second.out.endswith("Không có gì thay đổi.\n")
    assert (folder / "config.toml").read_text("utf-8") == config
    assert (folder / "config.toml").stat().st_mode & 0o777 == 0o600
    assert (folder / "var" / "photos").is_dir()
    assert lensan("doctor").code == 0


def test_init_tells_programs_what_it_did(empty, lensan):
    done = {"config": True, "data_dir": True, "database": True, "admin_units": 475}

    assert json.loads(lensan("init", "--json").out) == done
    assert json.loads(lensan("init", "--json").out) == {
        "config": False, "data_dir": False, "database": False, "admin_units": 0,
    }  # fmt: skip


def test_two_installations_have_different_keys(empty, lensan, folder):
    lensan("init")
    first = load_settings().encryption_key.get_secret_value()
    (folder / "config.toml").unlink()
    lensan("init")

    assert load_settings().encryption_key.get_secret_value() != first


def test_init_leaves_a_settings_file_as_it_is(empty, lensan, folder):
    (folder / "config.toml").write_text("port = 9000\n", "utf-8")

    ended = lensan("init")

    assert ended.code == 1
    assert "secret_key" in ended.err
    assert (folder / "config.toml").read_text("utf-8") == "port = 9000\n"


@pytest.mark.parametrize(
    ("text", "named"),
    [("prot = 1", "prot"), ("port = 'x'", "port"), ("a b", "config.toml"), ("", "secret_key")],
)
def test_a_wrong_setting_is_one_sentence_and_exit_1(lensan, folder, text, named):
    (folder / "config.toml").write_text(text, "utf-8")

    ended = lensan("account", "list")

    assert ended.code == 1
    assert named in ended.err
    assert ended.err.count("\n") == 1
    assert "Traceback" not in ended.err


@pytest.mark.parametrize("url", ["nonsense", "sqlite:////no/such/folder/lensan.db"])
def test_an_unusable_database_is_one_sentence(ready, monkeypatch, url):
    monkeypatch.setenv("LENSAN_DATABASE_URL", url)

    assert ready("account", "list").code == 1
    doctor = ready("doctor")
    assert doctor.code == 1
    assert "database_url" in doctor.out


@pytest.mark.parametrize(
    "words", [["nonsense"], ["account", "add", "king", "--name", "x"], ["serve", "--port", "0"]]
)
def test_a_wrong_word_is_exit_2(lensan, words):
    assert lensan(*words).code == 2


def test_the_database_goes_down_and_up_again(empty, lensan):
    lensan("init")

    assert "không có gì thay đổi" in lensan("db", "upgrade").out
    assert lensan("db", "downgrade", "base", "--yes").code == 0
    doctor = lensan("doctor", "--json")
    assert doctor.code == 1
    told = json.loads(doctor.out)
    assert told["ok"] is False
    assert [check["name"] for check in told["checks"] if not check["ok"]] == ["database"]
    assert "Đã nâng cấp" in lensan("db", "upgrade").out


def test_a_downgrade_asks_first(empty, lensan, monkeypatch):
    lensan("init")
    monkeypatch.setattr(sys, "stdin", io.StringIO("n\n"))

    assert lensan("db", "downgrade", "base").code != 0
    assert lensan("doctor").code == 0


def csv_of(folder: Path, *rows: str, head: str = ",".join(COLUMNS)) -> str:
    path = folder / "xa.csv"
    path.write_text("\n".join([head, *rows]), "utf-8")
    return str(path)


def test_units_are_imported_once(empty, lensan, folder):
    lensan("init")
    file = csv_of(
        folder,
        "04,Tỉnh Cao Bằng,040,Thành phố Cao Bằng,01267,Phường Sông Hiến,"
        "04,Tỉnh Cao Bằng,01273,Phường Thục Phán,0",
    )

    assert json.loads(lensan("admin-units", "import", file, "--json").out) == {"rows": 1, "added": 5}
    assert json.loads(lensan("admin-units", "import", file, "--json").out) == {"rows": 1, "added": 0}
    listed = json.loads(lensan("admin-units", "list", "thục phán", "--json").out)
    assert [unit["name"] for unit in listed] == ["Phường Thục Phán"]


def test_a_file_without_its_columns_is_refused(ready, folder):
    assert "old_province_code" in ready("admin-units", "import", csv_of(folder, "1,2", head="a,b")).err
    (folder / "anh.csv").write_bytes(b"\x89PNG\xff\xfe\x00")
    ended = ready("admin-units", "import", str(folder / "anh.csv"))
    assert ended.code == 1
    assert "UTF-8" in ended.err
    assert ready("admin-units", "import", "khong-co.csv").code == 2


def test_units_are_listed_as_of_a_day(ready):
    old = json.loads(ready("admin-units", "list", "xã vĩnh hảo", "--on", "2021-12-01", "--json").out)
    new = json.loads(ready("admin-units", "list", "xã vĩnh hảo", "--on", "2025-07-01", "--json").out)

    assert [unit["name"] for unit in old] == ["Xã Vĩnh Hảo"]
    assert new == []


def test_the_server_answers_and_stops_on_ctrl_c(ready, folder):
    port = free_port()
    command = [sys.executable, "-c", "from marketplace.cli import main; main()", "serve", "--port", str(port)]
    server = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        assert health_of(port, server) == 200
        server.send_signal(signal.SIGINT)
        assert server.wait(20) == 0
    finally:
        server.kill()
        told, _ = server.communicate()
    assert f"http://127.0.0.1:{port}" in told
    assert "Traceback" not in told


def test_a_taken_port_is_one_sentence(ready):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = ready("serve", "--port", str(port))

    assert ended.code == 1
    assert f"127.0.0.1:{port}" in ended.err
    assert ended.out == ""


def test_the_server_does_not_start_on_an_old_database(empty, lensan):
    lensan("init")
    lensan("db", "downgrade", "base", "--yes")

    ended = lensan("serve", "--port", str(free_port()))

    assert (ended.code, "lensan db upgrade" in ended.err) == (1, True)


def free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


def health_of(port: int, server: subprocess.Popen[str]) -> int:
    """Ask until the server answers; a server that ended, or says nothing for a minute, fails the test."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/-/health", timeout=5) as answer:
                return int(answer.status)
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the server did not answer")
