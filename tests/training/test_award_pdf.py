"""Certificates on paper: every letter is printed, everything fits, the same papers give the same bytes."""

import re
import shutil
import subprocess
import zlib
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import segno
from fontTools.ttLib import TTFont

from tests.house_rules.sources import ROOT
from training.award_papers import Paper, hours, paper_of
from training.award_pdf import FONTS, certificates_pdf
from training.models import CertificateCopy

A4_LYING = (841.89, 595.28)  #: points
LETTERS = (
    "aáàảãạăắằẳẵặâấầẩẫậbcdđeéèẻẽẹêếềểễệfghiíìỉĩịjklmnoóòỏõọôốồổỗộơớờởỡợpqrstuúùủũụưứừửữựvwxyýỳỷỹỵz"
    "0123456789.,;:()-–’'“”"
)


def a_paper(number: str = "HG-TH-2021-0001", **values) -> Paper:
    said = {
        "certificate_id": 1,
        "version": 1,
        "token": "Ab-_5678901234567890xY",
        "name": "Hoàng Thị Vén",
        "birth_year": 1975,
        "course": "Đưa nông sản lên sàn",
        "organiser": "Trung tâm Khuyến nông",
        "place": "Nhà văn hóa thôn Vĩnh Sơn, xã Vĩnh Hảo, huyện Bắc Quang",
        "held_from": date(2021, 11, 5),
        "held_to": date(2021, 11, 6),
        "half_days": 4,
        "minutes": 960,
        "issued_at": datetime(2021, 12, 6, 18, 0, tzinfo=UTC),
    }
    return paper_of(
        CertificateCopy(**{**said, **values}), number, lambda token: f"https://lensan.example/cn/{token}"
    )


def longest() -> Paper:
    return a_paper(
        version=2,
        name=("Nguyễn Thị Phượng Hoàng " * 5)[:100].strip(),
        course=("Đóng gói, bảo quản và giao cam tươi qua bưu điện " * 4)[:150],
        organiser=("Trung tâm Khuyến nông và Xúc tiến thương mại tỉnh Hà Giang " * 3)[:150],
        place=("Hội trường Ủy ban nhân dân xã Vĩnh Hảo, thôn Vĩnh Sơn, " * 8)[:400],
        half_days=12,
        minutes=2880,
    )


def read_by_poppler(pdf: bytes, tmp_path: Path, *options: str) -> str:
    if shutil.which("pdftotext") is None:
        pytest.skip("the text of the PDF was not read: there is no pdftotext (poppler-utils)")
    (tmp_path / "giay.pdf").write_bytes(pdf)
    command = ["pdftotext", *options, str(tmp_path / "giay.pdf"), "-"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def opened(pdf: bytes) -> list[bytes]:
    """Every stream of a PDF, unpacked."""
    found = re.findall(rb"<<([^>]*(?:>>)?[^>]*)>>\nstream\n(.*?)\nendstream", pdf, re.DOTALL)
    return [zlib.decompress(data) if b"FlateDecode" in about else data for about, data in found]


def pages_of(pdf: bytes) -> list[str]:
    """What is drawn on each page."""
    return [stream.decode("latin-1") for stream in opened(pdf) if b" Tj" in stream]


def printed_letters(pdf: bytes) -> set[str]:
    """What the fonts of the file can be read back as: only letters that were printed are in them."""
    tables = [stream.decode() for stream in opened(pdf) if b"beginbfchar" in stream]
    return {
        chr(int(code, 16)) for table in tables for code in re.findall(r"<[0-9A-F]{4}> <([0-9A-F]{4})>", table)
    }


def words_on(pdf: bytes, tmp_path: Path) -> list[tuple[float, float, float, float, str]]:
    """(left, top, right, bottom, word) of everything written, in points."""
    box = r'<word xMin="([\d.-]+)" yMin="([\d.-]+)" xMax="([\d.-]+)" yMax="([\d.-]+)">(.*?)</word>'
    found = re.findall(box, read_by_poppler(pdf, tmp_path, "-bbox"))
    return [
        (float(left), float(top), float(right), float(low), word) for left, top, right, low, word in found
    ]


# --- what it says -------------------------------------------------------------------------------------------


def test_a_certificate_says_everything_that_was_kept(tmp_path):
    said = read_by_poppler(certificates_pdf([a_paper()]), tmp_path, "-layout")

    for line in (
        "TRUNG TÂM KHUYẾN NÔNG",
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Độc lập - Tự do - Hạnh phúc",
        "GIẤY CHỨNG NHẬN",
        "Hoàng Thị Vén",
        "Sinh năm 1975",
        "“Đưa nông sản lên sàn”",
        "Từ ngày 05/11/2021 đến ngày 06/11/2021, dự 4 buổi (16 giờ)",
        "tại Nhà văn hóa thôn Vĩnh Sơn, xã Vĩnh Hảo, huyện Bắc Quang",
        "Số: HG-TH-2021-0001",
        "Ngày 07 tháng 12 năm 2021",
        "(Ký, ghi rõ họ tên, đóng dấu)",
    ):
        assert line in said
    assert "Bản" not in said


def test_a_copy_issued_again_says_its_version_and_an_unknown_year_is_left_out(tmp_path):
    said = read_by_poppler(certificates_pdf([a_paper(version=3, birth_year=None)]), tmp_path, "-layout")

    assert "Bản 3, cấp lại" in said
    assert "Sinh năm" not in said


def test_every_letter_of_a_certificate_is_in_the_file_and_can_be_copied_out():
    paper = a_paper(name="Đặng Thị Ỷ Phượng", place="Ủy ban xã Ẵ, ẳ ẩ ậ ỗ ợ ữ ỵ")

    letters = printed_letters(certificates_pdf([paper]))

    assert set(paper.copy.name + paper.where + paper.course + paper.when + paper.numbered) <= letters


@pytest.mark.parametrize("style", ["Regular", "Bold"])
def test_the_shipped_font_has_every_letter_of_vietnamese_and_is_small(style):
    path = FONTS / f"LenSanSerif-{style}.ttf"
    with TTFont(path) as font:
        known = set(font.getBestCmap())

    assert {ord(letter) for letter in LETTERS + LETTERS.upper()} - known == set()
    assert path.stat().st_size < 75_000


def test_the_font_ships_with_its_origin_and_licence_and_the_wheel_takes_both():
    origin = (FONTS / "ORIGIN.md").read_text("utf-8")

    assert "SIL OPEN FONT LICENSE Version 1.1" in origin
    assert "Copyright (c) 2012 Red Hat, Inc. with Reserved Font Name Liberation." in origin
    assert FONTS.relative_to(ROOT).parts[0] == "training", "hatchling packs everything in the packages"


@pytest.mark.parametrize(
    ("minutes", "words"), [(960, "16 giờ"), (210, "3 giờ 30 phút"), (45, "45 phút"), (0, "0 phút")]
)
def test_hours_are_said_in_words(minutes, words):
    assert hours(minutes) == words


# --- how it looks -------------------------------------------------------------------------------------------


def test_each_certificate_is_one_lying_a4_page_that_leads_to_its_own_check():
    papers = [a_paper(f"HG-TH-2021-{n:04d}", token=f"{n:022d}") for n in (1, 2, 3)]

    pdf = certificates_pdf(papers)

    assert len(pages_of(pdf)) == 3
    assert re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", pdf) == [(b"841.89", b"595.28")]
    assert re.findall(rb"/URI \((.*?)\)", pdf) == [paper.address.encode() for paper in papers]


def test_the_code_on_the_paper_is_the_one_of_its_address():
    paper = a_paper()
    matrix = segno.make_qr(paper.address, error="m").matrix

    [page] = pages_of(certificates_pdf([paper]))
    black = page[page.index("0 g\n") :]
    dark = [tuple(map(float, one)) for one in re.findall(r"([\d.]+) ([\d.]+) ([\d.]+) -[\d.]+ re f", black)]
    left, top = min(x for x, *_ in dark), max(y for _, y, _ in dark)
    module = 30 / 25.4 * 72 / len(matrix)
    drawn = {
        (round((top - y) / module), round((x - left) / module) + step)
        for x, y, width in dark
        for step in range(round(width / module))
    }

    assert drawn == {(line, place) for line, row in enumerate(matrix) for place, bit in enumerate(row) if bit}


@pytest.mark.parametrize(
    "paper", [a_paper(), longest(), a_paper(name="W" * 100, course="W" * 150, place="W" * 400)]
)
def test_nothing_leaves_the_frame_or_covers_another_line(paper, tmp_path):
    words = words_on(certificates_pdf([paper]), tmp_path)

    frame = 11 / 25.4 * 72
    width, height = A4_LYING
    for left, top, right, low, word in words:
        assert frame < left, word
        assert right < width - frame, word
        assert frame < top, word
        assert low < height - frame, word
    for number, (left, top, right, low, word) in enumerate(words):
        for other_left, other_top, other_right, other_low, other in words[number + 1 :]:
            across = min(right, other_right) - max(left, other_left)
            down = min(low, other_low) - max(top, other_top)
            assert across <= 0.5 or down <= 0.25 * min(low - top, other_low - other_top), (word, other)


def test_a_long_name_is_written_smaller_and_whole(tmp_path):
    paper = longest()

    words = words_on(certificates_pdf([paper]), tmp_path)

    line = [word for word in words if abs(word[1] - words[[w[4] for w in words].index("Nguyễn")][1]) < 1]
    assert " ".join(word[4] for word in line) == paper.copy.name


def test_the_same_papers_give_the_same_bytes_and_another_name_others():
    papers = [a_paper(), longest()]

    assert certificates_pdf(papers) == certificates_pdf(papers)
    assert certificates_pdf([a_paper()]) != certificates_pdf([a_paper(name="Hoàng Thị Ven")])


def test_a_hundred_certificates_are_a_hundred_pages_and_a_light_file():
    papers = [a_paper(f"HG-TH-2021-{n:04d}", token=f"{n:022d}", name=f"Người Thứ {n}") for n in range(100)]

    pdf = certificates_pdf(papers)

    assert len(pages_of(pdf)) == 100
    assert len(pdf) < 1_000_000
