"""Building the season: every row of it from the seed, in a few big steps."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from random import Random

from sqlmodel import Session

from catalog.communes import read_communes
from catalog.models import Membership, Producer
from catalog.places import load_shipped_units
from catalog.shipped import load_shipped_products
from marketplace.accounts.models import Account, Role
from marketplace.cli.demo import goods, offices
from marketplace.cli.demo.classes import School, hold_classes
from marketplace.cli.demo.facts import START
from marketplace.cli.demo.growers import Grower, settle_households
from marketplace.cli.demo.lessons import write_courses
from marketplace.cli.demo.photos import keep_pictures
from marketplace.cli.demo.poverty import decide_poverty
from marketplace.cli.demo.scenes import keep_scenes
from marketplace.cli.demo.strangers import Strangers
from marketplace.cli.demo.upcoming import look_ahead
from marketplace.core.config import Settings
from marketplace.core.secrets import Vault
from marketplace.selling.categories import choose_shipped_categories

STEPS = 10  #: how often `done` is called


@dataclass(frozen=True)
class Built:
    """What was made, for the console and for tests."""

    households: int
    expected: Mapping[str, str | None]  #: by SKU: what the checklist should name first; None: it goes up


def build_season(
    db: Session, vault: Vault, settings: Settings, *, households: int, seed: int, done: Callable[[], None]
) -> Built:
    """Fill an empty, migrated database; `done` is called after each step.

    The same seed gives the same rows but for secrets.
    """
    rng = Random(seed)  # noqa: S311 - a season that can be repeated, no secret
    load_shipped_units(db)
    done()
    load_shipped_products(db)
    accounts = offices.open_offices(db)
    recorder = accounts[Role.EXTENSION].id or 0
    done()
    organisations = offices.found_organisations(db)
    growers = settle_households(db, rng, vault, households, recorder)
    done()
    _join(db, growers, organisations)
    done()
    _teach(db, Random(f"{seed} classes"), growers, accounts, settings)  # noqa: S311 - as above
    done()
    photos = keep_pictures(db, settings, now=START)
    done()
    things = goods.read_goods(db, organisations, photos)
    choose_shipped_categories(db)
    offices.add_papers(db, organisations, dict(things.products))
    goods.harvest(db, rng, growers, things, recorder)
    done()
    coordinator = accounts[Role.COORDINATOR]
    offices.set_targets(db, coordinator, dict(things.products))
    cam_vang = things.products[goods.BRAND]
    offices.sell_outside(db, coordinator, organisations, cam_vang, scale=households / 1000)
    done()
    opened = offices.open_the_shops(db, organisations["union"], vault)
    expected = goods.offer_goods(db, rng, growers, things, opened, recorder)
    done()
    offices.open_farmer(db, growers[0].head.name, growers[0].household.code)
    done()
    return Built(len(growers), expected)


def _teach(
    db: Session,
    rng: Random,
    growers: list[Grower],
    accounts: Mapping[Role, Account],
    settings: Settings,
) -> None:
    """Poverty of the year, courses, the classes that were held and those to come."""
    office, worker = accounts[Role.COORDINATOR], accounts[Role.EXTENSION]
    decide_poverty(db, rng, growers, worker.id or 0)
    strangers = Strangers(db, rng, read_communes(db), households=len(growers))
    scenes = keep_scenes(db, worker, settings)
    school = School(db, rng, write_courses(db, office), office, worker, strangers, scenes)
    hold_classes(school, growers)
    look_ahead(school, growers)


def _join(db: Session, growers: list[Grower], organisations: Mapping[str, Producer]) -> None:
    """Households whose goods an organisation pools are its members."""
    for grower in growers:
        if grower.seller is None:
            continue
        registered = grower.household.registered_at.date()
        since = registered - timedelta(days=400) if (grower.household.id or 0) % 3 else registered
        db.add(
            Membership(
                household_id=grower.household.id or 0,
                producer_id=organisations[grower.seller].id or 0,
                valid_from=since,
            )
        )
    db.flush()
