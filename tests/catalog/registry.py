"""A made-up registry with true duplicates among it: names of four groups, eight kinds of noise, one seed."""

from dataclasses import dataclass, replace
from random import Random

from sqlmodel import Session, col, select

from catalog.communes import Communes
from catalog.duplicates import Sought
from catalog.models import Household, Person, Sex
from catalog.people import name_columns
from marketplace.core.text import fold
from tests import factories

#: surname, middle (men), middle (women), given
GROUPS = (
    (("Giàng", "Vàng", "Sùng", "Thào", "Lý", "Hầu", "Mua", "Ly"), ("A", "Mí", "Seo"), ("Thị", "Thị Mỷ"),
     ("Páo", "Sính", "Dình", "Sử", "Pó", "Lử", "Chá", "Súng", "Máy", "Mỷ", "Dợ", "Say", "Vừ", "Chứ")),
    (("Hoàng", "Nông", "Ma", "Nguyễn", "Lộc", "Hà", "Lương", "Triệu"), ("Văn", "Đức", "Minh", "Quang"),
     ("Thị",),
     ("Vén", "Tuấn", "Ảnh", "Hòa", "Thắng", "Lý", "Quý", "Huấn", "Trường", "Giang", "Xuân", "Thuỷ")),
    (("Phàn", "Triệu", "Bàn", "Đặng", "Lý", "Chảo"), ("Chòi", "Văn", "Tà", "Sài"), ("Mùi", "Thị"),
     ("Nhàn", "Ghển", "Phin", "Khuôn", "Chiêm", "Pham", "Lai", "San", "Liều", "Mán")),
    (("Nguyễn", "Trần", "Phạm", "Vũ", "Đỗ", "Bùi"), ("Văn", "Đình", "Hữu", "Xuân"), ("Thị", "Thị Thanh"),
     ("An", "Bình", "Hải", "Dũng", "Hạnh", "Mỹ", "Thuý", "Sơn", "Trung", "Kỳ", "Lan", "Hoa")),
)  # fmt: skip
VILLAGES = ("Thôn Vĩnh Sơn", "Thôn Khuổi Nà", "Bản Lúc", "Thôn Nậm Lùng", "Thôn Thống Nhất", "Thôn Pà Vầy")
SPELT = (("tr", "ch"), ("s", "x"), ("l", "n"), ("d", "gi"))


@dataclass(frozen=True)
class Pair:
    """A second look at somebody who is registered already."""

    household_id: int
    again: Sought


def fill(db: Session, communes: Communes, rng: Random, households: int) -> list[Pair]:
    """Register many at once in twenty communes; returns each as it would be sought."""
    places = [place.id for place in communes.by_id.values() if place.valid_to is not None][:20]
    asked = [_somebody(rng, places) for _ in range(households)]
    first = (db.exec(select(col(Household.id)).order_by(col(Household.id).desc())).first() or 0) + 1
    rows = [_household(first + number, one, communes) for number, one in enumerate(asked)]
    db.bulk_insert_mappings(Household, rows)  # type: ignore[arg-type]  # a SQLModel table is a mapped class
    people = [_head(first + number, one) for number, one in enumerate(asked)]
    db.bulk_insert_mappings(Person, people)  # type: ignore[arg-type]  # a SQLModel table is a mapped class
    db.flush()
    return [Pair(first + number, one) for number, one in enumerate(asked)]


def noisy(rng: Random, one: Sought, places: list[int]) -> Sought:
    """The same person written down by another hand on another day."""
    name, year, phone, village, commune = one.name, one.birth_year, one.phone, one.village, one.commune_id
    words = name.split()
    if rng.random() < 0.15 and len(words) > 2:
        name = " ".join([words[0], words[-1]])
    if rng.random() < 0.15:
        name = _misspelt(rng, name)
    if rng.random() < 0.10:
        name = _letter_lost(rng, name)
    if rng.random() < 0.35:
        name = fold(name).title()
    if rng.random() < 0.15 and year:
        year += rng.choice((-1, 1))
    if rng.random() < 0.35:
        phone = rng.choice((None, _phone(rng)))
    if rng.random() < 0.3:
        village = fold(village)
    if rng.random() < 0.08:
        commune = rng.choice(places)
    return replace(one, name=name, birth_year=year, phone=phone, village=village, commune_id=commune)


def _somebody(rng: Random, places: list[int]) -> Sought:
    surnames, men, women, given = rng.choice(GROUPS)
    sex = rng.choice((Sex.MALE, Sex.FEMALE))
    middle = rng.choice(men if sex == Sex.MALE else women)
    return Sought(
        name=f"{rng.choice(surnames)} {middle} {rng.choice(given)}",
        commune_id=rng.choice(places),
        village=rng.choice(VILLAGES),
        birth_year=rng.randint(1945, 2000),
        sex=sex,
        phone=_phone(rng) if rng.random() < 0.7 else None,
    )


def _phone(rng: Random) -> str:
    return f"+849{rng.randint(0, 15_000):08d}"  # few enough that some share one


def _misspelt(rng: Random, name: str) -> str:
    if "y" in name.lower() and rng.random() < 0.5:
        return name.replace("y", "i").replace("ý", "í").replace("ỹ", "ĩ")
    for here, there in rng.sample(SPELT, len(SPELT)):
        words = [
            there.title() + word[len(here) :] if word.lower().startswith(here) else word
            for word in name.split()
        ]
        if " ".join(words) != name:
            return " ".join(words)
    return name


def _letter_lost(rng: Random, name: str) -> str:
    places = [i for i, letter in enumerate(name) if letter != " " and i > 0 and name[i - 1] != " "]
    lost = rng.choice(places)
    return name[:lost] + name[lost + 1 :]


def _household(key: int, one: Sought, communes: Communes) -> dict[str, object]:
    return {
        "id": key,
        "code": f"HG-R{key:06d}",
        "commune_id": one.commune_id,
        "current_commune_id": communes.current(one.commune_id),
        "village": one.village,
        "village_fold": fold(one.village),
        "registered_at": factories.NOW,
        "active": True,
        "note": "",
    }


def _head(key: int, one: Sought) -> dict[str, object]:
    return {
        "household_id": key,
        **name_columns(one.name),
        "sex": one.sex,
        "birth_year": one.birth_year,
        "phone": one.phone,
        "is_head": True,
        "created_at": factories.NOW,
    }
