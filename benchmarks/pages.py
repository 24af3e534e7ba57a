"""Pages over a whole season: server time, SQL statements and weight, and whether they stay flat as households
grow.

Through Flask's test client, so without network, but with login check, permission gate, database and
templates.
"""

import gc
import gzip
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from flask.testing import FlaskClient
from sqlalchemy import event

from benchmarks.harness import Place, Result, installation, options, percentile, seconds, shift, tell
from benchmarks.world import Cast, Size, make_world
from marketplace.accounts.models import Role
from marketplace.app import create_app
from tests import factories as make

#: Name, who looks, address. The texts of searches are typed without marks, as people do.
PAGES = (
    ("offers", Role.COORDINATOR, "/chao-ban"),
    ("offers, one commune worker", Role.EXTENSION, "/chao-ban"),
    ("offers, search “cam vang”", Role.COORDINATOR, "/chao-ban?q=cam+vang"),
    ("products", Role.COORDINATOR, "/san-pham"),
    ("products, search “cam vang”", Role.COORDINATOR, "/san-pham?q=cam+vang"),
    ("households", Role.EXTENSION, "/ho-dan"),
    ("households, search “hoang”", Role.EXTENSION, "/ho-dan?q=hoang"),
    ("households, all communes", Role.COORDINATOR, "/ho-dan"),
    ("households, all, search “hoang”", Role.COORDINATOR, "/ho-dan?q=hoang"),
    ("listings", Role.COORDINATOR, "/tin-dang"),
    ("listings to mend", Role.COORDINATOR, "/tin-dang?tt=can-sua"),
    ("listings, one commune worker", Role.EXTENSION, "/tin-dang"),
    ("promised stock", Role.COORDINATOR, "/hang-da-hua"),
    ("promised stock, one commune worker", Role.EXTENSION, "/hang-da-hua"),
    ("orders", Role.COORDINATOR, "/don-hang"),
    ("orders, one commune worker", Role.EXTENSION, "/don-hang"),
    ("harvests", Role.EXTENSION, "/lo-thu-hoach"),
    ("coordinator's start page", Role.COORDINATOR, "/bao-cao"),
    ("tonnes of the season", Role.COORDINATOR, "/bao-cao/san-luong"),
    ("tonnes of a month", Role.COORDINATOR, "/bao-cao/san-luong?first=2021-12-01&last=2021-12-31"),
    ("tonnes of the season by household", Role.COORDINATOR, "/bao-cao/san-luong?by=household"),
    ("lines of a figure", Role.COORDINATOR, "/bao-cao/san-luong/dong"),
    ("households reached", Role.COORDINATOR, "/bao-cao/ho"),
)


def main() -> None:
    asked = options(
        __doc__,
        households=(10_000, "households of the large season"),
        few=(1_000, "households it is compared with"),
        listings=(10_000, "listings"),
        lines=(200_000, "order lines"),
        few_lines=(20_000, "order lines of a third, small season"),
        rounds=(15, "times each page is asked for"),
    )
    sizes = (
        Size(asked.households, asked.listings, asked.lines),
        Size(asked.few, asked.listings, asked.lines),
        Size(asked.few, min(asked.listings, asked.few_lines), asked.few_lines),
    )
    with ExitStack() as stack:
        seasons = [_season(stack, size, postgres=asked.postgres) for size in sizes]
        results = [_page(seasons, name, role, url, asked.rounds) for name, role, url in PAGES]
    tell(results, as_json=asked.as_json)


@dataclass(frozen=True)
class Season:
    """An installation with its season in it, and who is logged in."""

    clients: dict[Role, FlaskClient]
    statements: list[str]  #: what was said to its database since it was last emptied


def _season(stack: ExitStack, size: Size, *, postgres: bool) -> Season:
    place = stack.enter_context(installation(postgres=postgres))
    started = time.perf_counter()
    cast = make_world(place, size)
    print(f"   ({size}: written in {time.perf_counter() - started:.0f} s)", file=sys.stderr)
    clients = _logged_in(place, cast)
    return Season(clients, stack.enter_context(_counted(place)))


def _page(seasons: Sequence[Season], name: str, role: Role, url: str, rounds: int) -> Result:
    """One page of every season, in turns, so that a busy moment of the machine spoils none of them alone."""
    bodies = [_asked(season.clients[role], url) for season in seasons]  # compiles template and statements
    large = seasons[0]
    large.statements.clear()
    _asked(large.clients[role], url)
    count = len([said for said in large.statements if not said.startswith("BEGIN")])
    took: list[list[float]] = [[] for _ in seasons]
    gc.collect()
    for _ in range(rounds):
        for season, times in zip(seasons, took, strict=True):
            times.append(seconds(lambda season=season: _asked(season.clients[role], url)))
    middle = [statistics.median(times) for times in took]
    facts = {
        "p95": f"{percentile(took[0], 0.95) * 1000:.0f} ms",
        "flat": f"{middle[0] / middle[1]:.2f}",
        "at 1/10 of the lines": f"{middle[2] * 1000:.0f} ms",
        "SQL": count,
        "kB": f"{len(bodies[0]) / 1000:.0f}",
        "gzip": f"{len(gzip.compress(bodies[0])) / 1000:.1f}",
    }
    return Result(name, middle[0], facts=facts)


def _asked(client: FlaskClient, url: str) -> bytes:
    answer = client.get(url)
    assert answer.status_code == 200, (url, answer.status_code)
    return answer.get_data()


def _logged_in(place: Place, cast: Cast) -> dict[Role, FlaskClient]:
    settings = place.settings.model_copy(update={"clock_shift_seconds": shift()})
    app = create_app(settings, place.engine)
    app.config.update(WTF_CSRF_ENABLED=False)
    clients = {}
    for role, name in cast.accounts.items():
        clients[role] = app.test_client()
        answer = clients[role].post("/dang-nhap", data={"name": name, "password": make.PASSWORD})
        assert answer.status_code == 303, answer.status_code
    return clients


@contextmanager
def _counted(place: Place) -> Iterator[list[str]]:
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    event.listen(place.engine, "before_cursor_execute", note)
    yield statements
    event.remove(place.engine, "before_cursor_execute", note)


if __name__ == "__main__":
    main()
