"""Files that are not what was asked for: a sentence at once, nothing kept, no memory eaten."""

import io
import struct
import zipfile
import zlib

import pytest
import xlsxwriter
from PIL import Image
from sqlmodel import select
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from catalog.models import ImportBatch
from marketplace.accounts.models import Role
from tests.bad_input.test_forms import sentences
from tests.catalog.looking import seen
from tests.security.crawling import changed, contents

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF"


def a_zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("vuon.jpg", b"\xff\xd8\xff" * 100)
    return out.getvalue()


def a_header_of_100_megapixels() -> bytes:
    """A PNG that says it is 10,000 by 10,000 and holds next to nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 10_000, 10_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


def half_a_photo() -> bytes:
    out = io.BytesIO()
    Image.effect_noise((300, 300), 90).convert("RGB").save(out, "JPEG")
    return out.getvalue()[:4000]


PICTURES = {
    "zip": a_zip,
    "100 megapixels": a_header_of_100_megapixels,
    "svg": lambda: SVG,
    "empty": lambda: b"",
    "half": half_a_photo,
    "gif": lambda: (
        b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,"
    ),
    "words": lambda: "Không phải ảnh".encode(),
}


@pytest.mark.parametrize("kind", list(PICTURES))
def test_a_picture_that_is_none_is_refused_on_every_form_that_takes_one(
    app, engine, world, season, browser_of, settings, kind
):
    seller, product = world.own.producer.id, world.goods.product.id
    offer = {"pack_id": world.goods.pack.id, "price_vnd": "200.000", "client_key": "moi"}
    sale = {"producer_id": seller, "product_id": product, "channel": "trader", "evidence": "C", "grams": "5",
            "sold_on": "30/11/2021", "paper": "HĐ 77"}  # fmt: skip
    addresses = {
        f"/chao-ban/{world.own.offer.id}/anh": {},
        f"/chao-ban/moi?nguoi-ban={seller}&san-pham={product}": offer,
        f"/ban-ngoai-san/moi?nguoi-ban={seller}": sale,
        f"/lop-tap-huan/{world.own.classes.planned.id}/anh/them": {},
        f"/lop-tap-huan/{world.own.classes.held.id}/diem-danh/anh-phieu": {},
    }
    browser, before = browser_of(Role.EXTENSION), contents(engine)
    for address, typed in addresses.items():
        answer = browser.post(address, data={**typed, "photo": (io.BytesIO(PICTURES[kind]()), "vuon.jpg")})
        assert answer.status_code == 422, (address, answer.status_code)
        assert sentences(answer) != []
        assert all(
            f'value="{value}"' in answer.get_data(as_text=True)
            for value in ("HĐ 77",)
            if value in typed.values()
        )
    assert changed(before, contents(engine)) == []
    assert list(settings.photo_dir.rglob("*.jpg")) == []


def a_book(*rows: list[object], merged: bool = False) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
        if merged:
            sheet.merge_range(0, 0, 1, 2, "DANH SÁCH HỘ")
            sheet.merge_range(2, 0, 2, 2, "Họ và tên")
    return out.getvalue()


def many_rows(count: int) -> bytes:
    """A sheet of the same household `count` times, written as text: a workbook library takes its time."""
    heading = _row(1, ["Họ tên", "Thôn", "Xã"])
    body = "".join(_row(number, ["Lộc Minh Xuân", "Thôn A", "Vĩnh Hảo"]) for number in range(2, count + 2))
    sheet = f'<worksheet xmlns="{MAIN}"><sheetData>{heading}{body}</sheetData></worksheet>'
    source = zipfile.ZipFile(io.BytesIO(a_book(["x"])))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name in source.namelist():
            data = sheet.encode() if name == "xl/worksheets/sheet1.xml" else source.read(name)
            archive.writestr(name, data)
    return out.getvalue()


MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def _row(number: int, cells: list[str]) -> str:
    written = "".join(
        f'<c r="{column}{number}" t="inlineStr"><is><t>{cell}</t></is></c>'
        for column, cell in zip("ABC", cells, strict=True)
    )
    return f'<row r="{number}">{written}</row>'


BOOKS = {
    "pdf": lambda: PDF,
    "nothing": lambda: b"",
    "words": lambda: "Họ tên;Thôn;Xã\n".encode(),
    "zip": a_zip,
    "an empty sheet": a_book,
    "headings only": lambda: a_book(["Họ tên", "Thôn", "Xã"]),
    "other headings": lambda: a_book(["STT", "Ghi chú"], [1, "x"]),
    "half a workbook": lambda: a_book(["Họ tên", "Thôn", "Xã"])[:900],
    "200,000 rows": lambda: many_rows(200_000),
    "merged headings": lambda: a_book([], [], [], ["Hoàng Thị Vén", "", "Vĩnh Hảo"], merged=True),
}


@pytest.mark.parametrize("kind", list(BOOKS))
def test_a_workbook_that_is_no_household_list_is_refused(engine, world, browser_of, kind):
    browser, before = browser_of(Role.EXTENSION), contents(engine)

    answer = sent_book(browser, "/nhap-excel/moi", BOOKS[kind]())

    assert answer.status_code in (413, 422), answer.get_data(as_text=True)[:300]
    assert answer.status_code == 413 or sentences(answer) != []
    assert changed(before, contents(engine)) == []


def sent_book(browser, address: str, book: bytes, **fields: str):
    """Encoded here: the test client would put a large form into a temporary file and leave it open."""
    file = FileStorage(io.BytesIO(book), "ho.xlsx", "file")
    boundary, data = encode_multipart({**fields, "file": file})
    return browser.post(address, data=data, content_type=f'multipart/form-data; boundary="{boundary}"')


def a_bomb() -> bytes:
    """A workbook of less than a megabyte that unpacks to 400."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        with archive.open("xl/worksheets/sheet1.xml", "w") as sheet:
            for _ in range(400):
                sheet.write(b"\0" * 1_000_000)
    return out.getvalue()


ROLLS = {
    **{kind: BOOKS[kind] for kind in ("pdf", "nothing", "words", "zip", "an empty sheet", "half a workbook")},
    "headings only": lambda: a_book(["STT", "Họ và tên"]),
    "no names": lambda: a_book(["STT", "Ghi chú"], [1, "x"]),
    "a bomb": a_bomb,
}


@pytest.mark.parametrize("kind", list(ROLLS))
def test_a_workbook_that_is_no_class_list_is_refused(engine, world, browser_of, kind):
    browser, before = browser_of(Role.EXTENSION), contents(engine)
    facts = {"course_id": str(world.goods.course.id), "first_day": "2021-11-16", "commune": "Vĩnh Hảo"}
    facts |= {"venue": "Hội trường", "organiser": "Khuyến nông", "host": "province"}

    for address in ("/lop-tap-huan/nhap-excel", f"/lop-tap-huan/{world.own.classes.held.id}/nhap-excel"):
        answer = sent_book(browser, address, ROLLS[kind](), **facts)

        assert answer.status_code == 422, (address, answer.status_code)
        assert sentences(answer) != []
    assert changed(before, contents(engine)) == []


@pytest.mark.parametrize("address", ["/nhap-excel/moi", "/chao-ban/moi", "/ho-dan/moi", "/dang-nhap"])
def test_what_is_too_large_is_refused_before_it_is_read(engine, world, browser_of, settings, address):
    browser, before = browser_of(Role.EXTENSION), contents(engine)
    large = settings.upload_megabytes * 1024 * 1024 + 1024

    answer = browser.post(
        address,
        input_stream=io.BytesIO(b"\0" * large),
        content_length=large,
        content_type="multipart/form-data; boundary=x",
    )

    assert answer.status_code == 413
    assert "quá lớn" in answer.get_data(as_text=True)
    assert changed(before, contents(engine)) == []


def test_a_form_of_very_many_fields_is_refused(engine, world, browser_of):
    browser, before = browser_of(Role.EXTENSION), contents(engine)

    answer = browser.post("/ho-dan/moi", data={f"o{number}": "x" for number in range(20_000)})

    assert answer.status_code in (413, 422)
    assert changed(before, contents(engine)) == []


def test_a_name_in_a_workbook_that_folds_longer_than_its_column_is_a_refused_row(engine, world, browser_of):
    """ß is ss when folded: a hundred of them fit as written and not as searched, which PostgreSQL refuses."""
    data = a_book(
        ["Họ tên", "Thôn", "Xã"], ["ß" * 100, "Thôn A", "Vĩnh Hảo"], ["Lộc Minh Xuân", "ß" * 100, "Vĩnh Hảo"]
    )

    sent = browser_of(Role.EXTENSION).post("/nhap-excel/moi", data={"file": (io.BytesIO(data), "ho.xlsx")})

    assert sent.status_code == 303
    (batch,) = seen(engine, select(ImportBatch).order_by(ImportBatch.id.desc()).limit(1))
    assert (batch.rows_new, batch.rows_refused) == (0, 2)
