"""By what the chain is broken down (R-95, R-96): never guessed, and always with a row for the unknown."""

from enum import StrEnum

from catalog.models import POVERTY_LABELS, SEX_LABELS, Poverty, Sex
from catalog.people import ETHNIC_GROUPS
from marketplace.core.i18n import N_
from marketplace.reports.chain_facts import Facts
from marketplace.reports.dimensions import SPLIT_LABEL

UNKNOWN = "unknown"
UNKNOWN_LABEL = N_("Chưa rõ")


class Group(StrEnum):
    """A household is grouped by its head; in counts of people, sex and age are the person's own."""

    COMMUNE_THEN = "commune_then"  #: the unit as it was recorded
    COMMUNE_NOW = "commune_now"  #: what it became; unknown while a split is not settled (R-53)
    SEX = "sex"
    ETHNICITY = "ethnicity"  #: of the head
    POVERTY = "poverty"  #: decided for the year of the class
    AGE = "age"  #: reached in the year of the class
    FEMALE_HEAD = "female_head"


GROUP_LABELS = {
    Group.COMMUNE_THEN: N_("Xã lúc đăng ký"),
    Group.COMMUNE_NOW: N_("Xã hiện nay"),
    Group.SEX: N_("Giới tính"),
    Group.ETHNICITY: N_("Dân tộc của chủ hộ"),
    Group.POVERTY: N_("Hộ nghèo, cận nghèo"),
    Group.AGE: N_("Nhóm tuổi"),
    Group.FEMALE_HEAD: N_("Chủ hộ là nữ hay nam"),
}

AGE_LABELS = {
    "under_30": N_("Dưới 30 tuổi"),
    "30_to_59": N_("30–59 tuổi"),
    "from_60": N_("Từ 60 tuổi"),
}
HEAD_LABELS = {Sex.MALE: N_("Chủ hộ là nam"), Sex.FEMALE: N_("Chủ hộ là nữ")}

#: Groups whose rows are shown whether or not anybody is in them.
_FIXED: dict[Group, tuple[str, ...]] = {
    Group.SEX: tuple(Sex),
    Group.POVERTY: tuple(Poverty),
    Group.AGE: tuple(AGE_LABELS),
    Group.FEMALE_HEAD: tuple(Sex),
}
COMMUNES = (Group.COMMUNE_THEN, Group.COMMUNE_NOW)


def group_of(facts: Facts, group: Group, household_id: int, person_id: int | None, year: int) -> str:
    """The row somebody belongs to; with a person, sex and age are that person's."""
    household = facts.households[household_id]
    if group is Group.COMMUNE_THEN:
        return str(household.then[0])
    if group is Group.COMMUNE_NOW:
        return str(household.now[0]) if household.now else UNKNOWN
    if group is Group.ETHNICITY:
        return household.ethnicity or UNKNOWN
    if group is Group.POVERTY:
        return facts.poverty.get((household_id, year)) or UNKNOWN
    if group is Group.FEMALE_HEAD or person_id is None:
        sex, born = household.head_sex, household.head_birth_year
    else:
        sex, born = facts.people[person_id].sex, facts.people[person_id].birth_year
    return age_of(born, year) if group is Group.AGE else sex or UNKNOWN


def age_of(birth_year: int | None, year: int) -> str:
    """Years reached in that year: under 30, 30 to 59, 60 or more (R-95)."""
    if birth_year is None:
        return UNKNOWN
    age = year - birth_year
    return "under_30" if age < 30 else "30_to_59" if age < 60 else "from_60"


def rows_of(facts: Facts, group: Group, found: set[str]) -> list[tuple[str, str]]:
    """Key and label (msgid or name) of every row, in reading order, the unknown last."""
    keys = [*_FIXED.get(group, ()), *sorted(found - {UNKNOWN, *_FIXED.get(group, ())})]
    labels = {key: _label(group, key) for key in keys}
    if group in COMMUNES:
        labels |= _communes(facts)
        keys.sort(key=lambda key: (labels[key], key))
    unknown = SPLIT_LABEL if group is Group.COMMUNE_NOW else UNKNOWN_LABEL
    return [*((key, labels[key]) for key in keys), (UNKNOWN, unknown)]


def _label(group: Group, key: str) -> str:
    if group is Group.SEX:
        return SEX_LABELS[Sex(key)]
    if group is Group.FEMALE_HEAD:
        return HEAD_LABELS[Sex(key)]
    if group is Group.POVERTY:
        return POVERTY_LABELS[Poverty(key)]
    return ETHNIC_GROUPS.get(key, key) if group is Group.ETHNICITY else AGE_LABELS.get(key, key)


def _communes(facts: Facts) -> dict[str, str]:
    found = {one for household in facts.households.values() for one in (household.then, household.now) if one}
    return {str(id_): name for id_, name in found}
