"""What is known about a person: names as columns, sex, birth year, ethnic group, sealed national id."""

from datetime import date

from sqlmodel import Session, col, select

from catalog.models import Household, Person, Sex
from marketplace.core.audit import Actor, note
from marketplace.core.errors import NotFound
from marketplace.core.i18n import N_
from marketplace.core.identity import Doubt, read_national_id
from marketplace.core.secrets import Vault
from marketplace.core.text import clean, fold, loosen, person_sort_key
from marketplace.core.units import Unreadable

OLDEST_BIRTH_YEAR = 1900

#: The 54 ethnic groups by their official code; those of Hà Giang stand first in `ETHNIC_CHOICES`.
ETHNIC_GROUPS = {
    "01": "Kinh", "02": "Tày", "03": "Thái", "04": "Hoa", "05": "Khmer", "06": "Mường", "07": "Nùng",
    "08": "Mông", "09": "Dao", "10": "Gia Rai", "11": "Ngái", "12": "Ê Đê", "13": "Ba Na", "14": "Xơ Đăng",
    "15": "Sán Chay", "16": "Cơ Ho", "17": "Chăm", "18": "Sán Dìu", "19": "Hrê", "20": "Mnông",
    "21": "Raglay", "22": "Xtiêng", "23": "Bru Vân Kiều", "24": "Thổ", "25": "Giáy", "26": "Cơ Tu",
    "27": "Gié Triêng", "28": "Mạ", "29": "Khơ Mú", "30": "Co", "31": "Tà Ôi", "32": "Chơ Ro",
    "33": "Kháng", "34": "Xinh Mun", "35": "Hà Nhì", "36": "Chu Ru", "37": "Lào", "38": "La Chí",
    "39": "La Ha", "40": "Phù Lá", "41": "La Hủ", "42": "Lự", "43": "Lô Lô", "44": "Chứt", "45": "Mảng",
    "46": "Pà Thẻn", "47": "Cơ Lao", "48": "Cống", "49": "Bố Y", "50": "Si La", "51": "Pu Péo",
    "52": "Brâu", "53": "Ơ Đu", "54": "Rơ Măm",
}  # fmt: skip
_IN_HA_GIANG = ("02", "09", "08", "01", "07", "25", "38", "46", "47", "43", "49", "40", "51", "15", "06")
ETHNIC_CHOICES = [(code, ETHNIC_GROUPS[code]) for code in _IN_HA_GIANG] + [
    (code, name) for code, name in ETHNIC_GROUPS.items() if code not in _IN_HA_GIANG
]
_ETHNIC_WORDS = {fold(name): code for code, name in ETHNIC_GROUPS.items()}
_ETHNIC_WORDS |= {"hmong": "08", "h mong": "08", "meo": "08", "cao lan": "15", "san chi": "15"}
_ETHNIC_WORDS |= {"co lao": "47", "ke lao": "47", "viet": "01", "ede": "12", "jrai": "10", "bahnar": "13"}
_SEX_WORDS = {"nam": Sex.MALE, "ong": Sex.MALE, "anh": Sex.MALE, "trai": Sex.MALE, "m": Sex.MALE}
_SEX_WORDS |= {"nu": Sex.FEMALE, "ba": Sex.FEMALE, "chi": Sex.FEMALE, "gai": Sex.FEMALE, "f": Sex.FEMALE}

NO_SEX = N_("“%(text)s” không phải là giới tính. Hãy ghi Nam hoặc Nữ.")
NO_ETHNIC_GROUP = N_("Không có dân tộc “%(text)s” trong danh mục. Hãy ghi tên, ví dụ Tày, Dao, Mông.")
NO_BIRTH_YEAR = N_("“%(text)s” không phải là năm sinh. Hãy ghi đủ bốn chữ số, ví dụ 1975.")
BIRTH_YEAR_RANGE = N_("Năm sinh %(text)s không hợp lý. Hãy kiểm tra lại.")


def read_sex(text: str) -> Sex:
    """Nam, nữ, ông, bà … as a sex."""
    sex = _SEX_WORDS.get(fold(text))
    if sex is None:
        raise Unreadable(NO_SEX, text=clean(text))
    return sex


def read_ethnicity(text: str) -> str:
    """The two-digit code of a group given by name in any spelling, or by code."""
    word = fold(text)
    code = _ETHNIC_WORDS.get(word) or (word.zfill(2) if word.isascii() and word.isdigit() else "")
    if code not in ETHNIC_GROUPS:
        raise Unreadable(NO_ETHNIC_GROUP, text=clean(text))
    return code


def read_birth_year(text: str, *, today: date) -> int:
    """A year from 1900 to this one; the year of a whole date such as 12/5/1975 is taken too."""
    typed = clean(text)
    year = typed.replace("-", "/").replace(".", "/").split("/")[-1].strip()
    if not (year.isascii() and year.isdigit() and len(year) == 4):
        raise Unreadable(NO_BIRTH_YEAR, text=typed)
    if not OLDEST_BIRTH_YEAR <= int(year) <= today.year:
        raise Unreadable(BIRTH_YEAR_RANGE, text=typed)
    return int(year)


def name_columns(name: str) -> dict[str, str]:
    """The name as written and as searched, compared and sorted."""
    folded = fold(name)
    return {
        "name": name,
        "name_fold": folded,
        "name_loose": loosen(folded),
        "name_sort": person_sort_key(name),
    }


def sealed_id(vault: Vault, digits: str | None) -> dict[str, str | None]:
    """The columns of a national id: encrypted, found by HMAC, its end shown (R-62)."""
    if digits is None:
        return {"national_id_sealed": None, "national_id_lookup": None, "national_id_tail": None}
    return {
        "national_id_sealed": vault.seal(digits),
        "national_id_lookup": vault.lookup(digits),
        "national_id_tail": digits[-4:],
    }


def doubts_about(digits: str | None, sex: Sex | None, birth_year: int | None, *, today: date) -> list[Doubt]:
    """What to look at again on the card; never a refusal (R-61)."""
    if digits is None:
        return []
    read = read_national_id(digits, sex=sex.value if sex else None, birth_year=birth_year, today=today)
    return list(read.warnings)


def people_of(db: Session, household: Household) -> list[Person]:
    """The members of a household, its head first."""
    order = (col(Person.is_head).desc(), col(Person.id))
    return list(db.exec(select(Person).where(Person.household_id == household.id).order_by(*order)))


def reveal_national_id(db: Session, actor: Actor, vault: Vault, person: Person) -> str:
    """The whole number, for one look that is written down (R-76); NotFound when none is kept."""
    if person.national_id_sealed is None:
        raise NotFound
    note(db, actor, "national_id.shown", person)
    return vault.open(person.national_id_sealed)
