"""How fast the rehearsal's clock runs, and the worker's durations at that pace.

Everything the worker waits for is counted by the installation's clock. While a day passes in 2.25 seconds,
its durations are the same in real seconds: only the season is fast, not the machine.
"""

from collections.abc import Mapping

RATE = 38_400.0  #: during the season: a day in 2.25 seconds
#: Real seconds of each duration of `WorkerSettings`: a tenth of the usual or less, as buyers hurry, too.
REAL = {
    "lease_seconds": 1.5,
    "doubt_seconds": 1.2,
    "retry_seconds": 0.1,
    "pull_seconds": 0.4,
    "pull_overlap_seconds": 4.0,
    "sweep_seconds": 3.0,
}
#: Real seconds by which a clock may be off: an eighth of the overlap, as some minutes of an hour.
HONEST = 0.5
READ_TIMEOUT = 0.4  #: real seconds; the pretend marketplaces answer in some milliseconds
FIRST_PAUSE = 0.05  #: real seconds before a failed call is said again


def durations(rate: float) -> Mapping[str, int]:
    """The same real durations on a clock that runs `rate` times as fast, in its seconds."""
    return {name: max(1, round(seconds * rate)) for name, seconds in REAL.items()}
