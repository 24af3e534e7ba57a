"""`lensan rehearse`: a whole season with real processes in minutes, then our books against the truth.

`stage` holds the processes, `world` to `measures` are what is played on it, `trouble` and `weather` what goes
wrong, `quiet` waits until nothing is due any more.
"""

from marketplace.cli.rehearse.command import rehearse

__all__ = ["rehearse"]
