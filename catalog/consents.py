"""Consents: one person, one purpose, one text version; withdrawn, never deleted (R-72 to R-74)."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session, col, select

from catalog.models import Consent, ConsentChannel, Household, Person
from marketplace.core.audit import Actor, note
from marketplace.core.db import flush_or
from marketplace.core.errors import Refused
from marketplace.core.i18n import N_
from marketplace.core.units import day_bounds

REGISTRY, PUBLISH, STATISTICS, MESSAGES = "registry", "publish_identity", "statistics", "messages"
VERSION = "2021-11"
#: Spoken and thumb-print consents need somebody who was there.
WITNESSED = frozenset({ConsentChannel.SPOKEN, ConsentChannel.THUMB_PRINT})
_SHOP = re.compile(r"shop:([a-z0-9_]{1,24})")
_AT_ONCE = 5_000  #: ids in one statement; databases limit the number of parameters

#: What selling does when a consent ends, registered when it is imported: (db, actor, consent, now).
on_withdrawal: list[Callable[[Session, Actor, Consent, datetime], None]] = []

#: Who knows the marketplaces of this installation, registered when selling is imported.
marketplace_names: list[Callable[[], Iterable[str]]] = []


@dataclass(frozen=True)
class Purpose:
    """What a person agrees to: shown in `title`, read aloud in `text`, both with `facts`."""

    code: str
    title: str
    text: str
    version: str
    facts: dict[str, object]


#: Texts by purpose and version. A text that was used is never changed: a new wording is a new version.
TEXTS: dict[str, dict[str, tuple[str, str]]] = {
    REGISTRY: {
        VERSION: (
            N_("Ghi vào sổ hộ sản xuất"),
            N_(
                "Tôi đồng ý để cơ quan khuyến nông ghi họ tên, xã, thôn, nông sản của hộ tôi, và những "
                "thông tin khác tôi tự cho biết (điện thoại, năm sinh, giới tính, dân tộc, số căn cước), "
                "vào sổ hộ sản xuất. Tôi có thể xem, sửa hoặc rút lại bất cứ lúc nào."
            ),
        )
    },
    "shop": {
        VERSION: (
            N_("Mở và chạy gian hàng trên %(marketplace)s"),
            N_(
                "Tôi đồng ý để cán bộ mở và chạy gian hàng của hộ tôi trên sàn %(marketplace)s, và gửi "
                "cho sàn những thông tin sàn cần. Khi tôi rút lại, tin đăng của hộ tôi ở đó sẽ được gỡ."
            ),
        )
    },
    PUBLISH: {
        VERSION: (
            N_("Đăng tên, ảnh, thôn xã của hộ"),
            N_("Tôi đồng ý để tên, ảnh, thôn và xã của hộ tôi hiện trên tin đăng cho người mua xem."),
        )
    },
    STATISTICS: {
        VERSION: (
            N_("Dùng trong thống kê"),
            N_("Tôi đồng ý để số liệu của hộ tôi, cả dân tộc, được cộng vào bảng thống kê không nêu tên."),
        )
    },
    MESSAGES: {
        VERSION: (
            N_("Nhận tin nhắn"),
            N_("Tôi đồng ý nhận tin nhắn về đơn hàng, lớp tập huấn và giá cả."),
        )
    },
}


class UnknownPurpose(Refused):
    sentence = N_("Không có mục đích đồng ý này. Hãy chọn một mục có sẵn.")
    status = 422
    field = "purposes"


class PhoneUnanswered(Refused):
    sentence = N_(
        "Đây là hộ nháp. Hãy sửa thông tin hộ: ghi số điện thoại, hoặc đánh dấu không có điện thoại, "
        "rồi ghi sự đồng ý."
    )
    status = 422
    field = "purposes"


class WitnessNeeded(Refused):
    sentence = N_("Điểm chỉ hoặc nói miệng cần có người làm chứng. Hãy ghi họ tên người làm chứng.")
    status = 422
    field = "witness"


class NotYetGiven(Refused):
    sentence = N_("Ngày đồng ý không thể sau hôm nay. Hãy kiểm tra lại ngày.")
    status = 422
    field = "given_on"


class JustGiven(Refused):
    sentence = N_("Sự đồng ý này vừa được người khác ghi. Hãy tải lại trang.")


def shop_purpose(marketplace: str) -> str:
    """The purpose that lets us run a shop there: shop:sendo."""
    return f"shop:{marketplace}"


def purpose(code: str) -> Purpose:
    """The purpose of a code in its newest text; UnknownPurpose for any other code."""
    shop = _SHOP.fullmatch(code)
    texts = TEXTS.get("shop" if shop else code)
    if texts is None or code == "shop":
        raise UnknownPurpose
    version = max(texts)
    title, text = texts[version]
    return Purpose(code, title, text, version, {"marketplace": shop[1].capitalize()} if shop else {})


def purposes() -> list[Purpose]:
    """Everything that may be asked for here: the registry first, one shop purpose a marketplace."""
    shops = [shop_purpose(name) for names in marketplace_names for name in sorted(names())]
    return [purpose(code) for code in (REGISTRY, *shops, PUBLISH, STATISTICS, MESSAGES)]


def record_consent(
    db: Session,
    actor: Actor,
    person: Person,
    code: str,
    *,
    channel: ConsentChannel,
    given_on: date,
    today: date,
    witness: str = "",
) -> Consent:
    """Write down that a person agreed; one already in force is returned unchanged."""
    asked = purpose(code)
    if channel in WITNESSED and not witness:
        raise WitnessNeeded
    if given_on > today:
        raise NotYetGiven
    given = select(Consent).where(
        Consent.person_id == person.id, Consent.purpose == code, col(Consent.withdrawn_at).is_(None)
    )
    if (existing := db.exec(given).first()) is not None:
        return existing
    if code == REGISTRY and person.is_head:
        _check_draft(db, person)
    consent = Consent(
        person_id=person.id or 0,
        purpose=code,
        text_version=asked.version,
        channel=channel,
        witness=witness,
        given_on=given_on,
        taken_by=actor.actor_id,
    )
    db.add(consent)
    flush_or(db, JustGiven())
    note(db, actor, "consent.given", consent, person=person.id, purpose=code, version=asked.version)
    if code == REGISTRY and person.is_head:
        _register_draft(db, actor, person, today)
    return consent


def _check_draft(db: Session, person: Person) -> None:
    """A draft is registered with the answers every household gives; the phone is the one it lacks."""
    unanswered = person.phone is None and person.phone_owner is None
    if unanswered and db.get_one(Household, person.household_id).draft:
        raise PhoneUnanswered


def _register_draft(db: Session, actor: Actor, head: Person, today: date) -> None:
    """A household that walked into a class is registered from today, its head having agreed."""
    household = db.get_one(Household, head.household_id)
    if household.draft:
        household.draft = False
        household.registered_at = max(household.registered_at, day_bounds(today, today)[0])
        db.add(household)
        note(db, actor, "household.registered", household, draft=True)


def withdraw_consent(db: Session, actor: Actor, consent: Consent, *, now: datetime) -> Consent:
    """End a consent and take down what stood on it (R-74); a second withdrawal changes nothing."""
    if consent.withdrawn_at is not None:
        return consent
    consent.withdrawn_at = now
    consent.withdrawn_by = actor.actor_id
    db.add(consent)
    note(db, actor, "consent.withdrawn", consent, person=consent.person_id, purpose=consent.purpose)
    tell_withdrawal(db, actor, consent, now=now)
    return consent


def tell_withdrawal(db: Session, actor: Actor, consent: Consent, *, now: datetime) -> None:
    """Let everybody who registered act on a consent that no longer carries the household."""
    for act in on_withdrawal:
        act(db, actor, consent, now)


def consents_in_force(db: Session, household_ids: Iterable[int], code: str) -> set[int]:
    """Those of the households whose head agreed to a purpose and has not withdrawn."""
    carried: set[int] = set()
    for some in _chunks(household_ids):
        statement = (
            select(Person.household_id)
            .join(Consent, col(Consent.person_id) == Person.id)
            .where(
                col(Person.is_head).is_(True),
                col(Person.household_id).in_(some),
                Consent.purpose == code,
                col(Consent.withdrawn_at).is_(None),
            )
        )
        carried.update(db.exec(statement))
    return carried


def consents_of(db: Session, people: Iterable[Person]) -> list[Consent]:
    """The whole history of these people, newest first."""
    ids = [person.id for person in people]
    return list(
        db.exec(select(Consent).where(col(Consent.person_id).in_(ids)).order_by(col(Consent.id).desc()))
    )


def _chunks(ids: Iterable[int]) -> Iterator[list[int]]:
    every = list(ids)
    for start in range(0, len(every), _AT_ONCE):
        yield every[start : start + _AT_ONCE]
