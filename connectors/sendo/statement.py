"""Sendo's settlement statement: a workbook, one row for each entry, one column for each amount.

The layout is assumed (README.md); what every seller's portal shows is in it.
"""

from connectors.kit.statements import Amount, Wide

LAYOUT = Wide(
    number="Mã đối soát",
    first="Từ ngày",
    last="Đến ngày",
    payout="Tổng thanh toán",
    key="Mã giao dịch",
    day="Ngày",
    order="Mã đơn hàng",
    sku="Mã sản phẩm",
    words="Nội dung",
    amounts={
        "Người mua trả": (Amount.GOODS, 1),
        "Voucher Sendo": (Amount.MARKETPLACE_VOUCHER, 1),
        "Voucher shop": (Amount.SELLER_VOUCHER, 1),
        "Phí bán hàng": (Amount.FEE, 1),
        "Phí thanh toán": (Amount.PAYMENT_FEE, 1),
        "Phí vận chuyển": (Amount.SHIPPING, 1),
        "Hoàn tiền": (Amount.REFUND, 1),
        "Phí đơn không thành": (Amount.UNSOLD, 1),
        "Khấu trừ thuế GTGT": (Amount.VAT, 1),
        "Khấu trừ thuế TNCN": (Amount.PIT, 1),
        "Điều chỉnh": (Amount.ADJUSTMENT, 1),
    },
    total="Thực nhận",
    end="Tổng cộng",
)
read_statement = LAYOUT.read
