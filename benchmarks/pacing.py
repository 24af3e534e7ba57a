"""How much of a permitted rate is used: one `lensan work` process, a shop on each marketplace, 4 calls/s.

The mocks count every call and write down each one above the rate. Ours are paced at 97 % of it, so that no
second ever holds more than is allowed, wherever it begins.
"""

import os
import subprocess
import time
from collections.abc import Iterable, Mapping

from benchmarks.harness import Place, Result, installation, options, shift, tell
from connectors.kit.pacing import MARGIN
from marketplace.core import clock
from marketplace.core.db import writing
from tests import factories as make
from tests.support.everywhere import every_mock, wish_everywhere
from tests.support.processes import Control, start

RATE = 4  #: calls a second that every marketplace permits
SETTLING = 3.0  #: seconds in which logins and first words are over


def main() -> None:
    asked = options(__doc__, seconds=(30, "seconds to watch"), listings=(400, "listings wished everywhere"))
    clock.shift_by(shift())
    with installation(postgres=asked.postgres) as place, every_mock("--rate", str(RATE)) as mocks:
        with writing(place.engine) as db:
            make.load_communes(db)
        # Wishing asks each mock for its attributes, which must not count against the rate that is measured.
        wish_everywhere(place.engine, place.settings, mocks, asked.listings)
        time.sleep(2)
        controls = {name: Control(mock) for name, mock in mocks.items()}
        worker = start("work", environment=environment(place, mocks), stderr=subprocess.DEVNULL)
        try:
            time.sleep(SETTLING)
            before, started = calls(controls), time.monotonic()
            time.sleep(asked.seconds)
            after, took = calls(controls), time.monotonic() - started
        finally:
            worker.terminate()
            worker.wait()
        above = {name: control.state()["violations"] for name, control in controls.items()}
    used = {name: (after[name] - before[name]) / took / RATE for name in controls}
    facts = {
        "share of each": {name: round(share, 3) for name, share in used.items()},
        "calls above the rate": sum(len(found) for found in above.values()),
    }
    share = sum(used.values()) / len(used)
    name = f"use {RATE} calls/s x {len(used)} shops"
    tell([Result(name, took, took, aim=0.95, ratio=share, facts=facts)], as_json=asked.as_json)


def calls(controls: Mapping[str, Control]) -> dict[str, int]:
    """How many calls each mock has answered."""
    return {name: sum(control.state()["calls"].values()) for name, control in controls.items()}


def environment(place: Place, names: Iterable[str]) -> dict[str, str]:
    """The settings of the measurement for a process of its own."""
    settings = place.settings
    secrets = {
        f"LENSAN_{name.upper()}": getattr(settings, name).get_secret_value()
        for name in ("secret_key", "encryption_key", "lookup_key")
    }
    paces = {f"LENSAN_MARKETPLACES__{name.upper()}__CALLS_PER_SECOND": str(RATE * MARGIN) for name in names}
    return {
        **secrets,
        **paces,
        "LENSAN_DATABASE_URL": settings.database,
        "LENSAN_DATA_DIR": str(place.folder),
        "LENSAN_CONFIG": os.environ["LENSAN_CONFIG"],
        "LENSAN_CLOCK_SHIFT_SECONDS": str(shift()),
    }


if __name__ == "__main__":
    main()
