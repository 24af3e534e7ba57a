"""Certificates as PDF: one A4 page each, lying, in the font that is shipped (ADR 13)."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import cast

from fpdf import FPDF, Align
from fpdf.enums import MethodReturnValue

from marketplace.core.units import LOCAL
from training import award_papers as words
from training.award_papers import Paper

FONTS = Path(__file__).parent / "fonts"
WIDTH, HEIGHT = 297, 210  #: millimetres of A4 lying
MARGIN = 24
GREEN, ORANGE, INK, SOFT = (17, 72, 46), (233, 120, 15), (28, 38, 31), (69, 76, 61)
CODE = 30  #: side of the QR code, millimetres
POINT = 25.4 / 72  #: millimetres
LEADING = 1.22  #: distance of lines, in heights of letters


def certificates_pdf(papers: Sequence[Paper]) -> bytes:
    """One page for each, in this order. The same papers give the same bytes."""
    pdf = FPDF("landscape", "mm", "A4")
    pdf.set_auto_page_break(auto=False)
    pdf.add_font("Serif", "", FONTS / "LenSanSerif-Regular.ttf")
    pdf.add_font("Serif", "B", FONTS / "LenSanSerif-Bold.ttf")
    pdf.set_creation_date(_latest(papers))
    pdf.set_title(words.TITLE)
    pdf.set_lang("vi")
    for paper in papers:
        pdf.add_page()
        _frame(pdf)
        _head(pdf, paper)
        _body(pdf, paper)
        _check(pdf, paper)
        _signature(pdf, paper)
    return bytes(pdf.output())


def _latest(papers: Sequence[Paper]) -> datetime:
    return max(paper.copy.issued_at for paper in papers).astimezone(LOCAL)


def _frame(pdf: FPDF) -> None:
    for inset, line, colour in ((8.0, 1.4, GREEN), (10.4, 0.35, ORANGE)):
        pdf.set_draw_color(*colour)
        pdf.set_line_width(line)
        pdf.rect(inset, inset, WIDTH - 2 * inset, HEIGHT - 2 * inset)
    pdf.set_fill_color(*ORANGE)
    for x in (10.4, WIDTH - 10.4):
        for y in (10.4, HEIGHT - 10.4):
            pdf.ellipse(x - 1.6, y - 1.6, 3.2, 3.2, style="F")


def _head(pdf: FPDF, paper: Paper) -> None:
    left, right, width = 18.0, 158.0, 121.0
    below = _block(pdf, left, 19, width, paper.copy.organiser.upper(), 12.5, bold=True, most=3)
    _rule(pdf, left + width / 2, below + 1.5, 28)
    below = _block(pdf, right, 19, width, words.MOTTO[0], 12.5, bold=True)
    below = _block(pdf, right, below + 0.6, width, words.MOTTO[1], 13, bold=True)
    _rule(pdf, right + width / 2, below + 1.5, 52)


def _body(pdf: FPDF, paper: Paper) -> None:
    """From the title to the place; what is short leaves air, what is long shrinks."""
    width = WIDTH - 2 * MARGIN
    _block(pdf, MARGIN, 45, width, words.TITLE, 38, bold=True, colour=GREEN)
    _rule(pdf, WIDTH / 2, 64, 44, ORANGE)
    _block(pdf, MARGIN, 70, width, words.TO_WHOM, 15, colour=SOFT)
    y = _block(pdf, MARGIN, 79, width, paper.copy.name, 30, bold=True) + 3
    if paper.born:
        y = _block(pdf, MARGIN, y, width, paper.born, 14) + 2
    y = _block(pdf, MARGIN, y, width, words.DID, 15, colour=SOFT) + 2
    y = _block(pdf, MARGIN, y, width, paper.course, 21, bold=True, colour=GREEN, most=2) + 3
    y = _block(pdf, MARGIN, y, width, paper.when, 14) + 1.5
    _block(pdf, MARGIN, y, width, paper.where, 14, most=3)


def _check(pdf: FPDF, paper: Paper) -> None:
    """The QR code with the number, which together tell a changed paper from a true one."""
    x, y = 20.0, HEIGHT - 20 - CODE
    pdf.set_fill_color(0, 0, 0)
    matrix = paper.code.matrix
    module = CODE / len(matrix)
    for line, row in enumerate(matrix):
        for first, length in _runs(row):
            pdf.rect(x + first * module, y + line * module, length * module, module, style="F")
    pdf.link(x, y, CODE, CODE, paper.address)
    beside, width = x + CODE + 5, 92.0
    below = _block(pdf, beside, y + 5, width, paper.numbered, 13, bold=True, align=Align.L)
    if paper.version:
        below = _block(pdf, beside, below + 1, width, paper.version, 12, align=Align.L)
    _block(pdf, beside, below + 2, width, words.SCAN, 11, colour=SOFT, align=Align.L)


def _runs(row: Sequence[int]) -> Iterator[tuple[int, int]]:
    """(first, length) of the dark stretches of one line: one rectangle each leaves no hair between them."""
    first = None
    for place, dark in enumerate([*row, 0]):
        if dark and first is None:
            first = place
        elif not dark and first is not None:
            yield first, place - first
            first = None


def _signature(pdf: FPDF, paper: Paper) -> None:
    x, width = 176.0, 100.0
    below = _block(pdf, x, 153, width, paper.signed_on, 13)
    below = _block(pdf, x, below + 1, width, words.SIGNER, 13, bold=True)
    _block(pdf, x, below + 0.5, width, words.SIGNING, 11, colour=SOFT)


def _rule(pdf: FPDF, middle: float, y: float, length: float, colour: tuple[int, int, int] = INK) -> None:
    pdf.set_draw_color(*colour)
    pdf.set_line_width(0.4)
    pdf.line(middle - length / 2, y, middle + length / 2, y)


def _block(
    pdf: FPDF,
    x: float,
    y: float,
    width: float,
    text: str,
    size: float,
    *,
    bold: bool = False,
    colour: tuple[int, int, int] = INK,
    align: Align = Align.C,
    most: int = 1,
) -> float:
    """Write text from (x, y) on, smaller when it would need more than `most` lines; where it ends."""
    pdf.set_text_color(*colour)
    pdf.set_font("Serif", "B" if bold else "", size)
    while _lines(pdf, text, width) > most:
        pdf.set_font_size(pdf.font_size_pt * 0.95)
    height = pdf.font_size_pt * POINT * LEADING
    pdf.set_xy(x, y)
    pdf.multi_cell(width, height, text, align=align)
    return float(pdf.get_y())


def _lines(pdf: FPDF, text: str, width: float) -> int:
    broken = pdf.multi_cell(width, 1, text, dry_run=True, output=MethodReturnValue.LINES)
    return len(cast(list[str], broken))
