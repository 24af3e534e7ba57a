"""Planned failures of a mock: which call, which kind, how often; the same seed gives the same run."""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

#: Kind of a failure -> what people read.
CALL_WORDS = {
    "timeout_before": "Không trả lời, chưa làm",
    "timeout_after": "Không trả lời, nhưng đã làm",
    "late_apply": "Không trả lời, một lúc sau mới làm",
    "http_500": "Lỗi máy chủ (500)",
    "http_429": "Gọi quá nhanh (429)",
    "reset": "Đứt kết nối",
    "html_body": "Đã làm, nhưng trả lời bằng trang web",
    "truncated_json": "Đã làm, nhưng câu trả lời bị cụt",
    "expired_token": "Phiên đăng nhập hết hạn",
    "partial_failure": "Từ chối một phần của lô",
    "slow": "Trả lời chậm",
}
PUSH_WORDS = {
    "webhook_drop": "Tin báo bị rơi",
    "webhook_duplicate": "Tin báo gửi hai lần",
    "webhook_reorder": "Tin báo đảo thứ tự",
}
KIND_WORDS = {**CALL_WORDS, **PUSH_WORDS}
CALL_KINDS = tuple(CALL_WORDS)
PUSH_KINDS = tuple(PUSH_WORDS)
_NUMBERS = {"delay": 2.0, "hold": 1.0, "retry_after": 1.0}


class NoAnswer(ConnectionError):
    """The client gets no answer; `kind` is "timeout" or "reset"."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


class BadRule(ValueError):
    """A rule that cannot be planned; its text is the sentence for the person who wrote it."""


@dataclass
class FaultRule:
    """One planned failure: `times` None means for ever; `delay`, `hold`, `retry_after` are seconds."""

    match: str
    kind: str
    probability: float = 1.0
    times: int | None = None
    seed: int = 0
    delay: float = _NUMBERS["delay"]
    hold: float = _NUMBERS["hold"]
    retry_after: float = _NUMBERS["retry_after"]
    after: bool = False  #: http_500 and reset: the call happened before it failed
    dice: random.Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)  # noqa: S311 - repeatable on purpose

    def covers(self, *names: str) -> bool:
        """Whether one of "METHOD /path" or "METHOD /path-template" is meant."""
        if self.match.endswith("*"):
            return any(name.startswith(self.match[:-1]) for name in names)
        return any(name.rstrip("/") == self.match.rstrip("/") for name in names)

    def strikes(self) -> bool:
        """Throw the dice, and count down when it hits."""
        if self.times == 0 or self.dice.random() >= self.probability:
            return False
        if self.times is not None:
            self.times -= 1
        return True


class FaultPlan:
    """The rules in force, first match first."""

    def __init__(self) -> None:
        self.struck: Counter[str] = Counter()  #: how often each kind has struck, under whatever rules
        self.rules: list[FaultRule] = []
        self._calls: list[FaultRule] = []
        self._pushes: list[FaultRule] = []

    def load(self, rows: Any) -> None:
        """Replace all rules; `BadRule` says what is wrong and then nothing changed."""
        if not isinstance(rows, Sequence) or isinstance(rows, str | bytes):
            raise BadRule("“rules” phải là một danh sách.")
        rules = [_rule(row) for row in rows]
        self.rules = rules
        self._calls = [rule for rule in rules if rule.kind in CALL_KINDS]
        self._pushes = [rule for rule in rules if rule.kind in PUSH_KINDS]

    def for_call(self, *names: str) -> FaultRule | None:
        """The failure planned for this call, if it strikes now."""
        return self._first(self._calls, *names)

    def for_push(self, name: str) -> FaultRule | None:
        """The failure planned for a push of this name, e.g. "WEBHOOK SALESORDER.CREATE"."""
        return self._first(self._pushes, name)

    def _first(self, rules: Sequence[FaultRule], *names: str) -> FaultRule | None:
        rule = next((rule for rule in rules if rule.covers(*names) and rule.strikes()), None)
        if rule is not None:
            self.struck[rule.kind] += 1
        return rule


def _rule(row: Any) -> FaultRule:
    if not isinstance(row, Mapping):
        raise BadRule("Mỗi luật phải là một đối tượng có “kind”.")
    kind = row.get("kind")
    if kind not in CALL_KINDS + PUSH_KINDS:
        raise BadRule(f"Không có kiểu lỗi “{kind}”. Chọn một trong: {', '.join(CALL_KINDS + PUSH_KINDS)}.")
    match = row.get("match") or "*"
    if not isinstance(match, str):
        raise BadRule("“match” phải là chữ, ví dụ “POST /api/partner/product”.")
    probability = _number(row, "probability", 1.0)
    if probability > 1:
        raise BadRule("“probability” phải từ 0 đến 1.")
    return FaultRule(
        match=match,
        kind=kind,
        probability=probability,
        times=_count(row, "times"),
        seed=_count(row, "seed") or 0,
        after=row.get("after") is True,
        **{name: _number(row, name, usual) for name, usual in _NUMBERS.items()},
    )


def _number(row: Mapping[str, Any], name: str, usual: float) -> float:
    value = row.get(name)
    if value is None:
        return usual
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 86_400:
        raise BadRule(f"“{name}” phải là số không âm.")
    return float(value)


def _count(row: Mapping[str, Any], name: str) -> int | None:
    value = row.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise BadRule(f"“{name}” phải là số nguyên không âm.")
    return value
