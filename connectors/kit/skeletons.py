"""A new connector to begin with: a package that works, passes the suite, and waits for its real ways."""

import keyword
import re
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from string import Template

NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
MODULES = ("__init__.py", "connector.py", "mock.py", "rules.py")


def is_name(name: str) -> bool:
    """Whether a marketplace may be called so: lower case words joined by _, no word of Python."""
    return NAME.fullmatch(name) is not None and not keyword.iskeyword(name)


def new_connector(name: str, title: str, folder: Path) -> list[Path]:
    """Write the package of a marketplace into a folder that is not there yet; the files, in order."""
    words = {
        "name": name,
        "title": title,
        "Class": "".join(part.capitalize() for part in name.split("_")),
        "dashed": name.replace("_", "-"),
    }
    package = folder / name
    package.mkdir(parents=True)
    written = [_write(folder / "pyproject.toml", words)]
    return written + [_write(package / module, words) for module in MODULES]


def _write(file: Path, words: Mapping[str, str]) -> Path:
    text = (files("connectors.kit") / "skeleton" / f"{file.name}.txt").read_text("utf-8")
    file.write_text(Template(text).substitute(words), "utf-8")
    return file
