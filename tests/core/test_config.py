"""Settings: where they come from, and that a wrong one is named instead of ignored."""

import re
import tomllib
from pathlib import Path

import pytest
from pydantic import SecretStr

from marketplace.core.config import (
    SECRETS,
    Settings,
    UnsafeSettings,
    WorkerSettings,
    as_toml,
    load_settings,
    new_secrets,
)

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def written(folder: Path, text: str) -> Path:
    path = folder / "config.toml"
    path.write_text(text, "utf-8")
    return path


def test_the_example_is_what_the_settings_say():
    assert EXAMPLE.read_text("utf-8") == as_toml()


def test_every_line_of_the_example_uncommented_is_the_default(tmp_path):
    text = re.sub(r"(?m)^# ([a-z_]+ = )", r"\1", EXAMPLE.read_text("utf-8"))
    assert len(tomllib.loads(text)) == len(Settings.model_fields)

    assert load_settings(written(tmp_path, text)) == Settings()


def test_the_example_as_it_is_changes_nothing(tmp_path):
    assert load_settings(written(tmp_path, EXAMPLE.read_text("utf-8"))) == Settings()


def test_every_setting_has_a_line_of_help():
    for model in (Settings, WorkerSettings):
        for name, field in model.model_fields.items():
            assert field.description, name


def test_the_environment_is_stronger_than_the_file(tmp_path, monkeypatch):
    path = written(tmp_path, "port = 9000\nlogin_days = 3\n[worker]\nbatch = 7\npull_seconds = 11\n")
    monkeypatch.setenv("LENSAN_PORT", "9001")
    monkeypatch.setenv("LENSAN_WORKER__BATCH", "8")

    settings = load_settings(path)

    assert (settings.port, settings.login_days) == (9001, 3)
    assert (settings.worker.batch, settings.worker.pull_seconds) == (8, 11)


def test_the_file_is_named_by_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("LENSAN_CONFIG", str(written(tmp_path, "port = 9002")))

    assert load_settings().port == 9002


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("prot = 1", "prot"),
        ("[worker]\nbacth = 1", "worker.bacth"),
        ("[marketplaces.sendo]\nurl = ''", "marketplaces.sendo.url"),
        ("port = 'abc'", "port"),
        ("port = 70000", "port"),
        ("login_limit = 'often'", "login_limit"),
        ("login_limit = '0 per minute'", "login_limit"),
        ("[worker]\nbatch = 0", "worker.batch"),
        ("port = ", "config.toml"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path, text, named):
    with pytest.raises(UnsafeSettings, match=re.escape(named)):
        load_settings(written(tmp_path, text))


@pytest.mark.parametrize("variable", ["LENSAN_PROT", "LENSAN_WORKERS__BATCH"])
def test_a_misspelt_variable_is_named(monkeypatch, variable):
    monkeypatch.setenv(variable, "1")

    with pytest.raises(UnsafeSettings, match=variable):
        load_settings()


def test_a_wrong_variable_is_named_and_its_value_kept_secret(monkeypatch):
    monkeypatch.setenv("LENSAN_PORT", "mật khẩu lạc chỗ")

    with pytest.raises(UnsafeSettings, match="LENSAN_PORT") as refusal:
        load_settings()
    assert "lạc chỗ" not in str(refusal.value)


@pytest.mark.parametrize("missing", SECRETS)
def test_it_does_not_start_without_a_secret(missing):
    given = {name: value for name, value in new_secrets().items() if name != missing}

    with pytest.raises(UnsafeSettings, match=missing):
        Settings(**given).checked()


def test_it_does_not_start_with_an_unusable_key():
    with pytest.raises(UnsafeSettings, match="encryption_key"):
        Settings(**{**new_secrets(), "encryption_key": "abc"}).checked()


def test_new_secrets_are_new_and_start():
    assert new_secrets() != new_secrets()
    assert Settings(**new_secrets()).checked().port == 8000


def test_debug_starts_without_secrets():
    assert Settings(debug=True).checked().debug


def test_secrets_written_to_the_file_come_back(tmp_path):
    secrets = new_secrets()

    settings = load_settings(written(tmp_path, as_toml(secrets))).checked()

    assert {name: getattr(settings, name).get_secret_value() for name in SECRETS} == secrets


def test_what_is_shown_hides_secrets_and_passwords():
    settings = Settings(
        secret_key=SecretStr("rất bí mật"), database_url="postgresql+psycopg://u:p@ss:w@db.example/lensan"
    )

    shown = {name: value for name, value, _help in settings.shown()}

    assert shown["database_url"] == "postgresql+psycopg://u:***@db.example/lensan"
    assert "bí mật" not in str(shown)
    assert list(shown) == list(Settings.model_fields)


def test_a_database_without_a_password_is_shown_whole():
    shown = {name: value for name, value, _help in Settings(database_url="sqlite:////srv/lensan.db").shown()}

    assert shown["database_url"] == "sqlite:////srv/lensan.db"


def test_the_default_database_lies_in_the_data_folder():
    assert Settings(data_dir=Path("/srv/lensan")).database == "sqlite:////srv/lensan/lensan.db"
