"""The files the house rules look at."""

import subprocess
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("catalog", "connectors", "marketplace", "training")


@lru_cache(maxsize=1)
def tracked() -> tuple[str, ...]:
    """Paths of everything that git keeps, or would keep; every file when this is no checkout."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    if told.returncode:
        return tuple(str(path.relative_to(ROOT)) for path in ROOT.rglob("*") if path.is_file())
    return tuple(
        name for name in sorted(set(told.stdout.decode().split("\0"))) if name and (ROOT / name).is_file()
    )


def product() -> list[str]:
    """Python files of the product."""
    return [name for name in tracked() if name.endswith(".py") and name.split("/")[0] in PACKAGES]


def text_of(name: str) -> str:
    return (ROOT / name).read_text("utf-8", errors="replace")
