"""Repeatable measurements: we beside the limit of the machine, in the same run (docs/performance.md)."""
