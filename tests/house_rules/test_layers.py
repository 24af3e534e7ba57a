"""Imports point down the ladder (pyproject.toml, [tool.importlinter])."""

import subprocess
import sys

from tests.house_rules.sources import ROOT

# A process of its own: import-linter switches off the loggers of the process it runs in.
CHECK = "import importlinter.cli as it; raise SystemExit(it.lint_imports(no_cache=True, no_logo=True))"


def test_imports_point_down():
    told = subprocess.run(
        [sys.executable, "-c", CHECK], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert told.returncode == 0, told.stdout + told.stderr
