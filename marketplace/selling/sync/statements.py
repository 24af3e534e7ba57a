"""Settlement files in our words: the marketplace's own reader, found as every connector is."""

from collections.abc import Sequence

from connectors.kit.discovery import marketplaces
from connectors.kit.protocol import Marketplace
from connectors.kit.statements import BadStatement, NotTheirs, Row, Table
from connectors.kit.statements import Statement as ToldStatement
from marketplace.core.errors import Refused
from marketplace.core.i18n import N_

__all__ = ["Row", "ToldStatement", "has_statements", "read_statement"]


class NoStatements(Refused):
    sentence = N_("Sàn này chưa có mẫu tệp đối soát trong hệ thống. Hãy báo kỹ thuật kèm một tệp mẫu.")
    status = 422
    field = "file"


class OfAnotherMarketplace(Refused):
    sentence = N_("Tệp này là bảng đối soát của %(title)s. Hãy chọn gian hàng trên sàn đó rồi gửi lại.")
    status = 422
    field = "file"


class UnreadableStatement(Refused):
    """The reader's own sentence stands in place of the usual one."""

    sentence = N_("Tệp này không đọc được như bảng đối soát.")
    status = 422
    field = "file"

    def __init__(self, wrong: BadStatement) -> None:
        self.sentence = wrong.sentence  # type: ignore[misc]  # one class for all their sentences
        super().__init__()
        self.facts = wrong.facts
        self.args = (self.text(),)


def has_statements(name: str) -> bool:
    """Whether files of this marketplace can be read."""
    found = marketplaces().get(name)
    return found is not None and found.read_statement is not None


def read_statement(name: str, tables: Sequence[Table]) -> ToldStatement:
    """What a marketplace's file says; refuses with the reader's sentence, or names whose file it is."""
    found = marketplaces().get(name)
    if found is None or found.read_statement is None:
        raise NoStatements
    try:
        return found.read_statement(tables)
    except NotTheirs as wrong:
        other = _whose(tables)
        if other is not None:
            raise OfAnotherMarketplace(title=other.title) from wrong
        raise UnreadableStatement(wrong) from wrong
    except BadStatement as wrong:
        raise UnreadableStatement(wrong) from wrong


def _whose(tables: Sequence[Table]) -> Marketplace | None:
    """The marketplace whose reader knows the headings."""
    for other in marketplaces().values():
        try:
            if other.read_statement is not None and other.read_statement(tables):
                return other
        except NotTheirs:
            continue
        except BadStatement:
            return other
    return None
