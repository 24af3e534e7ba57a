"""How fast the rehearsal's clock runs, and the worker's durations at that pace.

Everything the worker waits for is counted by the installation's clock. While a day passes in a second and a
half, its durations are the same in real seconds: only the season is fast, not the machine.
"""

from collections.abc import Mapping

RATE = 57_600.0  #: during the season: a day in a second and a half
#: Real seconds of each duration of `WorkerSettings`: a tenth of the usual or less, as buyers hurry, too.
REAL = {
    "lease_seconds": 8.0,
    "doubt_seconds": 3.0,
    "retry_seconds": 0.15,
    "pull_seconds": 1.0,
    "pull_overlap_seconds": 6.0,
    "sweep_seconds": 5.0,
}
HONEST = 1.0  #: real seconds by which a clock may be off: a sixth of the overlap, as ten minutes of an hour


def durations(rate: float) -> Mapping[str, int]:
    """The same real durations on a clock that runs `rate` times as fast, in its seconds."""
    return {name: max(1, round(seconds * rate)) for name, seconds in REAL.items()}
