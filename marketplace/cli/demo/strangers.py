"""People who came to a class without being on its list: households of two answers, some of them linked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from sqlmodel import Session, col, func, select

from catalog.communes import Communes
from catalog.models import Household, Person, Producer, ProducerKind
from catalog.people import name_columns
from marketplace.cli.demo.facts import people
from marketplace.cli.demo.rolls import Roll
from marketplace.core.text import fold
from training.models import Enrolment, EnrolmentSource, EnrolmentStatus, Seat, TrainingSession, WalkIn

GROUP = "02"  #: whose names they bear; what group they are of nobody has asked


@dataclass
class Strangers:
    """Writes walk-ins down; `households` counts the codes given out so far."""

    db: Session
    rng: Random
    communes: Communes
    households: int

    def come(
        self, training: TrainingSession, roll: Roll, *, at: datetime, by: int | None
    ) -> Sequence[Person]:
        """The draft people of a class; who is known by now is linked on the following day."""
        drafts = self.write(training, roll.strangers + len(roll.known), at=at, by=by)
        known = [*roll.known, *[None] * roll.strangers]
        for place, (person, meant) in enumerate(zip(drafts, known, strict=True)):
            walk_in = WalkIn(
                training_id=training.id or 0,
                person_id=person.id or 0,
                created_at=at,
                created_by=by,
                client_key=f"demo:{training.id}:{place}",
            )
            if meant is not None:
                walk_in.linked_person_id, walk_in.linked_by = meant.id, by
                walk_in.linked_at = at + timedelta(hours=20)
                self.db.get_one(Household, person.household_id).active = False
            self.db.add(walk_in)
        self.db.flush()
        return drafts

    def write(self, training: TrainingSession, number: int, *, at: datetime, by: int | None) -> list[Person]:
        """Draft households of the class's commune with their heads, producers and entries."""
        homes = [self._home(training, at, by) for _ in range(number)]
        self.db.add_all(homes)
        self.db.flush()
        heads = [self._head(home, at) for home in homes]
        self.db.add_all(heads)
        self.db.add_all(_producer(home, head) for home, head in zip(homes, heads, strict=True))
        entries = self._entries(training, homes, at, by)
        self.db.add_all(entries)
        self.db.flush()
        self.db.add_all(
            Seat(enrolment_id=entry.id or 0, training_id=training.id or 0, person_id=head.id or 0)
            for entry, head in zip(entries, heads, strict=True)
        )
        self.db.flush()
        return heads

    def _home(self, training: TrainingSession, at: datetime, by: int | None) -> Household:
        self.households += 1
        words = people()["villages"]
        village = f"Thôn {self.rng.choice(words['first'])} {self.rng.choice(words['second'])}"
        return Household(
            code=f"HG-{self.households:06d}",
            commune_id=training.commune_id,
            current_commune_id=self.communes.current(training.commune_id),
            village=village,
            village_fold=fold(village),
            draft=True,
            registered_at=at,
            registered_by=by,
        )

    def _head(self, home: Household, at: datetime) -> Person:
        words, sex = people()["groups"][GROUP], self.rng.choice(("male", "female"))
        parts = (words["family"], words[f"{sex}_middle"], words[sex])
        name = " ".join(self.rng.choice(part) for part in parts)
        return Person(
            household_id=home.id or 0,
            **name_columns(name),  # type: ignore[arg-type]  # four texts
            is_head=True,
            created_at=at,
        )

    def _entries(
        self, training: TrainingSession, homes: Sequence[Household], at: datetime, by: int | None
    ) -> list[Enrolment]:
        last = select(func.max(col(Enrolment.place))).where(Enrolment.training_id == training.id)
        return [
            Enrolment(
                training_id=training.id or 0,
                household_id=home.id or 0,
                place=place,
                status=EnrolmentStatus.REGISTERED,
                source=EnrolmentSource.WALK_IN,
                created_at=at,
                created_by=by,
            )
            for place, home in enumerate(homes, start=(self.db.exec(last).one() or 0) + 1)
        ]


def _producer(home: Household, head: Person) -> Producer:
    name = f"Hộ {head.name}"
    return Producer(
        kind=ProducerKind.HOUSEHOLD,
        household_id=home.id,
        name=name,
        name_fold=fold(name),
        commune_id=home.commune_id,
    )
