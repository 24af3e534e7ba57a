"""Imports point down the ladder (pyproject.toml, [tool.importlinter])."""

import pytest
from importlinter.cli import lint_imports

from tests.house_rules.sources import ROOT


def test_imports_point_down(capsys: pytest.CaptureFixture[str]):
    kept = lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True, no_logo=True) == 0

    assert kept, capsys.readouterr().out
