"""Pages of households: search first, register, people, consents, communes."""

import secrets
from decimal import Decimal

from flask import Blueprint, current_app, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from catalog import consents as agreed
from catalog import households as cases
from catalog.communes import Communes, Place, read_communes
from catalog.duplicates import Suspect
from catalog.finding import find_households, waiting_after_split, where_it_went
from catalog.forms import ChangeIn, ConsentIn, HouseholdIn, PersonIn, SettleIn
from catalog.household_page import Portrait, may_see_identifiers, portrait
from catalog.models import (
    CONSENT_CHANNEL_LABELS,
    PHONE_OWNER_LABELS,
    SEX_LABELS,
    Consent,
    Household,
    Person,
    PhoneOwner,
)
from catalog.people import ETHNIC_CHOICES, ETHNIC_GROUPS, doubts_about, people_of
from catalog.scopes import households_seen_by, one_of, people_seen_by
from catalog.views import sticky
from catalog.views.common import asked, asked_page, db, me
from catalog.views.poverty import years_shown
from marketplace.core import clock, web
from marketplace.core.errors import NotFound
from marketplace.core.forms import parsed
from marketplace.core.identity import mask_phone, read_phone, show_phone
from marketplace.core.secrets import Vault
from marketplace.core.units import Unreadable, date_vi, number_input

bp = Blueprint("households", __name__)


@bp.get("/ho-dan")
def households() -> ResponseReturnValue:
    """Search before registering: one box for name, hamlet, commune, code and phone."""
    query, number = asked("q"), asked_page()
    found, more, communes = find_households(db(), me(), query, number)
    return web.page(
        "catalog/households.html",
        found=found,
        more=more,
        number=number,
        query=query,
        communes=communes,
        start=_started_with(query),
    )


def _started_with(query: str) -> dict[str, str]:
    """What a search that found nobody lends to the registration."""
    try:
        read_phone(query)
        return {"phone": query}
    except Unreadable:
        return {} if any(letter.isdigit() for letter in query) else {"name": query}


@bp.route("/ho-dan/moi", methods=["GET", "POST"])
def household_new() -> ResponseReturnValue:
    """Register a household: five answers; place and day stay for the next one."""
    form = web.typed()
    suspects: list[Suspect] = []
    if request.method == "POST":
        with form.attempt():
            data = parsed(HouseholdIn, form)
            try:
                made = cases.register_household(db(), me(), data, vault=_vault(), now=clock.now())
            except cases.MaybeRegistered as doubt:
                suspects = doubt.suspects
                raise
            sticky.remember(data)
            return web.receipt(
                _("Đã ghi hộ %(name)s, mã %(code)s.", name=data.name, code=made.code),
                url_for("households.household", household_id=made.id),
            )
    places = cases.own_communes(db(), me(), read_communes(db()), today=clock.today())
    kept = sticky.kept(places)
    form.fill(client_key=secrets.token_urlsafe(16), name=asked("name"), phone=asked("phone"), **kept)
    moved = asked("doi") == "1" or bool({"commune_id", "village", "given_on"} & set(form.errors))
    return web.page(
        "catalog/household_new.html",
        form=form,
        places=[(place.id, place.label) for place in places],
        here=None if moved or not kept.get("village") else sticky.words(form, places),
        suspects=suspects,
        **_asked_of_people(),
        **_asked_of_consents(),
    )


@bp.get("/ho-dan/<int:household_id>")
def household(household_id: int) -> ResponseReturnValue:
    """Show a household: people, consents, what is sold, what was done."""
    return _shown(_seen(household_id))


def _shown(one: Household, *, number_of: Person | None = None, number: str = "") -> ResponseReturnValue:
    seen = portrait(db(), one)
    return web.page(
        "catalog/household.html",
        seen=seen,
        people=[_person_words(person) for person in seen.people],
        doubts=_doubts(seen) if may_see_identifiers(me()) else [],
        channels=CONSENT_CHANNEL_LABELS,
        number_of=number_of,
        national_id=number,
        here=sticky.village(),
        poverty=years_shown(one),
    )


def _person_words(person: Person) -> tuple[Person, list[tuple[str, str]]]:
    """What this reader may know of a person, as label and value."""
    open_ = may_see_identifiers(me())
    pairs = []
    if person.phone:
        owner = person.phone_owner
        whose = f" ({_(PHONE_OWNER_LABELS[owner])})" if owner and owner != PhoneOwner.SELF else ""
        number = show_phone(person.phone) if open_ else mask_phone(person.phone)
        pairs.append((_("Điện thoại"), number + whose))
    elif person.phone_owner == PhoneOwner.NONE:
        pairs.append((_("Điện thoại"), _("không có điện thoại")))
    if person.sex:
        pairs.append((_("Giới tính"), _(SEX_LABELS[person.sex])))
    if open_ and person.birth_year:
        pairs.append((_("Năm sinh"), str(person.birth_year)))
    if open_ and person.ethnicity:
        pairs.append((_("Dân tộc"), ETHNIC_GROUPS[person.ethnicity]))
    if person.national_id_tail:
        pairs.append((_("Số căn cước"), f"•••••••• {person.national_id_tail}" if open_ else "••••••••••••"))
    return person, pairs


def _doubts(seen: Portrait) -> list[str]:
    """What does not fit together on somebody's card; for a look, never a block (R-61)."""
    sentences = []
    for person in seen.people:
        if person.national_id_sealed is not None:
            digits = _vault().open(person.national_id_sealed)
            found = doubts_about(digits, person.sex, person.birth_year, today=clock.today())
            sentences += [f"{person.name}: {web.say(doubt.sentence, doubt.facts)}" for doubt in found]
    return sentences


@bp.route("/ho-dan/<int:household_id>/sua", methods=["GET", "POST"])
def household_edit(household_id: int) -> ResponseReturnValue:
    """Change a household and its head, or one of its other members."""
    form = web.typed()
    if request.method == "POST":
        with form.attempt():
            one = _seen(household_id)
            person = _chosen(people_of(db(), one))
            if person.is_head:
                cases.change_household(
                    db(), me(), one, parsed(ChangeIn, form), vault=_vault(), now=clock.now()
                )
            else:
                cases.change_person(
                    db(), me(), person, parsed(PersonIn, form), vault=_vault(), now=clock.now()
                )
            return web.receipt(_("Đã lưu."), url_for("households.household", household_id=household_id))
    one = _seen(household_id)
    people = people_of(db(), one)
    person = _chosen(people)
    if request.method == "GET":
        form.fill(**_as_typed(person), **_place_as_typed(one))
    places = cases.own_communes(db(), me(), read_communes(db()), today=clock.today())
    return web.page(
        "catalog/household_edit.html",
        form=form,
        household=one,
        person=person,
        others=[(other.id, other.name) for other in people if not other.is_head],
        places=_with(read_communes(db()), places, one.commune_id),
        **_asked_of_people(),
    )


def _chosen(people: list[Person]) -> Person:
    """The member named in the address; otherwise the head."""
    wanted = web.asked_number("nguoi", people[0].id or 0)
    chosen = next((person for person in people if person.id == wanted), None)
    if chosen is None:
        raise NotFound
    return chosen


def _as_typed(person: Person) -> dict[str, object]:
    return {
        "name": person.name,
        "phone": show_phone(person.phone) if person.phone else "",
        "no_phone": "1" if person.phone_owner == PhoneOwner.NONE else "",
        "phone_owner": person.phone_owner,
        "sex": person.sex,
        "birth_year": person.birth_year,
        "ethnicity": person.ethnicity,
        "national_id": "",
    }


def _place_as_typed(one: Household) -> dict[str, object]:
    return {
        "commune_id": one.commune_id,
        "village": one.village,
        "orange_area_m2": _hectares(one.orange_area_m2),
        "note": one.note,
        "head_id": "",
    }


def _hectares(area_m2: int | None) -> str:
    """An area as it is typed: 1,25."""
    return "" if area_m2 is None else number_input(Decimal(area_m2) / 10_000, 4)


def _with(communes: Communes, places: list[Place], unit_id: int) -> list[tuple[int, str]]:
    """The worker's communes and the one that is written down."""
    every = {place.id: place for place in [communes.by_id[unit_id], *places]}
    return [(place.id, place.label) for place in every.values()]


@bp.route("/ho-dan/<int:household_id>/nguoi/moi", methods=["GET", "POST"])
def person_new(household_id: int) -> ResponseReturnValue:
    """Add a member of a household."""
    form = web.typed()
    if request.method == "POST":
        with form.attempt():
            one = _seen(household_id)
            person = cases.add_person(
                db(), me(), one, parsed(PersonIn, form), vault=_vault(), now=clock.now()
            )
            return web.receipt(
                _("Đã thêm %(name)s.", name=person.name),
                url_for("households.household", household_id=household_id),
            )
    one = _seen(household_id)
    return web.page("catalog/person_new.html", form=form, household=one, **_asked_of_people())


@bp.route("/ho-dan/<int:household_id>/dong-y/moi", methods=["GET", "POST"])
def consent_new(household_id: int) -> ResponseReturnValue:
    """Write down to what somebody of the household agreed."""
    form = web.typed()
    if request.method == "POST":
        with form.attempt():
            one = _seen(household_id)
            person = _agree(one, parsed(ConsentIn, form))
            return web.receipt(
                _("Đã ghi sự đồng ý của %(name)s.", name=person.name),
                url_for("households.household", household_id=household_id),
            )
    one = _seen(household_id)
    people = people_of(db(), one)
    form.fill(person_id=people[0].id, given_on=date_vi(clock.today()))
    return web.page(
        "catalog/consent_new.html",
        form=form,
        household=one,
        people=[(person.id, person.name) for person in people],
        **_asked_of_consents(),
    )


def _agree(one: Household, data: ConsentIn) -> Person:
    person = next((each for each in people_of(db(), one) if each.id == data.person_id), None)
    if person is None:
        raise cases.UnknownMember(field="person_id")
    for code in dict.fromkeys(data.purposes):
        agreed.record_consent(
            db(),
            me(),
            person,
            code,
            channel=data.channel,
            given_on=data.given_on,
            today=clock.today(),
            witness=data.witness,
        )
    return person


@bp.post("/ho-dan/<int:household_id>/dong-y/<int:consent_id>/rut")
def consent_withdraw(household_id: int, consent_id: int) -> ResponseReturnValue:
    """End a consent; what stood on it comes down."""
    consent = db().get(Consent, consent_id)
    if consent is None:
        raise NotFound
    person = one_of(db(), people_seen_by(me()), consent.person_id, Person)
    if person.household_id != household_id:
        raise NotFound
    agreed.withdraw_consent(db(), me(), consent, now=clock.now())
    purpose = agreed.purpose(consent.purpose)
    return web.receipt(
        _(
            "Đã rút lại: %(purpose)s. Việc dựa vào sự đồng ý này được dừng lại.",
            purpose=web.say(purpose.title, purpose.facts),
        ),
        url_for("households.household", household_id=household_id),
    )


@bp.post("/ho-dan/<int:household_id>/nguoi/<int:person_id>/so-can-cuoc")
def national_id_show(household_id: int, person_id: int) -> ResponseReturnValue:
    """Show a whole national id once; the look is written down, so this is no GET."""
    one = _seen(household_id)
    person = one_of(db(), people_seen_by(me()), person_id, Person)
    if person.household_id != one.id:
        raise NotFound
    number = cases.show_national_id(db(), me(), person_id, vault=_vault())
    db().flush()
    return _shown(one, number_of=person, number=number)


@bp.get("/xa")
def communes() -> ResponseReturnValue:
    """Look up a commune by its old or new name, and where it went."""
    query = asked("q")
    return web.page("catalog/communes.html", query=query, found=where_it_went(read_communes(db()), query))


@bp.get("/tach-xa")
def splits() -> ResponseReturnValue:
    """List hamlets of split communes that nobody has placed yet (R-52)."""
    return _split_page(web.typed())


def _split_page(form: web.Form) -> ResponseReturnValue:
    waiting = waiting_after_split(db(), me(), read_communes(db()))
    return web.page("catalog/splits.html", form=form, waiting=waiting)


@bp.post("/tach-xa/<int:household_id>")
def split_settle(household_id: int) -> ResponseReturnValue:
    """Say where a household of a split commune, or its whole hamlet, belongs now."""
    form = web.typed()
    one = _seen(household_id)
    with form.attempt():
        settled = cases.settle_split(db(), me(), one, parsed(SettleIn, form))
    if form.errors:
        return _split_page(form)
    return web.receipt(
        _("Đã xác nhận xã hiện nay cho %(number)s hộ.", number=settled), url_for("households.splits")
    )


def _seen(household_id: int) -> Household:
    return one_of(db(), households_seen_by(me()), household_id, Household)


def _vault() -> Vault:
    kept: Vault = current_app.extensions["vault"]
    return kept


def _asked_of_people() -> dict[str, object]:
    """Choices of the fields about a person."""
    owners = [
        (owner.value, _(label)) for owner, label in PHONE_OWNER_LABELS.items() if owner != PhoneOwner.NONE
    ]
    return {
        "sexes": [(sex.value, _(label)) for sex, label in SEX_LABELS.items()],
        "owners": owners,
        "groups": ETHNIC_CHOICES,
    }


def _asked_of_consents() -> dict[str, object]:
    """What may be agreed to, with the text that is read aloud, and by which way."""
    every = agreed.purposes()
    return {
        "purposes": [(one.code, web.say(one.title, one.facts)) for one in every],
        "texts": [(web.say(one.title, one.facts), web.say(one.text, one.facts)) for one in every],
        "channels": [(channel.value, _(label)) for channel, label in CONSENT_CHANNEL_LABELS.items()],
    }
