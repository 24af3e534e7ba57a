"""Money of statements: shared exactly, settled once, explained by orders or by a person."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, col, select

from connectors.kit.statements import Statement as Told
from connectors.voso.mock_statement import statement_file as voso_file
from marketplace.core.audit import AuditEntry
from marketplace.core.errors import Refused
from marketplace.selling.models import TonnageEntry
from marketplace.selling.returns import record_complaint
from marketplace.selling.settling import closing, importing
from marketplace.selling.settling.closing import CloseIn, close_line, reopen_line
from marketplace.selling.settling.importing import import_statement, undo_import
from marketplace.selling.settling.matching import match_news, news_waits
from marketplace.selling.settling.models import KINDS, Statement, StatementShare, Whose
from marketplace.selling.settling.sharing import Goods, Owner, share_out
from tests import factories as make
from tests.selling.settling import DAY, HOUR, NOW, PRICE, Desk, by_kind, everything, file_of, holds, row
from tests.support.dying import dies_at_commit

SLOWLY = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)


@pytest.fixture
def desk(db: Session) -> Desk:
    return Desk(db)


def lines_of(desk: Desk, order: Any) -> Any:
    from marketplace.selling.orders import lines_of as read

    return read(desk.db, order)


# --- shared


def test_money_goes_to_the_households_by_grams_exactly(desk: Desk) -> None:
    desk.tell("1", packs=7)  # 30 kg of the first household, 40 kg of the second
    desk.import_(row("1-G", "1", goods=1_400_000, fee=-56_001))
    assert desk.of(0) == 600_000 - 24_000
    assert desk.of(1) == 800_000 - 32_001
    assert holds(desk.db)


def test_a_voucher_of_the_seller_costs_the_household_and_one_of_the_marketplace_does_not(desk: Desk) -> None:
    desk.tell("1", packs=1)
    desk.tell("2", packs=1)
    desk.import_(
        row("1-G", "1", goods=185_000, marketplace_voucher=15_000),
        row("2-G", "2", goods=200_000, seller_voucher=-10_000),
    )
    assert desk.states() == {"1-G": "explained", "2-G": "explained"}
    assert desk.of(0) == 200_000 + 190_000


def test_goods_of_no_lot_are_the_sellers_and_shown_apart(db: Session) -> None:
    desk = Desk(db, lots=(10_000,))
    desk.tell("1", packs=2)
    desk.import_(row("1-G", "1", goods=400_000))
    assert desk.money() == {desk.households[0].id: 200_000, None: 200_000}
    shares = db.exec(select(StatementShare).order_by(col(StatementShare.id))).all()
    assert [(share.lotless, share.producer_id) for share in shares] == [
        (False, desk.coop.id),
        (True, desk.coop.id),
    ]


def test_what_a_refused_order_cost_is_shared_to_its_line(desk: Desk) -> None:
    desk.tell("1", packs=3)
    desk.tell("2", packs=1)
    desk.tell("3", "new", packs=1)
    desk.tell("3", "refused", packs=1, after=1)
    desk.import_(row("3-T", "3", unsold=-18_000))
    assert desk.states() == {"3-T": "explained"}
    assert desk.of(1) == -18_000


def test_a_line_that_names_goods_goes_to_those_goods_alone() -> None:
    goods = [Goods("A", 100, (Owner(1, 7, 1, 10),)), Goods("B", 300, (Owner(1, 8, 2, 10),))]
    assert share_out({"goods_vnd": 40}, goods) == [
        (goods[0].owners[0], {"goods_vnd": 10}),
        (goods[1].owners[0], {"goods_vnd": 30}),
    ]
    assert share_out({"goods_vnd": 40}, goods, sku="B") == [(goods[1].owners[0], {"goods_vnd": 40})]
    assert share_out({"goods_vnd": 40}, goods, sku="?") == share_out({"goods_vnd": 40}, goods)


amounts = st.dictionaries(st.sampled_from(KINDS), st.integers(-(10**10), 10**10), max_size=6)
owners = st.lists(st.integers(0, 10**7), min_size=1, max_size=5)
goods = st.lists(st.tuples(st.integers(0, 10**9), owners), min_size=1, max_size=5)


@given(amounts, goods)
def test_shares_of_any_amounts_sum_to_them_exactly(
    vnd: dict[str, int], lines: list[tuple[int, list[int]]]
) -> None:
    told = [
        Goods(str(n), worth, tuple(Owner(1, h, n, grams) for h, grams in enumerate(each)))
        for n, (worth, each) in enumerate(lines)
    ]
    parts = [part for _, part in share_out(vnd, told)]
    for kind in KINDS:
        assert sum(part.get(kind, 0) for part in parts) == vnd.get(kind, 0)


# --- settled once


def test_the_same_file_twice_changes_nothing_and_returns_the_first(desk: Desk) -> None:
    desk.tell("1")
    first = desk.import_(row("1-G", "1", goods=600_000))
    before, money = everything(desk.db), desk.money()
    again = desk.import_(row("1-G", "1", goods=600_000))
    assert again.id == first.id
    assert (everything(desk.db), desk.money()) == (before, money)


def test_an_import_that_dies_at_its_commit_leaves_nothing_and_can_be_done_again(desk: Desk) -> None:
    desk.tell("1")
    desk.db.commit()
    before = everything(desk.db)
    with dies_at_commit(1):
        desk.import_(row("1-G", "1", goods=600_000))
        desk.db.commit()
    desk.db.rollback()
    assert everything(desk.db) == before
    desk.import_(row("1-G", "1", goods=600_000))
    desk.db.commit()
    assert len(desk.db.exec(select(Statement)).all()) == 1


def test_the_same_number_with_other_content_is_refused(desk: Desk) -> None:
    desk.tell("1")
    desk.import_(row("1-G", "1", goods=600_000))
    before = everything(desk.db)
    with pytest.raises(importing.OtherContent, match="số DS-1"):
        desk.import_(row("1-G", "1", goods=600_001))
    assert everything(desk.db) == before


def test_a_line_settled_before_counts_once_and_is_shown(desk: Desk) -> None:
    desk.tell("1")
    desk.tell("2")
    one = row("1-G", "1", goods=600_000)
    desk.import_(one)
    second = desk.import_(one, row("2-G", "2", goods=600_000), number="DS-2")
    assert second.payout_vnd == 1_200_000
    assert desk.line("1-G").state == "repeated"
    assert sum(desk.money().values()) == 1_200_000
    assert holds(desk.db)


def test_a_row_told_twice_in_one_file_counts_once(desk: Desk) -> None:
    desk.tell("1")
    one = row("1-G", "1", goods=600_000)
    desk.import_(one, one)
    assert sum(desk.money().values()) == 600_000
    assert holds(desk.db)


def test_an_amount_the_marketplace_changed_later_waits_as_the_difference(desk: Desk) -> None:
    desk.tell("1")
    desk.import_(row("1-G", "1", goods=600_000, fee=-24_000))
    desk.import_(row("1-G", "1", goods=600_000, fee=-30_000), number="DS-2")
    line = desk.line("1-G")
    assert (line.state, by_kind([line])) == ("changed", {"fee_vnd": -6_000})
    assert sum(desk.money().values()) == 576_000
    close_line(desk.db, desk.clerk, line, CloseIn(to=Whose.ORDER, why="Sàn tính lại phí"), now=NOW)
    assert sum(desk.money().values()) == 570_000
    desk.import_(row("1-G", "1", goods=600_000, fee=-30_000), number="DS-3")
    assert desk.line("1-G").state == "repeated"
    assert holds(desk.db)


def test_a_payout_that_is_not_the_sum_leaves_its_difference_to_a_person(desk: Desk) -> None:
    desk.tell("1")
    desk.import_(row("1-G", "1", goods=600_000), payout=599_000)
    line = desk.line("")
    assert (line.state, line.adjustment_vnd, line.row) == ("payout", -1_000, 0)
    assert holds(desk.db)


# --- explained by orders


@pytest.mark.parametrize(
    ("state", "amounts", "waits"),
    [
        ("delivered", {"goods": 599_999}, "goods"),
        ("new", {"goods": 600_000}, "not_delivered"),
        ("delivered", {"goods": 600_000, "refund": -1}, "refund"),
        ("delivered", {"unsold": -18_000}, "unsold"),
        ("delivered", {"goods": 600_000, "adjustment": -1}, "odd"),
    ],
)
def test_what_differs_from_our_order_waits_unshared(
    state: str, amounts: dict[str, Any], waits: str, desk: Desk
) -> None:
    desk.tell("1", state)
    desk.import_(row("1-G", "1", **amounts))
    assert desk.states() == {"1-G": waits}
    assert desk.money() == {}


def test_refunds_are_explained_by_returns_and_complaints_and_no_further(desk: Desk) -> None:
    order = desk.tell("1")
    desk.import_(row("1-G", "1", goods=600_000))
    desk.import_(row("1-H1", "1", refund=-200_000), number="DS-2")
    desk.import_(row("1-K1", "1", refund=-50_000), number="DS-3")
    assert desk.states() == {"1-G": "explained", "1-H1": "refund", "1-K1": "refund"}
    desk.tell("1", "returned", after=2, returned_packs=1)
    record_complaint(desk.db, desk.clerk, lines_of(desk, order)[0], 2_000, 49_999, on=DAY, now=NOW + 3 * HOUR)
    assert match_news(desk.db) == 0
    record_complaint(desk.db, desk.clerk, lines_of(desk, order)[0], 0, 1, on=DAY, now=NOW + 4 * HOUR)
    assert match_news(desk.db) == 2
    assert sum(desk.money().values()) == 350_000
    assert holds(desk.db)


def test_of_a_partial_delivery_what_was_taken_must_be_paid(desk: Desk) -> None:
    desk.tell("1", delivered_packs=2)
    desk.import_(row("1-G", "1", goods=400_000))
    assert desk.states() == {"1-G": "explained"}


def test_an_order_that_arrives_later_is_met_by_itself(desk: Desk) -> None:
    desk.import_(row("1-G", "1", goods=600_000))
    assert (desk.states(), news_waits(desk.db)) == ({"1-G": "no_order"}, False)
    desk.tell("1")
    assert news_waits(desk.db)
    assert match_news(desk.db) == 1
    assert desk.of(0) == 600_000
    assert (match_news(desk.db), news_waits(desk.db)) == (0, False)


def test_goods_known_later_take_the_money_from_the_seller(desk: Desk) -> None:
    from marketplace.selling.models import ParkedOrder
    from marketplace.selling.parked import match

    desk.tell("1", sku="TAY-1")
    desk.import_(row("1-G", "1", goods=600_000))
    assert desk.money() == {None: 600_000}
    parked = desk.db.exec(select(ParkedOrder)).one()
    match(desk.db, desk.clerk, parked, desk.listing.id or 0, now=NOW + HOUR)
    assert news_waits(desk.db)
    assert match_news(desk.db) == 1
    assert desk.money() == {desk.households[0].id: 600_000}
    assert holds(desk.db)


def test_a_statement_adds_no_tonnage(desk: Desk) -> None:
    desk.tell("1")
    before = desk.db.exec(select(TonnageEntry)).all()
    desk.import_(row("1-G", "1", goods=600_000), row("9-G", "9", goods=600_000))
    assert desk.db.exec(select(TonnageEntry)).all() == before
    assert [entry.evidence for entry in before] == ["A"]


# --- closed by a person


def test_an_amount_without_order_is_the_sellers_unless_a_person_says_otherwise(desk: Desk) -> None:
    desk.tell("1", packs=7)
    desk.import_(row("1-G", "1", goods=1_400_000), row("DC1", goods=0, adjustment=-7_001))
    money = dict(desk.money())
    line = desk.line("DC1")
    assert (line.state, money) == (
        "no_number",
        {desk.households[0].id: 600_000, desk.households[1].id: 800_000},
    )
    close_line(desk.db, desk.clerk, line, CloseIn(to=Whose.SELLER, why="Phí quảng cáo"), now=NOW)
    assert desk.money()[None] == -7_001
    reopen_line(desk.db, desk.clerk, line)
    assert (desk.money(), line.closed_to, line.closed_words) == (money, None, "")
    close_line(desk.db, desk.clerk, line, CloseIn(to=Whose.EVERYBODY, why="Chia đều"), now=NOW)
    assert (desk.of(0), desk.of(1)) == (600_000 - 3_000, 800_000 - 4_001)
    reopen_line(desk.db, desk.clerk, line)
    code = desk.households[1].code.lower()
    close_line(desk.db, desk.clerk, line, CloseIn(to=Whose.HOUSEHOLD, household=code, why="Hộ này"), now=NOW)
    assert desk.of(1) == 800_000 - 7_001
    actions = desk.db.exec(select(AuditEntry.action).where(AuditEntry.subject_kind == "statement_line")).all()
    assert actions == ["statement_line.closed", "statement_line.reopened"] * 2 + ["statement_line.closed"]
    assert holds(desk.db)


@pytest.mark.parametrize(
    ("to", "household", "refusal"),
    [
        (Whose.ORDER, None, closing.NoOrderToShare),
        (Whose.EVERYBODY, None, closing.NobodyToShare),
        (Whose.HOUSEHOLD, None, closing.UnknownHousehold),
        (Whose.HOUSEHOLD, "HG-999999", closing.UnknownHousehold),
    ],
)
def test_nobody_gets_money_that_cannot_be_given(
    to: Whose, household: str | None, refusal: type[Refused], desk: Desk
) -> None:
    desk.import_(row("9-G", "9", goods=600_000))
    with pytest.raises(refusal):
        close_line(
            desk.db, desk.clerk, desk.line("9-G"), CloseIn(to=to, household=household, why="?"), now=NOW
        )
    assert (desk.money(), desk.line("9-G").closed_at) == ({}, None)


def test_what_is_explained_or_closed_is_not_closed_again(desk: Desk) -> None:
    desk.tell("1")
    desk.import_(row("1-G", "1", goods=600_000), row("DC1", adjustment=5))
    seller = CloseIn(to=Whose.SELLER, why="Của HTX")
    close_line(desk.db, desk.clerk, desk.line("DC1"), seller, now=NOW)
    for key in ("1-G", "DC1"):
        with pytest.raises(closing.NothingToClose):
            close_line(desk.db, desk.clerk, desk.line(key), seller, now=NOW)
    with pytest.raises(closing.NotClosed):
        reopen_line(desk.db, desk.clerk, desk.line("1-G"))
    assert sum(desk.money().values()) == 600_005


def test_a_line_closed_by_a_person_stays_as_closed_when_its_order_arrives(desk: Desk) -> None:
    desk.import_(row("1-G", "1", goods=600_000))
    close_line(desk.db, desk.clerk, desk.line("1-G"), CloseIn(to=Whose.SELLER, why="Đơn cũ"), now=NOW)
    desk.tell("1")
    assert match_news(desk.db) == 0
    assert desk.money() == {None: 600_000}
    reopen_line(desk.db, desk.clerk, desk.line("1-G"))
    assert (desk.states(), desk.money()) == ({"1-G": "explained"}, {desk.households[0].id: 600_000})


# --- undone


def test_an_import_can_be_undone_and_done_again(desk: Desk) -> None:
    desk.tell("1")
    before = everything(desk.db)
    statement = desk.import_(row("1-G", "1", goods=600_000), row("DC1", adjustment=5))
    undo_import(desk.db, desk.clerk, statement)
    assert (everything(desk.db), desk.money()) == (before, {})
    desk.import_(row("1-G", "1", goods=600_000), row("DC1", adjustment=5))
    assert sum(desk.money().values()) == 600_000


def test_nothing_is_undone_that_a_person_or_a_later_statement_rests_on(desk: Desk) -> None:
    desk.tell("1")
    first = desk.import_(row("1-G", "1", goods=600_000))
    second = desk.import_(row("1-G", "1", goods=600_000), row("DC1", adjustment=5), number="DS-2")
    before = everything(desk.db)
    with pytest.raises(importing.LaterNeedsIt, match="DS-2"):
        undo_import(desk.db, desk.clerk, first)
    close_line(desk.db, desk.clerk, desk.line("DC1"), CloseIn(to=Whose.SELLER, why="Hỗ trợ"), now=NOW)
    before = everything(desk.db)
    with pytest.raises(importing.SomebodyClosed, match="1 dòng"):
        undo_import(desk.db, desk.clerk, second)
    assert everything(desk.db) == before
    reopen_line(desk.db, desk.clerk, desk.line("DC1"))
    undo_import(desk.db, desk.clerk, second)
    undo_import(desk.db, desk.clerk, first)
    assert desk.db.exec(select(Statement)).all() == []


# --- files that are not it


def a_voso_file() -> tuple[str, bytes]:
    return voso_file(Told("BK-1", DAY, DAY, 5, (row("1-G", "1", goods=5),)))


_NAME, _WHOLE = file_of(row("1-G", "1", goods=5))
WRONG = {
    "another marketplace": (a_voso_file()[1], "bảng đối soát của Sàn kiểu Voso"),
    "empty": (b"", "không có dòng nào"),
    "blank": (b"\n;;\n", "không có dòng nào"),
    "half a workbook": (_WHOLE[: len(_WHOLE) // 2], "Không đọc được tệp này"),
    "no text": (b"\xff\xd8\xff\xe0\x00\x10JFIF", "Không đọc được tệp này"),
    "another list": ("Họ tên;Xã\nVén;Vĩnh Hảo\n".encode(), "không có bảng đối soát của sàn"),
    "zeros": (b"a;b\0;c\n", "Không đọc được tệp này"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_file_is_refused_with_a_sentence_and_changes_nothing(what: str, desk: Desk) -> None:
    content, sentence = WRONG[what]
    before = everything(desk.db)
    with pytest.raises(Refused, match=sentence) as refusal:
        import_statement(desk.db, desk.clerk, desk.shop, "x", content, now=NOW)
    assert refusal.value.field == "file"
    assert everything(desk.db) == before


def test_a_voso_csv_that_breaks_off_is_refused(desk: Desk) -> None:
    shop = make.a_shop(desk.db, producer=desk.coop, marketplace="voso")
    name, content = a_voso_file()
    with pytest.raises(Refused, match="bị thiếu hoặc không bằng tổng các dòng"):
        import_statement(desk.db, desk.clerk, shop, name, content[:-3], now=NOW)
    assert import_statement(desk.db, desk.clerk, shop, name, content, now=NOW).payout_vnd == 5


def test_a_file_of_another_shop_is_refused_by_its_orders(desk: Desk) -> None:
    desk.tell("1")
    other = make.a_shop(desk.db, producer=desk.coop, name="Gian hàng khác")
    with pytest.raises(importing.OfAnotherShop, match=f"Đơn 1 trong tệp là của gian hàng “{desk.shop.name}”"):
        desk.import_(row("1-G", "1", goods=600_000), shop=other)
    assert desk.db.exec(select(Statement)).all() == []


def test_two_shops_may_have_statements_of_the_same_number(desk: Desk) -> None:
    other = make.a_shop(desk.db, producer=desk.coop, name="Gian hàng khác")
    desk.import_(row("1-G", "1", goods=600_000))
    desk.import_(row("1-G", "1", goods=500_000), shop=other)
    assert desk.line("1-G").state == "no_order"


# --- any order of news and statements

happenings = st.lists(
    st.tuples(
        st.sampled_from(["delivered", "refused", "cancelled", "returned", "complained", "late"]),
        st.integers(1, 5),
        st.integers(0, 3),
        st.booleans(),
    ),
    min_size=1,
    max_size=6,
)


@SLOWLY
@given(happenings, st.randoms(use_true_random=False))
def test_in_any_order_every_dong_is_somebodys_or_waits(db: Session, told: list[Any], dice: Any) -> None:
    with db.begin_nested() as nested:
        _play(Desk(db, lots=(13_000, 7_000, 60_000)), told, dice)
        nested.rollback()


def _play(desk: Desk, told: list[tuple[str, int, int, bool]], dice: Any) -> None:
    steps: list[tuple[int, Any]] = []
    paid = 0
    for number, (end, packs, fee, again) in enumerate(told, 1):
        order_no, rows = str(number), []
        news: list[tuple[str, dict[str, Any]]]
        worth = packs * PRICE
        if end in ("refused", "cancelled"):
            news = [("new", {}), (end, {})]
            rows = [row(f"{number}-T", order_no, unsold=-18_001)]
        else:
            news = [("new", {}), ("delivered", {})]
            rows = [
                row(f"{number}-G", order_no, goods=worth - 7, marketplace_voucher=7, fee=-(fee * 1_111 + 1))
            ]
        if end == "returned":
            news.append(("returned", {"returned_packs": 1}))
            rows.append(row(f"{number}-H", order_no, refund=-PRICE, fee=fee))
        if end == "complained":
            rows.append(row(f"{number}-K", order_no, refund=-999))
        paid += sum(one.total_vnd for one in rows)
        steps += [
            (hour, _telling(desk, order_no, state, packs, hour, more))
            for hour, (state, more) in enumerate(news)
        ]
        if end == "complained":
            steps.append((5, _complaining(desk, order_no)))
        place = dice.randint(0, 6)
        steps += [(place, _importing(desk, one, f"DS-{number}-{n}")) for n, one in enumerate(rows)]
        if again:
            steps.append((6, _importing(desk, rows[0], f"DS-{number}-2-again")))
    for _, step in sorted(steps, key=lambda one: one[0]):
        step()
        if dice.random() < 0.3:
            match_news(desk.db)
    match_news(desk.db)
    assert set(desk.states().values()) <= {"explained", "repeated"}
    assert sum(desk.money().values()) == paid
    assert holds(desk.db)


def _telling(desk: Desk, order_no: str, state: str, packs: int, hour: int, more: dict[str, Any]) -> Any:
    return lambda: desk.tell(order_no, state, packs, after=hour, **more)


def _importing(desk: Desk, one: Any, number: str) -> Any:
    return lambda: desk.import_(one, number=number)


def _complaining(desk: Desk, order_no: str) -> Any:
    from marketplace.selling.models import Order

    def complain() -> None:
        order = desk.db.exec(select(Order).where(Order.order_no == order_no)).one()
        record_complaint(
            desk.db, desk.clerk, lines_of(desk, order)[0], 0, 999, on=DAY, now=NOW + timedelta(hours=6)
        )

    return complain
