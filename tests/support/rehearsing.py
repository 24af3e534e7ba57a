"""`python -m tests.support.rehearsing …`: `lensan rehearse …` on a PostgreSQL from the package index."""

import sys

from marketplace.cli import main
from tests.support.postgres import new_database

if __name__ == "__main__":
    with new_database() as url:
        sys.argv[1:] = ["rehearse", *sys.argv[1:], "--database-url", url]
        main()
