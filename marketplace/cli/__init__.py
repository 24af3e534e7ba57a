"""The command `lensan`. Exit codes: 0 done, 1 refused with a sentence, 2 usage."""

import sys

import click
from sqlalchemy.exc import ArgumentError, OperationalError

from marketplace.cli.common import lensan
from marketplace.core.config import UnsafeSettings
from marketplace.core.errors import Refused

__all__ = ["lensan", "main"]


def main() -> None:
    """Run the command; a refusal is one sentence on stderr and exit code 1."""
    try:
        ended = lensan.main(standalone_mode=False)
    except click.UsageError as error:
        error.show()
        sys.exit(2)
    except click.ClickException as error:
        error.show()
        sys.exit(1)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except (Refused, UnsafeSettings) as refusal:
        click.echo(refusal.text() if isinstance(refusal, Refused) else str(refusal), err=True)
        sys.exit(1)
    except (OperationalError, ArgumentError) as error:
        click.echo(
            f"Không dùng được cơ sở dữ liệu ({error.__class__.__name__}). Hãy chạy lensan doctor.", err=True
        )
        sys.exit(1)
    sys.exit(ended if isinstance(ended, int) else 0)
