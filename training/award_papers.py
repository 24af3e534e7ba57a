"""What is printed on a certificate, line by line. The paper is Vietnamese whatever its reader speaks."""

from collections.abc import Callable
from dataclasses import dataclass

import segno

from marketplace.core.units import date_vi, local_day
from training.models import CertificateCopy

MOTTO = ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc")
TITLE = "GIẤY CHỨNG NHẬN"
TO_WHOM = "Chứng nhận Ông/Bà"
DID = "đã tham dự lớp tập huấn"
SIGNER = "ĐẠI DIỆN ĐƠN VỊ TỔ CHỨC"
SIGNING = "(Ký, ghi rõ họ tên, đóng dấu)"
SCAN = "Quét mã để kiểm tra giấy này"


@dataclass(frozen=True)
class Paper:
    """One copy as it is printed; `address` is where its QR code leads."""

    copy: CertificateCopy
    number: str
    address: str

    @property
    def born(self) -> str:
        """Empty when the year is not known."""
        return f"Sinh năm {self.copy.birth_year}" if self.copy.birth_year else ""

    @property
    def course(self) -> str:
        return f"“{self.copy.course}”"

    @property
    def when(self) -> str:
        attended = f"dự {self.copy.half_days} buổi ({hours(self.copy.minutes)})"
        if self.copy.held_from == self.copy.held_to:
            return f"Ngày {date_vi(self.copy.held_from)}, {attended}"
        return f"Từ ngày {date_vi(self.copy.held_from)} đến ngày {date_vi(self.copy.held_to)}, {attended}"

    @property
    def where(self) -> str:
        return f"tại {self.copy.place}"

    @property
    def signed_on(self) -> str:
        day = local_day(self.copy.issued_at)
        return f"Ngày {day:%d} tháng {day:%m} năm {day:%Y}"

    @property
    def numbered(self) -> str:
        return f"Số: {self.number}"

    @property
    def version(self) -> str:
        """Empty on a first copy."""
        return f"Bản {self.copy.version}, cấp lại" if self.copy.version > 1 else ""

    @property
    def code(self) -> segno.QRCode:
        return segno.make_qr(self.address, error="m")

    @property
    def picture(self) -> str:
        """The QR code as a data: address for a web page."""
        return str(self.code.svg_data_uri(border=0, omitsize=True))


def paper_of(copy: CertificateCopy, number: str, address_of: Callable[[str], str]) -> Paper:
    """The paper of a copy; `address_of` makes the public address of a token."""
    return Paper(copy, number, address_of(copy.token))


def hours(minutes: int) -> str:
    """16 giờ; 3 giờ 30 phút; 45 phút."""
    whole, rest = divmod(minutes, 60)
    words = [f"{whole} giờ"] if whole else []
    return " ".join([*words, f"{rest} phút"] if rest or not whole else words)
