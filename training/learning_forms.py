"""What is typed about quizzes, notes and materials."""

from typing import Annotated

from pydantic import Field

from marketplace.core.forms import Line, Text, Typed
from marketplace.core.i18n import N_
from training.forms import Short

MOST_OPTIONS = 5


class QuestionIn(Typed):
    """A question with up to five answers; `right_option` is the number of the right one, from 1."""

    words: Annotated[Line, Field(max_length=300)] = Field(title=N_("Câu hỏi"))
    option_1: Short = Field(default="", title=N_("Câu trả lời 1"))
    option_2: Short = Field(default="", title=N_("Câu trả lời 2"))
    option_3: Short = Field(default="", title=N_("Câu trả lời 3"))
    option_4: Short = Field(default="", title=N_("Câu trả lời 4"))
    option_5: Short = Field(default="", title=N_("Câu trả lời 5"))
    right_option: Annotated[int, Field(ge=1, le=MOST_OPTIONS)] = Field(title=N_("Câu trả lời đúng"))

    def columns(self) -> dict[str, object]:
        """The columns of a `Question`, which counts its answers from 0."""
        return {"words": self.words, "options": self.options, "right_option": self.right_option - 1}

    @property
    def options(self) -> list[str]:
        """The answers as typed, without the empty ones at the end."""
        written = [self.option_1, self.option_2, self.option_3, self.option_4, self.option_5]
        while written and not written[-1]:
            written.pop()
        return written


class NoteIn(Typed):
    """What the trainer writes down."""

    words: Annotated[Text, Field(min_length=1, max_length=2000)] = Field(title=N_("Ghi chú"))


class MaterialIn(Typed):
    """Something to take home; words, a file, or both."""

    title: Annotated[Line, Field(max_length=150)] = Field(title=N_("Tên tài liệu"))
    words: Annotated[Text, Field(max_length=20_000)] = Field(default="", title=N_("Nội dung"))
