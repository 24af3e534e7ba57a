"""The demonstration: the season 2021-2022 with invented people, in a folder of its own."""

from marketplace.cli.demo.command import demo

__all__ = ["demo"]
