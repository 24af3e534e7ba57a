"""Run the suite once per database and print how many tests passed: `python tests/run.py sqlite postgres`."""

import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as Xml
from argparse import ArgumentParser
from collections import Counter
from pathlib import Path

NAMES = {"sqlite": "SQLite", "postgres": "PostgreSQL"}
CHROMIUM = Path("/usr/bin/chromium")


def main() -> int:
    """The exit code: 0 only when every test of every run passed, and there were some."""
    asked = ArgumentParser(description=__doc__)
    asked.add_argument("databases", nargs="+", choices=NAMES)
    asked.add_argument("--workers", type=int, default=2)
    options = asked.parse_args()
    counted = {database: _run(database, options.workers) for database in options.databases}
    for database, counts in counted.items():
        _say(f"{NAMES[database]}: {_words(counts)}, {counts['skipped']} skipped")
    if not CHROMIUM.exists():
        _say(f"Browser tests did not run: there is no {CHROMIUM}.")
    total = sum(counted.values(), Counter())
    _say(f"tests: {_words(total)}")
    return 1 if total["failed"] or not all(counts["passed"] for counts in counted.values()) else 0


def _run(database: str, workers: int) -> Counter[str]:
    """Passed, failed and skipped tests of one run.

    Browser tests run once, with SQLite; so does what knows no database, connectors and rules of the house.
    """
    _say(f"== {NAMES[database]}")
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-q", "-n", str(workers), f"--junit-xml={report}"]
        if database != "sqlite" or not CHROMIUM.exists():
            command += ["-m", "not browser"]
        if database != "sqlite":
            command += ["--ignore=tests/connectors", "--ignore-glob=tests/house_rules/test_[!d]*"]
        ended = subprocess.run(command, env={**os.environ, "LENSAN_TEST_DATABASE": database}, check=False)
        counts = _counts(report)
    if ended.returncode and not counts["failed"]:
        counts["failed"] = 1  # pytest itself broke
    return counts


def _counts(report: Path) -> Counter[str]:
    if not report.exists():
        return Counter()
    suites = Xml.parse(report).getroot().iter("testsuite")  # noqa: S314 - written by pytest a moment ago
    counts: Counter[str] = Counter()
    for suite in suites:
        number = {name: int(suite.get(name, 0)) for name in ("tests", "failures", "errors", "skipped")}
        failed = number["failures"] + number["errors"]
        counts += Counter(
            failed=failed, skipped=number["skipped"], passed=number["tests"] - failed - number["skipped"]
        )
    return counts


def _words(counts: Counter[str]) -> str:
    return f"{counts['passed']} passed, {counts['failed']} failed"


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
