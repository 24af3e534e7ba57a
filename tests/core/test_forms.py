"""Forms: any text at all becomes a value or a sentence, never an error of ours."""

import contextlib
import unicodedata
from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import Field

from marketplace.accounts.forms import AccountIn, PasswordIn
from marketplace.accounts.models import Role
from marketplace.core.errors import Invalid, Refused
from marketplace.core.forms import (
    Choice,
    Code,
    Day,
    Dong,
    FormState,
    Kilograms,
    Line,
    MaybeDay,
    MaybeLine,
    Name,
    Text,
    Tick,
    Typed,
    Whole,
    parsed,
)
from marketplace.core.text import clean, clean_lines


class EverythingIn(Typed):
    line: Line = Field(title="Dòng")
    name: Name = Field(title="Họ và tên")
    code: Code = Field(title="Mã")
    text: Text = Field(default="", title="Ghi chú")
    maybe_line: MaybeLine = Field(default=None, title="Dòng thêm")
    grams: Kilograms = Field(title="Khối lượng")
    price_vnd: Dong = Field(title="Giá")
    day: Day = Field(title="Ngày")
    maybe_day: MaybeDay = Field(default=None, title="Đến ngày")
    count: Whole = Field(default=0, title="Số gói")
    choice: Choice = Field(default="a", title="Lựa chọn")
    role: Role = Field(default=Role.FARMER, title="Vai trò")
    agreed: Tick = Field(default=False, title="Đồng ý")
    many: list[Line] = Field(default_factory=list, title="Các mục")


GOOD = {
    "line": ["x"], "name": ["Vừ Mỷ"], "code": ["A1"], "grams": ["12,5"], "price_vnd": ["200.000"],
    "day": ["1/12/2021"],
}  # fmt: skip
NASTY = [
    "", " ", "\0", "a\0b", "x" * 10_000, "9" * 5_000, unicodedata.normalize("NFD", "Hoàng Thị Vén"),
    "<script>alert(1)</script>", "=HYPERLINK(\"x\")", "+1+1", "-1", "@SUM(A1)", "\u202egnp.exe", "\ud800",
    "1e999", "NaN", "Infinity", "٣", "½", "0x10", "1_000", "None", "null", "[]", "{}", "%s %(label)s %",
    "{sentence}", "1/1/0001", "31/12/9999", "32/13/2021", "-0", "\u200b", "ﷺ" * 100,
]  # fmt: skip
anything = (
    st.text(max_size=60) | st.sampled_from(NASTY) | st.text(alphabet="0123456789.,-+ /%kg\u00a0", max_size=25)
)


def read(field: str, typed: str) -> EverythingIn | None:
    """The model, or None after a refusal whose every sentence can be shown."""
    try:
        return parsed(EverythingIn, FormState({**GOOD, field: [typed]}))
    except Invalid as error:
        refusal = error
    assert list(refusal.errors) == [field]
    assert refusal.text()
    assert "%(" not in refusal.text() or "%(" in typed
    return None


@pytest.mark.parametrize("field", list(EverythingIn.model_fields))
@given(typed=anything)
@example(typed="")
@example(typed="x" * 10_000)
def test_any_text_is_a_value_or_a_sentence(field, typed):
    read(field, typed)


@pytest.mark.parametrize("typed", NASTY)
@pytest.mark.parametrize("field", list(EverythingIn.model_fields))
def test_nasty_text_is_a_value_or_a_sentence(field, typed):
    read(field, typed)


@given(typed=anything)
def test_text_that_is_taken_is_clean(typed):
    model = read("maybe_line", typed)

    if model is not None and model.maybe_line is not None:
        assert model.maybe_line == clean(typed)
        assert "\0" not in model.maybe_line
        assert unicodedata.is_normalized("NFC", model.maybe_line)
        assert len(model.maybe_line) <= 200


@given(typed=st.text(max_size=300))
def test_paragraphs_that_are_taken_are_clean(typed):
    model = read("text", typed)

    assert model is not None
    assert model.text == clean_lines(typed)


@pytest.mark.parametrize("typed", ["<b>Vừ</b>", "=1+1", "Vừ %s", "O'Brien; DROP TABLE person"])
def test_markup_and_formulas_are_kept_as_they_are(typed):
    assert parsed(EverythingIn, FormState({**GOOD, "name": [typed]})).name == typed


def test_every_wrong_field_gets_its_own_sentence_at_once():
    with pytest.raises(Invalid) as refusal:
        parsed(EverythingIn, FormState({"grams": ["nặng"], "day": ["mai"], "line": ["x"]}))

    assert set(refusal.value.errors) == {"name", "code", "grams", "day", "price_vnd"}
    assert "Họ và tên" in refusal.value.text()


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("name", "", "Hãy điền “Họ và tên”."),
        ("name", "x", "“Họ và tên” còn trống hoặc quá ngắn, hãy điền đủ."),
        ("name", "x" * 101, "“Họ và tên” quá dài, nhiều nhất 100 ký tự."),
        ("count", "-1", "“Số gói” phải từ 0 trở lên."),
        ("count", "9999999", "“Số gói” lớn quá mức cho phép, hãy kiểm tra lại."),
        ("count", "một", "“Số gói” phải là số nguyên, ví dụ 12."),
        ("role", "vua", "Hãy chọn một mục có sẵn ở “Vai trò”."),
    ],
)
def test_each_mistake_has_its_sentence(field, typed, sentence):
    with pytest.raises(Invalid) as refusal:
        parsed(EverythingIn, FormState({**GOOD, field: [typed]}))

    assert refusal.value.text() == sentence


def test_numbers_and_days_are_read_as_people_write_them():
    model = parsed(EverythingIn, FormState(GOOD))

    assert (model.grams, model.price_vnd, model.day) == (12_500, 200_000, date(2021, 12, 1))


def test_several_values_of_one_field_are_all_read():
    assert parsed(EverythingIn, FormState({**GOOD, "many": ["a", "b"]})).many == ["a", "b"]


def test_unknown_fields_are_ignored():
    assert not hasattr(parsed(EverythingIn, FormState({**GOOD, "is_admin": ["1"]})), "is_admin")


@given(typed=st.dictionaries(st.sampled_from([*AccountIn.model_fields, "x"]), anything))
def test_an_account_form_never_breaks(typed):
    with contextlib.suppress(Invalid):
        parsed(AccountIn, typed)


@given(typed=st.text(max_size=50))
def test_passwords_are_taken_as_typed(typed):
    assert parsed(PasswordIn, FormState({"password": [typed]})).password == typed


def test_what_was_typed_is_kept_beside_the_sentence():
    form = FormState({"name": [" <b>  "]})
    form.refuse(Invalid({"name": ("Hãy điền.", {})}))
    form.fill(name="mặc định", other="mặc định", empty=None)

    assert form.value("name") == " <b>  "
    assert form.value("other") == "mặc định"
    assert (form.value("empty"), form.value("missing"), form.values("missing")) == ("", "", [])
    assert form.sentences == {"name": ("Hãy điền.", {})}


def test_a_refusal_without_a_field_belongs_to_the_whole_form():
    form = FormState()
    form.refuse(Refused())

    assert list(form.sentences) == [""]
