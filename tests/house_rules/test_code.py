"""Rules about the source itself, each with its reason in its name."""

import ast
import re
import tomllib
from collections.abc import Iterator

import pytest

from tests.house_rules.sources import ROOT, product, text_of, tracked

LONGEST = 400
#: Lists of tables, which read best whole, and what Alembic writes.
LONG = re.compile(r"/models\.py$|^marketplace/migrations/versions/")
EDGES = re.compile(
    r"/(views|api|app|nav|wsgi)(/|\.py$)|/cli/|/core/web\.py$|^connectors/.*/(mock\w*|serving)\.py$"
)
COMMITS = re.compile(
    r"^marketplace/(core/(web|db)\.py|cli/|migrations/env\.py|selling/sync/(worker|pull)\.py)"
)
CLOCKS = re.compile(
    r"^marketplace/core/clock\.py$|^connectors/kit/|^marketplace/cli/demo/"
)  # the last: sets the shift
#: Spelled in pieces, so that this file does not hold them.
MACHINES = [
    "/wo" + "rk/", ".lib" + "rary/", "sha" + "red/", "/ro" + "ot/", "/ho" + "me/", "/opt/" + "pypi",
    "pypi" + ".org", "python" + "hosted", "npm" + "js.", "TO" + "DO", "FIX" + "ME",
]  # fmt: skip
PICTURES = (".png", ".jpg", ".ico", ".xlsx", ".woff2", ".ttf")


def calls(tree: ast.AST) -> Iterator[str]:
    """`name.attribute` of every call."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield f"{ast.unparse(node.func.value)}.{node.func.attr}"


def imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def parsed(name: str) -> ast.Module:
    return ast.parse(text_of(name))


def test_flask_stays_at_the_edges():
    found = {
        name
        for name in product()
        if not EDGES.search(name)
        and any(re.match(r"flask(_|\.|$)", module) for module in imports(parsed(name)))
    }
    assert found == set()


def test_only_edges_commit():
    found = {
        name
        for name in product()
        if not COMMITS.match(name) and any(call.endswith(".commit") for call in calls(parsed(name)))
    }
    assert found == set()


def test_only_the_clock_asks_what_time_it_is():
    asking = re.compile(r"(^|\.)(datetime\.(now|utcnow|today)|date\.today|time\.time)$")
    found = {
        name
        for name in product()
        if not CLOCKS.match(name) and any(asking.search(call) for call in calls(parsed(name)))
    }
    assert found == set()


def test_only_edges_ask_the_clock():
    allowed = re.compile(EDGES.pattern + r"|^marketplace/core/audit\.py$|^marketplace/selling/sync/")
    found = {
        name
        for name in product()
        if not allowed.search(name) and {"clock.now", "clock.today"} & set(calls(parsed(name)))
    }
    assert found == set()


def test_files_are_short():
    lengths = {name: text_of(name).count("\n") for name in product() if not LONG.search(name)}

    assert {name: lines for name, lines in lengths.items() if lines > LONGEST} == {}


def test_models_keep_their_annotations():
    """SQLModel reads annotations; postponing them breaks tables."""
    models = [name for name in product() if name.endswith("models.py")]

    assert [name for name in models if "__future__" in set(imports(parsed(name)))] == []


def test_no_file_names_a_machine_or_unfinished_work():
    found = []
    for name in tracked():
        if name.endswith(PICTURES):
            continue
        text = text_of(name)
        found += [(name, word) for word in MACHINES if word in text]
    assert found == []


def test_every_exception_to_a_rule_says_why():
    bare = re.compile(r"# noqa(?!: [A-Z0-9, ]+ - \S)|# type: ignore(?!\[[a-z, -]+\]\s+# \S)")
    found = [
        f"{name}:{number}"
        for name in tracked()
        if name.endswith(".py") and name != "tests/house_rules/test_code.py"
        for number, line in enumerate(text_of(name).splitlines(), start=1)
        if bare.search(line)
    ]
    assert found == []


def test_public_functions_and_classes_of_the_core_say_what_they_do():
    silent = [
        f"{name}:{node.name}"
        for name in product()
        if name.startswith("marketplace/accounts/") or name.startswith("marketplace/cli/")
        for node in parsed(name).body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and not ast.get_docstring(node)
    ]
    assert silent == []


def test_locked_requirements_have_hashes_and_no_host():
    lock = text_of("requirements.lock")
    pinned = re.findall(r"(?m)^([a-z0-9][\w.-]*)==", lock)

    assert len(pinned) > 50
    assert lock.count("--hash=sha256:") >= len(pinned)
    assert not re.search(r"https?://|--(extra-)?index-url|--find-links|--trusted-host| @ ", lock)
    for block in re.split(r"(?m)^(?=[a-z0-9][\w.-]*==)", lock)[1:]:
        assert "--hash=" in block, block.splitlines()[0]


def test_every_dependency_is_locked():
    project = tomllib.loads(text_of("pyproject.toml"))["project"]
    extras = project["optional-dependencies"].values()
    wanted = [*project["dependencies"], *(name for extra in extras for name in extra)]
    names = {re.split(r"[\[><=;~! ]", want)[0].lower().replace("_", "-") for want in wanted}
    locked = set(re.findall(r"(?m)^([a-z0-9][\w.-]*)==", text_of("requirements.lock")))

    assert names - {name.replace("_", "-").lower() for name in locked} == set()


@pytest.mark.parametrize("name", [".ci/run", "Makefile"])
def test_what_a_fresh_machine_needs_is_kept(name):
    assert name in tracked()


def test_the_ci_script_can_be_run():
    assert (ROOT / ".ci/run").stat().st_mode & 0o111
    assert "set -euo pipefail" in text_of(".ci/run")
