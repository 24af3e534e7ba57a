"""What a category asks of its goods, and which of it an offer still owes: one rule for every rule pack."""

from collections.abc import Iterator, Mapping

from connectors.kit.protocol import Attribute, Schema

NOTHING = ("", "0")  #: answers that say "none": what is asked together with them is not asked


def is_required(attribute: Attribute, answers: Mapping[str, str]) -> bool:
    """Must it be answered, with the other answers as they are?"""
    if attribute.required:
        return True
    other = attribute.required_with
    return other is not None and answers.get(other, "").strip() not in NOTHING


def fits(attribute: Attribute, value: str) -> bool:
    """Is it an answer: one of the options where there are any, else any words?"""
    return value in attribute.options if attribute.options else bool(value.strip())


def missing(schema: Schema | None, answers: Mapping[str, str]) -> Iterator[Attribute]:
    """What must still be answered: required and empty, or answered with what is no option (any more)."""
    for attribute in schema.attributes if schema else ():
        value = answers.get(attribute.id, "")
        if (value.strip() or is_required(attribute, answers)) and not fits(attribute, value):
            yield attribute
