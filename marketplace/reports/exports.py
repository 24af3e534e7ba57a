"""Reports as files for Excel, with a head that says what they are."""

from collections.abc import Sequence
from decimal import Decimal

from marketplace.core.i18n import N_
from marketplace.core.tables import Cell, Sheet, Words
from marketplace.core.units import date_vi, datetime_vi
from marketplace.reports.dimensions import BY_LABELS, VIEW_LABELS, By, Filters
from marketplace.reports.lines import Line
from marketplace.reports.tonnage import Asked, Report, TonnageRow
from marketplace.selling.models import CHANNEL_LABELS, EVIDENCE_LABELS, Channel, TonnageKind

DEFINITION = N_(
    "Khối lượng tịnh đã giao thành công, tính theo ngày giao ở Việt Nam; hàng trả lại trừ vào kỳ trả; "
    "đơn hủy hoặc không nhận tính 0 kg. “Lên sàn” gồm bán lẻ và bán sỉ qua sàn."
)
ROUNDING = N_("Cộng bằng gam rồi mới làm tròn, nên tổng các dòng đã làm tròn có thể lệch với tổng chung.")
KIND_LABELS = {
    TonnageKind.SOLD: N_("Đã giao"),
    TonnageKind.RETURNED: N_("Hàng trả lại"),
    TonnageKind.COMPLAINT: N_("Khiếu nại, không trả hàng"),
    TonnageKind.UNTAKEN: N_("Sửa số gói khách đã lấy"),
    TonnageKind.TAKEN_BACK: N_("Bỏ phiếu ghi nhầm"),
}


def rows_sheet(report: Report, *, user: str, filters: str, say: Words = str) -> Sheet:
    """The table of a report, one line per row, its total last."""
    heads = (
        BY_LABELS[report.asked.by],
        N_("Lên sàn (kg)"),
        *(CHANNEL_LABELS[channel] for channel in Channel),
    )
    rows: list[list[Cell]] = [[say(row.label), *_kilos(row)] for row in report.rows]
    foot: list[Cell] = [say(N_("Cộng")), *_kilos(report.total)]
    about = _about(report.asked, user, filters, datetime_vi(report.data_as_of), say)
    return Sheet([*about, (say(N_("Mã kiểm")), report.hash)], [say(head) for head in heads], rows, foot)


_LINE_HEADS = (
    N_("Ngày"),
    N_("Việc"),
    N_("Sản phẩm"),
    N_("Xã"),
    N_("Mã hộ"),
    N_("Kênh bán"),
    N_("Sàn"),
    N_("Bằng chứng"),
    N_("Đơn hàng hoặc giấy tờ"),
    N_("Khối lượng (kg)"),
    N_("Khiếu nại (kg)"),
    N_("Tiền hàng (đồng)"),
)


def lines_sheet(report: Report, lines: Sequence[Line], *, user: str, filters: str, say: Words = str) -> Sheet:
    """The counted lines themselves; the report over the same filters gives the hash."""
    rows: list[tuple[Cell, ...]] = [
        (
            line.day, say(KIND_LABELS[line.kind]), line.product, line.place, line.household_code,
            say(CHANNEL_LABELS[line.channel]), line.marketplace, say(EVIDENCE_LABELS[line.evidence]),
            line.order_no or line.paper, kilograms(line.grams), kilograms(line.complaint_grams),
            line.value_vnd,
        )
        for line in lines
    ]  # fmt: skip
    sums = (sum(line.grams for line in lines), sum(line.complaint_grams for line in lines))
    foot = (say(N_("Cộng")), *[None] * 8, *map(kilograms, sums), sum(line.value_vnd for line in lines))
    about = _about(report.asked, user, filters, datetime_vi(report.data_as_of), say)
    return Sheet([*about, (say(N_("Mã kiểm")), report.hash)], [say(head) for head in _LINE_HEADS], rows, foot)


def _about(asked: Asked, user: str, filters: str, as_of: str, say: Words) -> list[tuple[str, str]]:
    first, last = date_vi(asked.period.first), date_vi(asked.period.last)
    return [
        (say(N_("Báo cáo")), say(N_("Sản lượng tiêu thụ"))),
        (say(N_("Kỳ")), f"{first} – {last}"),
        (say(N_("Địa giới")), say(VIEW_LABELS[asked.view])),
        (say(N_("Chỉ tính")), filters),
        (say(N_("Cách tính")), say(DEFINITION)),
        (say(N_("Làm tròn")), say(ROUNDING)),
        (say(N_("Số liệu lúc")), as_of),
        (say(N_("Người xuất")), user),
    ]


def _kilos(row: TonnageRow) -> list[Decimal]:
    return [kilograms(row.headline_grams), *(kilograms(row.by_channel[channel].grams) for channel in Channel)]


def kilograms(grams: int) -> Decimal:
    """Exact kilograms of whole grams."""
    return Decimal(grams).scaleb(-3)


def filter_words(filters: Filters, names: dict[By, str], *, say: Words = str) -> str:
    """The filters in words, for the head of a page or file."""
    return " · ".join(f"{say(BY_LABELS[by])}: {say(names[by])}" for by in filters) or say(N_("tất cả"))
