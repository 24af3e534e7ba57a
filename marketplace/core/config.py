"""Every setting, its default and one line of help: the source of `config.example.toml` and the docs.

Values come from, strongest first: environment (`LENSAN_…`, nested with `__`), the file that `LENSAN_CONFIG`
names or `config.toml` in the working directory, the defaults below. Read once, at the edge.
"""

import os
import re
import secrets
import tomllib
from pathlib import Path
from typing import Any, Literal

from cryptography.fernet import Fernet
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict


class UnsafeSettings(Exception):
    """Refused to start: a secret is missing, or a setting is wrong; the message says what to do."""


class WorkerSettings(BaseModel):
    """How the worker keeps the marketplaces in step. Times in seconds."""

    model_config = ConfigDict(extra="forbid")

    lease_seconds: int = Field(
        60, ge=2, description="How long a worker holds a shop before others may take it over."
    )
    batch: int = Field(200, ge=1, le=500, description="Listings claimed, sent and written down together.")
    doubt_seconds: int = Field(
        90, ge=0, description="How long a write whose answer was lost may still arrive at the marketplace."
    )
    retry_seconds: int = Field(
        30, ge=1, description="First pause after a marketplace was unavailable; doubles up to 120 times that."
    )
    pull_seconds: int = Field(60, ge=1, description="Time between two pulls of orders from one shop.")
    pull_overlap_seconds: int = Field(
        3600, ge=0, description="How far each pull looks back over the last one; duplicates change nothing."
    )
    sweep_seconds: int = Field(
        600, ge=1, description="Longest age of what we know of a shop's products before all are read back."
    )
    shops_at_once: int = Field(
        4, ge=1, le=32, description="Shops one worker process serves at the same time."
    )
    idle_seconds: float = Field(0.5, gt=0, description="Pause of the worker when no shop has work.")
    categories_hours: int = Field(
        24, ge=1, description="Hours between two readings of a marketplace's categories and their attributes."
    )
    journal_days: int = Field(30, ge=1, description="How many days exchanges with marketplaces are kept.")

    @property
    def longest_pause(self) -> float:
        """Seconds between two tries at most: an hour, if the first pause is the usual one."""
        return 120.0 * self.retry_seconds

    @property
    def urgent_pause(self) -> float:
        """Seconds between two tries of what must stop selling: usually ten."""
        return self.retry_seconds / 3

    @property
    def moment(self) -> float:
        """Seconds kept of a lease for writing down, and between two looks for urgent work: usually one."""
        return self.lease_seconds / 60


class TrainingSettings(BaseModel):
    """How classes give out their seats."""

    model_config = ConfigDict(extra="forbid")

    hold_hours: int = Field(
        48, ge=1, description="How long a freed seat is kept for the first of the waiting list."
    )
    waiting_order: Literal["strict", "fill"] = Field(
        "strict",
        description="strict: nobody is passed over, even when the first needs more seats than are free; "
        "fill: the first that fits.",
    )


class MarketplaceSettings(BaseModel):
    """How one marketplace is reached. Keys of shops are kept encrypted in the database, not here."""

    model_config = ConfigDict(extra="forbid")

    base_url: str = Field("", description="Address of its API; empty: the marketplace's own.")
    calls_per_second: float = Field(0, ge=0, description="Pace; 0: the marketplace's limit less a margin.")
    read_timeout: float = Field(15.0, gt=0, description="Seconds to wait for an answer.")
    first_pause: float = Field(
        0.4, gt=0, description="Longest pause before a failed call is repeated; doubles up to ten times that."
    )
    switches: dict[str, str] = Field(
        default_factory=dict,
        description="Choices where the marketplace's documents are silent; see its README.",
    )


_LIMIT = r"\s*[1-9]\d*\s*(per|/)\s*(\d+\s*)?(second|minute|hour|day)s?\s*"
_LIMITS = f"^{_LIMIT}(;{_LIMIT})*$"  # a limit that cannot be read would be no limit at all


class Settings(BaseSettings):
    """Settings of one installation."""

    model_config = SettingsConfigDict(
        env_prefix="LENSAN_", env_nested_delimiter="__", extra="forbid", validate_default=True
    )

    debug: bool = Field(default=False, description="Start without secrets. Never in production.")
    demo: bool = Field(default=False, description="Show on every page that the data are invented.")
    data_dir: Path = Field(Path("var"), description="Folder for the SQLite database and photos.")
    database_url: str = Field(
        "", description="SQLAlchemy address; empty: SQLite in data_dir. PostgreSQL: postgresql+psycopg://…"
    )
    secret_key: SecretStr = Field(
        SecretStr(""), description="Signs cookies and forms; `lensan init` makes one."
    )
    encryption_key: SecretStr = Field(
        SecretStr(""),
        description="Encrypts national ids and marketplace keys (Fernet); `lensan init` makes one.",
    )
    lookup_key: SecretStr = Field(
        SecretStr(""),
        description="Keys the HMAC that finds a national id without reading it; `lensan init` makes one.",
    )
    host: str = Field("127.0.0.1", description="Address the web server listens on.")
    port: int = Field(8000, ge=1, le=65535, description="Port the web server listens on.")
    web_threads: int = Field(8, ge=1, le=64, description="Requests the web server answers at the same time.")
    public_url: str = Field(
        "http://127.0.0.1:8000",
        description="Address under which people and marketplaces reach this installation.",
    )
    trusted_proxies: int = Field(
        0, ge=0, description="Number of reverse proxies in front that set X-Forwarded-For."
    )
    login_days: int = Field(30, ge=1, description="Days after which a login ends by itself.")
    login_limit: str = Field(
        "10 per minute; 60 per hour",
        pattern=_LIMITS,
        description="Login attempts allowed per address and per account.",
    )
    check_limit: str = Field(
        "120 per minute",
        pattern=_LIMITS,
        description="Looks at certificates by their QR code allowed per address.",
    )
    upload_megabytes: int = Field(16, ge=1, description="Largest file that may be uploaded.")
    import_rows: int = Field(50_000, ge=1, description="Most rows one Excel file may have.")
    photo_pixels: int = Field(1280, ge=320, description="Longest edge of a stored photo, in pixels.")
    clock_shift_seconds: int = Field(0, description="Distance from real time; only a demonstration uses it.")
    clock_rate: float = Field(
        1.0, ge=1, le=1_000_000, description="How many times as fast it runs; only a rehearsal does."
    )
    clock_since: float = Field(
        0.0,
        ge=0,
        description="Real instant, in seconds since 1970, from which on it runs that fast.",
    )
    worker: WorkerSettings = Field(
        default_factory=WorkerSettings, description="How the worker keeps the marketplaces in step."
    )
    training: TrainingSettings = Field(
        default_factory=TrainingSettings, description="How classes give out their seats."
    )
    marketplaces: dict[str, MarketplaceSettings] = Field(
        default_factory=lambda: {"sendo": MarketplaceSettings()},
        description="How each marketplace is reached.",
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - pydantic's signature
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the same
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the same
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

    @property
    def material_dir(self) -> Path:
        return self.data_dir / "materials"

    def marketplace(self, name: str) -> MarketplaceSettings:
        return self.marketplaces.get(name) or MarketplaceSettings()

    def checked(self) -> "Settings":
        """These settings, if every secret is there and usable; UnsafeSettings says what to run."""
        missing = [name for name in SECRETS if not getattr(self, name).get_secret_value()]
        if missing and not self.debug:
            raise UnsafeSettings(
                f"Thiếu {', '.join(missing)} trong cấu hình. Chạy `lensan init` để tạo khóa mới."
            )
        try:
            Fernet(self.encryption_key.get_secret_value() or Fernet.generate_key())
        except ValueError as error:
            raise UnsafeSettings(
                "encryption_key không phải khóa Fernet. Hãy chép lại đúng khóa đã dùng khi lưu dữ liệu."
            ) from error
        return self

    def shown(self) -> list[tuple[str, str, str]]:
        """Name, value and help of every setting, without secrets or the database password."""
        values = {name: str(getattr(self, name)) for name in type(self).model_fields}
        values["database_url"] = _PASSWORD.sub(r"\1***\2", values["database_url"])
        fields = type(self).model_fields
        return [(name, value, fields[name].description or "") for name, value in values.items()]


SECRETS = ("secret_key", "encryption_key", "lookup_key")
_PASSWORD = re.compile(r"(://[^:/@]*:).*(@)")


def config_path() -> Path:
    """The settings file in force, whether or not it exists."""
    return Path(os.environ.get("LENSAN_CONFIG", "config.toml"))


def load_settings(path: Path | None = None) -> Settings:
    """Read the settings; one that is unknown or wrong raises UnsafeSettings naming it."""
    path = path or config_path()
    try:
        given: dict[str, Any] = tomllib.loads(path.read_text("utf-8")) if path.exists() else {}
    except (OSError, ValueError) as error:
        raise UnsafeSettings(f"Không đọc được {path}: {error}") from error
    _refuse_unknown_variables()
    try:
        return Settings(**given)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        name = ".".join(map(str, problem["loc"]))
        raise UnsafeSettings(_what_is_wrong(name, problem["type"], problem["msg"], path)) from error


def _what_is_wrong(name: str, kind: str, message: str, path: Path) -> str:
    if kind == "extra_forbidden":
        return (
            f"Không có thiết lập nào tên “{name}”. Hãy xem tên đúng trong config.example.toml và sửa {path}."
        )
    variable = f"LENSAN_{name.upper().replace('.', '__')}"
    return f"Thiết lập “{name}” chưa đúng ({message}). Hãy sửa trong {path} hoặc biến {variable}."


def _refuse_unknown_variables() -> None:
    """A misspelt variable would be ignored silently, as nothing reads it."""
    for variable in os.environ:
        if (
            not variable.startswith("LENSAN_")
            or variable.startswith("LENSAN_TEST_")
            or variable == "LENSAN_CONFIG"
        ):
            continue
        if variable.removeprefix("LENSAN_").lower().split("__")[0] not in Settings.model_fields:
            raise UnsafeSettings(
                f"Không có thiết lập nào cho biến môi trường {variable}. Hãy bỏ đi hoặc sửa tên."
            )


def new_secrets() -> dict[str, str]:
    """Fresh keys for `lensan init`."""
    return {
        "secret_key": secrets.token_urlsafe(48),
        "encryption_key": Fernet.generate_key().decode(),
        "lookup_key": secrets.token_urlsafe(48),
    }


_SECTIONS: dict[str, type[BaseModel]] = {"worker": WorkerSettings, "training": TrainingSettings}


def as_toml(values: dict[str, str] | None = None) -> str:
    """Every setting as commented TOML; `values` (secrets, paths) stand uncommented."""
    given = dict(values or {})
    plain: list[str] = []
    for name, field in Settings.model_fields.items():
        if name not in ("marketplaces", *_SECTIONS):
            plain += _entry(
                name, field.description or "", field.get_default(call_default_factory=True), given.get(name)
            )
    lines = ["# Lên Sàn: every setting with its default. Uncomment a line to change it.", "", *plain]
    for section, model in _SECTIONS.items():
        lines += [f"# {Settings.model_fields[section].description}", f"[{section}]"]
        for name, field in model.model_fields.items():
            lines += _entry(name, field.description or "", field.default, None)
    lines += [f"# {Settings.model_fields['marketplaces'].description}", "[marketplaces.sendo]"]
    for name, field in MarketplaceSettings.model_fields.items():
        lines += _entry(
            name,
            field.description or "",
            field.get_default(call_default_factory=True),
            given.get(f"sendo.{name}"),
        )
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
