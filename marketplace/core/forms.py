"""Forms without a framework: one pydantic model per thing typed, shared by page, command line and import.

`parsed(Model, form)` reads what was typed or raises `Invalid`, one Vietnamese sentence per field. `FormState`
keeps what was typed so that the page can be shown again. Knows nothing of Flask.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from marketplace.core import text, units
from marketplace.core.errors import Invalid, Refused
from marketplace.core.i18n import N_

Model = TypeVar("Model", bound=BaseModel)
LONGEST_NAME = 100  #: letters of a name or a hamlet, as written and folded


class Typed(BaseModel):
    """Base of all input models: unknown fields are ignored, text is cleaned, nothing is coerced silently."""

    model_config = ConfigDict(extra="ignore", str_strip_whitespace=True)


def _one_line(value: object) -> object:
    return text.clean(value) if isinstance(value, str) else value


def _lines(value: object) -> object:
    return text.clean_lines(value) if isinstance(value, str) else value


def _empty_is_none(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


def reading(read: Any) -> BeforeValidator:
    """Turn a parser that raises `units.Unreadable` into a validator that keeps its sentence."""

    def validate(value: object) -> object:
        if not isinstance(value, str):
            return value
        try:
            return read(value)
        except units.Unreadable as error:
            raise PydanticCustomError(
                "unreadable", "{sentence}", {"sentence": error.sentence, **error.facts}
            ) from error

    return BeforeValidator(validate)


def _fits_folded(value: str) -> str:
    """A name is kept folded too, and some letters become two: ß is ss."""
    if len(text.fold(value)) > LONGEST_NAME:
        raise PydanticCustomError("string_too_long", "{max_length}", {"max_length": LONGEST_NAME})
    return value


FitsFolded = AfterValidator(_fits_folded)

# Limits stand before the readers: they then count in the cleaned text, and know that it is text.
_Line = Annotated[str, Field(max_length=200)]
Line = Annotated[str, Field(min_length=1, max_length=200), BeforeValidator(_one_line)]  #: one line, required
Name = Annotated[str, Field(min_length=2, max_length=LONGEST_NAME), FitsFolded, BeforeValidator(_one_line)]
Code = Annotated[str, Field(min_length=1, max_length=60), BeforeValidator(_one_line)]
Text = Annotated[str, Field(max_length=5000), BeforeValidator(_lines)]  #: paragraphs, may be empty
MaybeLine = Annotated[
    _Line | None, BeforeValidator(_empty_is_none), BeforeValidator(_one_line)
]  #: validators run from the right: clean first, then empty is None
Kilograms = Annotated[
    int, Field(gt=0, le=1_000_000_000), reading(units.parse_grams)
]  #: typed in kg, read as grams
Dong = Annotated[int, Field(ge=0, le=100_000_000_000), reading(units.parse_vnd)]
Day = Annotated[date, reading(units.parse_date)]
MaybeDay = Annotated[date | None, reading(units.parse_date), BeforeValidator(_empty_is_none)]
Whole = Annotated[int, Field(ge=0, le=1_000_000)]
Choice = Annotated[str, Field(min_length=1, max_length=60), BeforeValidator(_one_line)]
Tick = Annotated[bool, BeforeValidator(lambda value: value in ("1", "on", "true", True))]


class FormState:
    """What was typed and what is wrong with it; templates ask `value`, `values`, `error`."""

    def __init__(self, typed: Mapping[str, Sequence[str]] | None = None) -> None:
        self.typed = {name: list(values) for name, values in (typed or {}).items()}
        self.errors: dict[str, str] = {}
        self.sentences: dict[str, tuple[str, Mapping[str, object]]] = {}

    def value(self, name: str) -> str:
        values = self.typed.get(name)
        return values[0] if values else ""

    def values(self, name: str) -> list[str]:
        return self.typed.get(name, [])

    def error(self, name: str) -> str | None:
        return self.errors.get(name)

    def fill(self, **values: object) -> "FormState":
        """Show these where nothing was typed yet; None shows an empty field."""
        for name, value in values.items():
            if name not in self.typed:
                many = value if isinstance(value, list | tuple) else [value]
                self.typed[name] = ["" if one is None else str(one) for one in many]
        return self

    def refuse(self, refusal: Refused) -> None:
        """Put a refusal on its field (or on the whole form, under the empty name)."""
        if isinstance(refusal, Invalid):
            self.sentences.update(refusal.errors)
        else:
            self.sentences[refusal.field or ""] = (refusal.sentence, refusal.facts)


def parsed(model: type[Model], form: FormState | Mapping[str, object]) -> Model:
    """Read typed values into `model`; every wrong field gets one sentence, all in one `Invalid`."""
    if isinstance(form, FormState):
        values: dict[str, object] = {}
        for name, field in model.model_fields.items():
            many = "list" in str(field.annotation) or "tuple" in str(field.annotation)
            if name in form.typed:
                values[name] = form.values(name) if many else form.value(name)
    else:
        values = dict(form)
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise Invalid(_sentences(model, error)) from error


_SENTENCES = {
    "missing": N_("Hãy điền “%(label)s”."),
    "string_too_short": N_("“%(label)s” còn trống hoặc quá ngắn, hãy điền đủ."),
    "string_too_long": N_("“%(label)s” quá dài, nhiều nhất %(max_length)s ký tự."),
    "greater_than": N_("“%(label)s” phải lớn hơn %(gt)s."),
    "greater_than_equal": N_("“%(label)s” phải từ %(ge)s trở lên."),
    "less_than_equal": N_("“%(label)s” lớn quá mức cho phép, hãy kiểm tra lại."),
    "too_short": N_("Hãy chọn ít nhất một mục ở “%(label)s”."),
    "int_parsing": N_("“%(label)s” phải là số nguyên, ví dụ 12."),
    "enum": N_("Hãy chọn một mục có sẵn ở “%(label)s”."),
    "literal_error": N_("Hãy chọn một mục có sẵn ở “%(label)s”."),
}
_UNKNOWN = N_("“%(label)s” chưa đúng, hãy xem lại.")


def _sentences(model: type[BaseModel], error: ValidationError) -> dict[str, tuple[str, Mapping[str, object]]]:
    found: dict[str, tuple[str, Mapping[str, object]]] = {}
    for problem in error.errors(include_url=False):
        name = str(problem["loc"][0]) if problem["loc"] else ""
        field = model.model_fields.get(name)
        facts: dict[str, object] = {
            "label": (field.title if field else None) or name,
            **problem.get("ctx", {}),
        }
        empty = problem["input"] is None or problem["input"] == ""
        kind = "missing" if empty and name else problem["type"]
        sentence = (
            str(facts["sentence"]) if "sentence" in facts and not empty else _SENTENCES.get(kind, _UNKNOWN)
        )
        found.setdefault(name, (sentence, facts))
    return found
