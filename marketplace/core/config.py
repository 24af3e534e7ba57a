"""Every setting, its default and one line of help: the single source for `config.example.toml` and the docs.

Values come from, strongest first: environment (`LENSAN_…`, nested with `__`), the file named by `LENSAN_CONFIG` or
`config.toml` in the working directory, the defaults below. Read once, at the edge.
"""

import os
import secrets
import tomllib
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field, SecretStr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict


class UnsafeSettings(Exception):
    """Refused to start: a secret is missing. The message says how to make one."""


class WorkerSettings(BaseModel):
    """How the worker keeps the marketplaces in step. Times in seconds."""

    lease_seconds: int = Field(60, ge=5, description="How long a worker holds a shop before others may take it over.")
    batch: int = Field(50, ge=1, le=500, description="Listings claimed, sent and written down together.")
    doubt_seconds: int = Field(
        90, ge=0, description="How long a write whose answer was lost may still arrive at the marketplace."
    )
    retry_seconds: int = Field(30, ge=1, description="First pause after a marketplace was unavailable; doubles up to an hour.")
    pull_seconds: int = Field(60, ge=1, description="Time between two pulls of orders from one shop.")
    pull_overlap_seconds: int = Field(
        3600, ge=0, description="How far each pull looks back over the last one; duplicates change nothing."
    )
    idle_seconds: float = Field(1.0, gt=0, description="Pause of the worker when no shop has work.")
    journal_days: int = Field(30, ge=1, description="How many days exchanges with marketplaces are kept.")


class MarketplaceSettings(BaseModel):
    """How one marketplace is reached. Keys belong to shops and are kept encrypted in the database, not here."""

    base_url: str = Field("", description="Address of its API; empty: the marketplace's own.")
    calls_per_second: float = Field(0, ge=0, description="Pace; 0: the marketplace's limit less a margin.")
    read_timeout: float = Field(15.0, gt=0, description="Seconds to wait for an answer.")
    switches: dict[str, str] = Field(
        default_factory=dict, description="Choices where the marketplace's documents are silent; see its README."
    )


class Settings(BaseSettings):
    """Settings of one installation."""

    model_config = SettingsConfigDict(
        env_prefix="LENSAN_", env_nested_delimiter="__", extra="forbid", validate_default=True
    )

    debug: bool = Field(False, description="Show tracebacks and start without secrets. Never in production.")
    demo: bool = Field(False, description="Show on every page that the data are invented.")
    data_dir: Path = Field(Path("var"), description="Folder for the SQLite database and photos.")
    database_url: str = Field("", description="SQLAlchemy address; empty: SQLite in data_dir. PostgreSQL: postgresql+psycopg://…")
    secret_key: SecretStr = Field(SecretStr(""), description="Signs cookies and forms; `lensan init` makes one.")
    encryption_key: SecretStr = Field(
        SecretStr(""), description="Encrypts national ids and marketplace keys (Fernet); `lensan init` makes one."
    )
    lookup_key: SecretStr = Field(
        SecretStr(""), description="Keys the HMAC that finds a national id without reading it; `lensan init` makes one."
    )
    host: str = Field("127.0.0.1", description="Address the web server listens on.")
    port: int = Field(8000, ge=0, le=65535, description="Port the web server listens on.")
    public_url: str = Field(
        "http://127.0.0.1:8000", description="Address under which people and marketplaces reach this installation."
    )
    trusted_proxies: int = Field(0, ge=0, description="Number of reverse proxies in front that set X-Forwarded-For.")
    login_days: int = Field(30, ge=1, description="Days after which a login ends by itself.")
    login_limit: str = Field("10 per minute; 60 per hour", description="Login attempts allowed per address and per account.")
    upload_megabytes: int = Field(16, ge=1, description="Largest file that may be uploaded.")
    import_rows: int = Field(50_000, ge=1, description="Most rows one Excel file may have.")
    photo_pixels: int = Field(1280, ge=320, description="Longest edge of a stored photo, in pixels.")
    clock_shift_seconds: int = Field(0, description="Distance from real time; only a demonstration uses it.")
    worker: WorkerSettings = Field(default_factory=WorkerSettings, description="How the worker keeps the marketplaces in step.")
    marketplaces: dict[str, MarketplaceSettings] = Field(
        default_factory=lambda: {"sendo": MarketplaceSettings()}, description="How each marketplace is reached."
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - pydantic's signature
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment is stronger than the file, whose values arrive as keyword arguments."""
        return env_settings, init_settings

    @property
    def database(self) -> str:
        """The database address in force."""
        return self.database_url or f"sqlite:///{self.data_dir / 'lensan.db'}"

    @property
    def photo_dir(self) -> Path:
        return self.data_dir / "photos"

    def marketplace(self, name: str) -> MarketplaceSettings:
        return self.marketplaces.get(name) or MarketplaceSettings()

    def checked(self) -> "Settings":
        """These settings, if every secret is there; refuses with a sentence that says what to run."""
        missing = [name for name in SECRETS if not getattr(self, name).get_secret_value()]
        if missing and not self.debug:
            raise UnsafeSettings(
                f"Thiếu {', '.join(missing)} trong cấu hình. Chạy `lensan init` để tạo config.toml với khóa mới."
            )
        return self


SECRETS = ("secret_key", "encryption_key", "lookup_key")


def config_path() -> Path:
    """The settings file in force, whether or not it exists."""
    return Path(os.environ.get("LENSAN_CONFIG", "config.toml"))


def load_settings(path: Path | None = None) -> Settings:
    """Read the settings; an unknown name or a wrong value raises pydantic's ValidationError naming it."""
    path = path or config_path()
    given: dict[str, Any] = tomllib.loads(path.read_text("utf-8")) if path.exists() else {}
    return Settings(**given)


def new_secrets() -> dict[str, str]:
    """Fresh keys for `lensan init`."""
    from cryptography.fernet import Fernet

    return {
        "secret_key": secrets.token_urlsafe(48),
        "encryption_key": Fernet.generate_key().decode(),
        "lookup_key": secrets.token_urlsafe(48),
    }


def as_toml(values: dict[str, str] | None = None) -> str:
    """Every setting as commented TOML; `values` (secrets, paths) replace defaults and are not commented out."""
    given = dict(values or {})
    plain: list[str] = []
    for name, field in Settings.model_fields.items():
        if name not in ("worker", "marketplaces"):
            plain += _entry(name, field.description or "", field.get_default(call_default_factory=True), given.get(name))
    lines = ["# Lên Sàn: every setting with its default. Uncomment a line to change it.", "", *plain]
    lines += [f"# {Settings.model_fields['worker'].description}", "[worker]"]
    for name, field in WorkerSettings.model_fields.items():
        lines += _entry(name, field.description or "", field.default, None)
    lines += [f"# {Settings.model_fields['marketplaces'].description}", "[marketplaces.sendo]"]
    for name, field in MarketplaceSettings.model_fields.items():
        lines += _entry(name, field.description or "", field.get_default(call_default_factory=True), given.get(f"sendo.{name}"))
    return "\n".join(lines).rstrip() + "\n"


def _entry(name: str, description: str, default: object, given: str | None) -> list[str]:
    setting = f"{name} = {_toml(given)}" if given is not None else f"# {name} = {_toml(default)}"
    return [f"# {description}", setting, ""]


def _toml(value: object) -> str:
    if isinstance(value, SecretStr):
        return '""'
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, dict):
        return "{}"
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'
