"""The public check of a certificate by the token of its QR code, and the masked name it shows."""

import gzip
import re
import secrets
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.models import Household
from marketplace.core.text import clean
from tests import factories as make
from tests.support.statements import statements
from tests.training.awarding import Hall, an_award, issued, text, token_of
from training import awards
from training.award_checks import masked_name

NOW = make.NOW
SMALL = 5 * 1024  #: bytes of the public page with all its assets, compressed (people.md §5)
SYLLABLES = (
    "Hoàng", "Thị", "Vén", "Nguyễn", "Phượng", "Đặng", "Ỷ", "Ngọc", "Lù", "Seo", "Páo", "A", "Giàng", "Mỷ",
    "Ẩn", "Ô", "H'Mây", "Ường", "Quốc", "Tuấn", "Bàn", "Tà", "Liều", "Phàn", "Chòi", "Nhàn", "Sùng", "Thào",
    "Xẻo", "Đức",
)  # fmt: skip
NAMES = st.lists(st.sampled_from(SYLLABLES), min_size=2, max_size=6)


@pytest.fixture
def settings(settings):
    return settings.model_copy(update={"check_limit": "1000000 per minute"})


@pytest.fixture
def hall(db):
    return Hall(db)


def test_anybody_with_the_code_reads_what_the_paper_must_say(hall, db, client, engine):
    token = token_of(engine, issued(hall, db)["Hoàng Thị Vén"])

    answer = client.get(f"/cn/{token}")

    assert answer.status_code == 200
    page = text(answer)
    for said in (
        "Giấy này còn hiệu lực",
        "HG-TH-2021-0002",
        "H*** T*** Vén",
        "Đưa nông sản lên sàn",
        "09/11/2021",
        "2 buổi, 8 giờ",
        "Trung tâm khuyến nông",
    ):
        assert said in page
    assert "Hoàng" not in page
    assert "Vĩnh" not in page


def test_the_page_tells_valid_replaced_and_revoked_apart(hall, db, client, engine):
    award = issued(hall, db)["Hoàng Thị Vén"]
    awards.reissue_award(db, hall.worker, award, "Mất giấy", version=1, now=NOW)
    db.commit()
    old, new = token_of(engine, award, 1), token_of(engine, award, 2)

    assert "Giấy này đã được thay bằng bản 2 ngày 01/12/2021" in text(client.get(f"/cn/{old}"))
    assert "Giấy này còn hiệu lực" in text(client.get(f"/cn/{new}"))

    awards.revoke_award(db, hall.worker, award, "Chuyện riêng của người này", now=NOW)
    db.commit()
    for token in (old, new):
        page = text(client.get(f"/cn/{token}"))
        assert "Giấy này đã bị thu hồi ngày 01/12/2021" in page
        assert "còn hiệu lực" not in page
        assert "Chuyện riêng" not in page


def test_unknown_altered_and_malformed_codes_get_one_and_the_same_answer(hall, db, client, engine):
    token = token_of(engine, issued(hall, db)["Hoàng Thị Vén"])
    swapped = token[:-1] + ("A" if token[-1] != "A" else "B")
    tried = [
        secrets.token_urlsafe(16),
        swapped,
        token[:-1],
        f"{token}A",
        f"{token}/",
        "HG-TH-2021-0002",
        "x" * 3000,
        "%00",
        "%F0%28%8C%28",
        "%27%20OR%201%3D1",
        "a/b/c",
    ]

    answers = [client.get(f"/cn/{one}") for one in tried]

    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.get_data() for answer in answers}) == 1
    counted = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "Retry-After")
    headers = [{k: v for k, v in answer.headers if k not in counted} for answer in answers]
    assert all(one == headers[0] for one in headers)
    assert "Không có giấy chứng nhận nào với mã này" in text(answers[0])
    assert "Vén" not in text(answers[0])


def test_the_public_page_sets_no_cookie_is_not_kept_and_has_no_script_or_form(hall, db, client, engine):
    known = client.get(f"/cn/{token_of(engine, issued(hall, db)['Hoàng Thị Vén'])}")

    for answer in (known, client.get("/cn/AAAAAAAAAAAAAAAAAAAAAA")):
        assert answer.headers.getlist("Set-Cookie") == []
        assert answer.headers["Cache-Control"] == "no-store"
        page = answer.get_data(as_text=True)
        assert "<script" not in page
        assert "<form" not in page


def test_the_visitor_chooses_the_language(hall, db, client, engine):
    token = token_of(engine, issued(hall, db)["Hoàng Thị Vén"])

    english, nonsense = client.get(f"/cn/{token}?ngon-ngu=en"), client.get(f"/cn/{token}?ngon-ngu=xx")

    assert '<html lang="en">' in english.get_data(as_text=True)
    assert 'href="?ngon-ngu=vi"' in english.get_data(as_text=True)
    assert '<html lang="vi">' in nonsense.get_data(as_text=True)
    assert 'href="?ngon-ngu=en"' in nonsense.get_data(as_text=True)


def test_the_public_page_with_everything_it_loads_is_below_five_kilobytes(hall, db, client, engine):
    person = make.a_person(
        db, db.get_one(Household, hall.ven.household_id), name="Nguyễn Thị " + "Phượng " * 12
    )
    make.an_attendance(db, training=hall.training, person=person)
    hall.training.organiser = "Trung tâm Khuyến nông và Xúc tiến thương mại " * 3
    db.add(hall.training)
    award = an_award(db, hall.training, person)
    db.commit()

    page = client.get(f"/cn/{token_of(engine, award)}", headers={"Accept-Encoding": "gzip"})
    assert page.headers["Content-Encoding"] == "gzip"
    loaded = re.findall(r'(?:href|src)="(/[^"]+)"', gzip.decompress(page.get_data()).decode())
    assets = [client.get(one, headers={"Accept-Encoding": "gzip"}) for one in loaded]

    assert [asset.status_code for asset in assets] == [200]
    sizes = [len(answer.get_data()) for answer in (page, *assets)]
    for asset in assets:
        asset.close()
    assert sum(sizes) <= SMALL, sizes


def test_whoever_tries_too_many_codes_waits(app, hall, client):
    app.extensions["lensan"] = app.extensions["lensan"].model_copy(update={"check_limit": "3 per minute"})

    answers = [client.get(f"/cn/{secrets.token_urlsafe(16)}").status_code for _ in range(5)]

    assert answers == [404, 404, 404, 429, 429]


def test_unknown_and_revoked_codes_take_the_same_work(hall, db, client, engine):
    award = issued(hall, db)["Hoàng Thị Vén"]
    awards.revoke_award(db, hall.worker, award, "Nhầm", now=NOW)
    db.commit()
    token = token_of(engine, award)

    with statements(engine) as for_revoked:
        client.get(f"/cn/{token}")
    with statements(engine) as for_unknown:
        client.get("/cn/AAAAAAAAAAAAAAAAAAAAAA")

    assert for_revoked == for_unknown
    assert len(for_revoked) == 1


# --- the masked name ----------------------------------------------------------------------------------------


def test_a_masked_name_keeps_the_initials_and_the_given_name():
    assert masked_name("Hoàng Thị Vén") == "H*** T*** Vén"
    assert masked_name("Đặng Ỷ") == "Đ*** Ỷ"
    assert masked_name("Ẩn Thị Phượng Hoàng") == "Ẩ*** T*** P*** Hoàng"
    assert masked_name("H'Mây Niê") == "H*** Niê"
    assert masked_name("Páo") == "P***"
    assert masked_name("") == "***"


@given(NAMES)
def test_every_word_is_there_and_only_the_last_can_be_read(words):
    masked = masked_name(" ".join(words)).split(" ")

    assert len(masked) == len(words)
    assert masked[-1] == words[-1]
    assert masked[:-1] == [f"{word[0]}***" for word in words[:-1]]


@given(NAMES, st.data())
def test_names_alike_in_initials_and_given_name_are_alike_when_masked(words, data):
    """So neither the length of a word nor its marks tell who it is."""
    others = [data.draw(st.sampled_from([s for s in SYLLABLES if s[0] == word[0]])) for word in words[:-1]]

    assert masked_name(" ".join([*others, words[-1]])) == masked_name(" ".join(words))


@given(NAMES)
def test_a_name_typed_with_separate_marks_is_masked_alike(words):
    """Names are cleaned before they are kept."""
    apart = unicodedata.normalize("NFD", " ".join(words))

    assert masked_name(clean(apart)) == masked_name(" ".join(words))


@given(st.text(max_size=100).map(clean))
def test_whatever_is_typed_as_a_name_no_word_before_the_last_shows_more_than_a_letter(name):
    for word in masked_name(name).split(" ")[:-1]:
        assert word.endswith("***")
        assert len(word) <= 4
