"""Settlement statements: money a mock pays, and how the cells of a file are read."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from connectors.kit.cells import day, dong
from connectors.kit.conformance.money import tables_of
from connectors.kit.control import Control, Impossible
from connectors.kit.mock_goods import MockOrder, MockProduct
from connectors.kit.mock_money import Money, Tariff
from connectors.kit.protocol import OrderState, RemoteState
from connectors.kit.statements import Amount, BadCell, NotTheirs
from connectors.sendo.statement import LAYOUT, read_statement
from tests.connectors.conftest import URL, Sendo, an_offer

SKU = "HG-CAM-5KG"
FIRST, LAST = date(2021, 12, 1), date(2021, 12, 31)
AT = datetime(2021, 12, 20, 2, 0, tzinfo=UTC)
TARIFF = Tariff(
    fee=400, payment_fee=100, vat=100, pit=50, shipping_vnd=5_000, unsold_vnd=18_000, fine_vnd=10_000
)


def an_order(number: str = "1", packs: int = 3, price_vnd: int = 150_000) -> MockOrder:
    goods = MockProduct(SKU, "1", "Cam", price_vnd, 100, RemoteState.LIVE, AT, AT)
    return MockOrder(number, goods, SKU, packs, price_vnd, OrderState.NEW, AT, AT)


def become(money: Money, order: MockOrder, status: OrderState, **values: Any) -> None:
    before = order.returned_packs
    order.status = status
    for name, value in values.items():
        setattr(order, name, value)
    money.moved(order, before)


@pytest.mark.parametrize(
    ("typed", "vnd"),
    [
        (1_234_567, 1_234_567),
        (-12_000.0, -12_000),
        ("1.234.567", 1_234_567),
        ("-1.234.567 đ", -1_234_567),
        ("(1.234)", -1_234),
        ("\u221212.000₫", -12_000),
        ("1,234,567", 1_234_567),
        ("1.234", 1_234),
        ("150000", 150_000),
        ("999 VND", 999),
        ("", 0),
        (None, 0),
        ("-", 0),
    ],
)
def test_dong_are_read_however_they_are_typed(typed: Any, vnd: int) -> None:
    assert dong(typed) == vnd


@pytest.mark.parametrize(
    "typed",
    [
        "1.5",
        "1.234,5",
        "12.34.567",
        "1.234,567",
        "abc",
        12.5,
        float("nan"),
        1e15,
        "--5",
        "(-5)",
        "１２",
        True,
    ],
)
def test_what_is_no_whole_dong_is_not_guessed(typed: Any) -> None:
    assert dong(typed) is None


@given(st.integers(-(10**12) + 1, 10**12 - 1))
def test_every_amount_is_read_as_it_was_written(vnd: int) -> None:
    assert dong(f"{vnd:,}".replace(",", ".")) == dong(str(vnd) if abs(vnd) > 999 else vnd) == vnd


def test_days_are_read_as_date_cells_and_as_text() -> None:
    cell = datetime(2021, 12, 7, 9, 30)  # noqa: DTZ001 - what a spreadsheet reader hands over
    written = (cell, date(2021, 12, 7), "07/12/2021", "7/12/2021 09:30", "2021-12-07")
    assert {day(one) for one in written} == {date(2021, 12, 7)}
    assert [day(one) for one in ("31/02/2021", "", None, "hôm qua")] == [None] * 4


def test_a_delivered_order_pays_goods_less_what_is_kept() -> None:
    money, order = Money(TARIFF), an_order()
    become(money, order, OrderState.DELIVERED, delivered_packs=3)
    (row,) = money.rows
    assert row.amounts == {
        Amount.GOODS: 450_000,
        Amount.FEE: -18_000,
        Amount.PAYMENT_FEE: -4_500,
        Amount.SHIPPING: -5_000,
        Amount.VAT: -4_500,
        Amount.PIT: -2_250,
    }
    assert (row.key, row.order_no, row.sku, row.day) == ("1-G", "1", SKU, date(2021, 12, 20))


def test_of_a_partial_delivery_only_what_was_taken_is_paid() -> None:
    money, order = Money(TARIFF), an_order()
    become(money, order, OrderState.DELIVERED, delivered_packs=2)
    assert money.rows[0].amounts[Amount.GOODS] == 300_000


def test_vouchers_of_the_marketplace_cost_the_seller_nothing_and_his_own_do() -> None:
    both = Tariff(fee=400, seller_voucher=(1, 1_000), marketplace_voucher=(1, 15_000))
    money, order = Money(both), an_order(packs=1)
    become(money, order, OrderState.DELIVERED, delivered_packs=1)
    assert money.rows[0].amounts == {
        Amount.GOODS: 135_000,
        Amount.MARKETPLACE_VOUCHER: 15_000,
        Amount.SELLER_VOUCHER: -15_000,
        Amount.FEE: -5_400,
    }


def test_a_return_gives_back_its_part_of_fee_voucher_and_tax_but_not_of_freight() -> None:
    money, order = Money(TARIFF), an_order()
    become(money, order, OrderState.DELIVERED, delivered_packs=3)
    become(money, order, OrderState.RETURNED, returned_packs=1)
    become(money, order, OrderState.RETURNED, returned_packs=3)
    back = [row.amounts for row in money.rows[1:]]
    assert [row.key for row in money.rows] == ["1-G", "1-H1", "1-H3"]
    assert [one[Amount.REFUND] for one in back] == [-150_000, -300_000]
    for kind in (Amount.FEE, Amount.VAT, Amount.PIT):
        assert sum(row.amounts.get(kind, 0) for row in money.rows) == 0
    assert sum(row.total_vnd for row in money.rows) == -5_000 - 4_500


def test_a_refused_order_costs_its_freight_and_a_cancelled_one_only_when_its_shop_did_it() -> None:
    money = Money(TARIFF)
    become(money, an_order("1"), OrderState.REFUSED)
    become(money, an_order("2"), OrderState.CANCELLED, cancelled_by="buyer")
    become(money, an_order("3"), OrderState.CANCELLED, cancelled_by="seller")
    assert [(row.key, row.amounts) for row in money.rows] == [
        ("1-T", {Amount.UNSOLD: -18_000}),
        ("3-X", {Amount.UNSOLD: -10_000}),
    ]


def test_no_more_is_refunded_than_was_paid(sendo: Sendo) -> None:
    sendo.shop.create(an_offer(packs=10))
    control = Control(URL)
    order_no = control.buy(SKU, 1)["order_no"]
    with pytest.raises(Impossible, match="chỉ còn 0 đồng"):
        control.refund(order_no, 1)
    for step in ("confirmed", "shipped", "delivered"):
        control.advance(order_no, step)
    control.refund(order_no, 150_000)
    with pytest.raises(Impossible, match="chỉ còn 0 đồng"):
        control.refund(order_no, 1)
    assert len(sendo.mock.money.rows) == 2


def test_the_file_tells_what_the_truth_tells(sendo: Sendo) -> None:
    sendo.shop.create(an_offer(packs=10))
    control = Control(URL)
    order_no = control.buy(SKU, 2)["order_no"]
    for step in ("confirmed", "shipped", "delivered"):
        control.advance(order_no, step)
    control.adjust(-7_000, "Phí quảng cáo")
    name, content = control.settlement(FIRST, LAST)
    truth = control.settlement_truth(FIRST, LAST)
    assert name == "doi-soat-sendo-20211201-20211231.xlsx"
    statement = read_statement(tables_of(name, content))
    assert statement.number == "DS-20211201-20211231-2" == truth["number"]
    assert statement.payout_vnd == truth["payout_vnd"] == sum(line["amount_vnd"] for line in truth["lines"])
    assert control.settlement(FIRST, LAST)[1] == content
    assert control.settlement_truth(date(2022, 1, 1), date(2022, 1, 31)) == {
        "number": "DS-20220101-20220131-0",
        "first": "2022-01-01",
        "last": "2022-01-31",
        "payout_vnd": 0,
        "lines": [],
    }


@pytest.mark.parametrize("asked", ["", "?first=2021-12-01", "?first=hôm nay&last=2021-12-02"])
def test_days_nobody_can_read_are_refused_with_a_sentence(asked: str, sendo: Sendo) -> None:
    answer = requests.get(f"{URL}/_mock/settlement{asked}", timeout=5)
    assert (answer.status_code, "phải là ngày" in answer.json()["error"]) == (400, True)


def a_table(*rows: list[Any], headings: tuple[str, ...] = LAYOUT.headings) -> list[list[Any]]:
    return [
        [LAYOUT.number, "DS-1"],
        [LAYOUT.first, "01/12/2021", LAYOUT.last, "31/12/2021"],
        [LAYOUT.payout, "1.000"],
        list(headings),
        *rows,
        [LAYOUT.end, *[""] * (len(headings) - 2), rows[0][-1]],
    ]


def test_a_column_nobody_knows_becomes_an_adjustment_of_the_order() -> None:
    headings = ("Mã giao dịch", "Ngày", "Mã đơn hàng", "Người mua trả", "Phí mới lạ", "THỰC NHẬN")
    rows = a_table(["1-G", "07/12/2021", 140000001.0, "150.000", "-9.000", "141.000"], headings=headings)
    (row,) = read_statement([rows]).rows
    assert row.order_no == "140000001"
    assert row.amounts == {Amount.GOODS: 150_000, Amount.ADJUSTMENT: -9_000}


def test_a_cell_that_cannot_be_read_is_named() -> None:
    cells = ["1-G", "07/12/2021", "1", SKU, "Giao", "một trăm", *[""] * 10, "150.000"]
    with pytest.raises(BadCell, match="Dòng 5, cột “Người mua trả”: không đọc được “một trăm”"):
        read_statement([a_table(cells)])


def test_the_file_of_another_marketplace_is_not_read() -> None:
    with pytest.raises(NotTheirs):
        read_statement([[["Số giao dịch", "Mã đơn", "Khoản mục", "Số tiền"]]])
