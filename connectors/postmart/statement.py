"""Postmart's settlement statement: a workbook with a cover sheet and one with the orders.

What is kept stands in columns of its own without a minus, and amounts are text. The layout is assumed
(README.md).
"""

from connectors.kit.statements import Amount, Wide

LAYOUT = Wide(
    number="Số bảng kê chi trả",
    first="Kỳ từ ngày",
    last="Kỳ đến ngày",
    payout="Số tiền chuyển khoản",
    key="Mã bút toán",
    day="Thời gian",
    order="Số hiệu đơn",
    sku="Mã sản phẩm bán",
    words="Ghi chú",
    amounts={
        "Khách trả": (Amount.GOODS, 1),
        "Sàn hỗ trợ giá": (Amount.MARKETPLACE_VOUCHER, 1),
        "Giảm giá của người bán": (Amount.SELLER_VOUCHER, -1),
        "Phí sàn": (Amount.FEE, -1),
        "Phí COD": (Amount.PAYMENT_FEE, -1),
        "Cước vận chuyển": (Amount.SHIPPING, -1),
        "Thuế GTGT": (Amount.VAT, -1),
        "Thuế TNCN": (Amount.PIT, -1),
        "Hoàn khách": (Amount.REFUND, -1),
        "Cước chuyển hoàn": (Amount.UNSOLD, -1),
        "Bù trừ khác": (Amount.ADJUSTMENT, 1),
    },
    total="Còn lại",
    end="TỔNG",
)
read_statement = LAYOUT.read
