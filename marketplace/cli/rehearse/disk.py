"""A full disk for some seconds, made with a limit on how large the files of running processes may become."""

import sys
from collections.abc import Iterable

FULL = 4096  #: bytes: writing beyond them fails in every file, as on a full disk (Python ignores the signal)


def can_fill() -> bool:
    """Only Linux sets the limits of a running process."""
    return sys.platform == "linux"


def fill(process_ids: Iterable[int]) -> None:
    """Let every write of these processes fail from now on."""
    _limit(process_ids, FULL)


def free(process_ids: Iterable[int]) -> None:
    """Let them write again."""
    import resource

    _limit(process_ids, resource.RLIM_INFINITY)


def _limit(process_ids: Iterable[int], size: int) -> None:
    if sys.platform != "linux":
        return
    import resource

    for process_id in process_ids:
        try:
            _, hard = resource.prlimit(process_id, resource.RLIMIT_FSIZE)
            resource.prlimit(process_id, resource.RLIMIT_FSIZE, (size, hard))
        except ProcessLookupError:  # killed meanwhile: what starts instead has no limit
            continue
