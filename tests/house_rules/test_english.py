"""The pages in English: no Vietnamese words of ours are left on them, and numbers are English too."""

import html
import re

import pytest
from flask import url_for

from marketplace.accounts.models import Account, Role
from tests import factories as make
from tests.house_rules.test_words import sentences, translations

#: Attributes that people read or hear.
SPOKEN = re.compile(r'\b(?:aria-label|title|placeholder|alt|data-label)="([^"]*)"')
HEADINGS = {
    Role.FARMER: {
        "/": "My goods",
        "/chao-ban/moi": "Sell which product?",
        "/lo-thu-hoach": "Harvest",
        "/don-hang": "Orders",
    },
    Role.EXTENSION: {
        "/": "Households",
        "/ho-dan/moi": "Register a new household",
        "/nhap-excel/moi": "Import households from Excel",
        "/xa": "Look up communes",
        "/ban-ngoai-san": "Sales outside marketplaces",
    },
    Role.COORDINATOR: {
        "/": "Overview",
        "/bao-cao/san-luong": "Tonnage",
        "/bao-cao/chi-tieu": "Targets",
        "/bao-cao/san": "Marketplace health",
        "/tin-dang": "Listings",
        "/san-pham": "Products",
    },
    Role.ADMIN: {
        "/tai-khoan": "Accounts",
        "/tai-khoan/moi": "Open a new account",
        "/nhat-ky": "Log",
        "/gian-hang": "Shops",
        "/-/settings": "Current settings",
    },
}


@pytest.fixture
def world(db):
    """One of each thing a page may show, and an account of each role."""
    household = make.a_household(db)
    producer = make.producer_of(db, household)
    product = make.a_product(db)
    lot = make.a_lot(db, product=product, household=household, grams=1_234_500)
    offer = make.an_offer(db, producer=producer, pack=make.a_pack(db, product), price_vnd=205_000)
    shop = make.a_shop(db, producer=producer)
    make.a_listing(db, offer=offer, shop=shop)
    people = {
        role: make.an_account(db, role, household=household if role == Role.FARMER else None) for role in Role
    }
    db.commit()
    return {"lot": lot.id, "offer": offer.id, "household": household.id, "shop": shop.id, "people": people}


@pytest.fixture
def in_english(world, as_account):
    """A browser of a role that has chosen English."""

    def choose(role):
        browser = as_account(world["people"][role])
        assert browser.post("/ngon-ngu", data={"language": "en", "next": "/"}).status_code == 303
        return browser

    return choose


def words_of(page: str) -> list[str]:
    """What a page says: its text and what screen readers say."""
    visible = re.sub(r"<(script|style)\b.*?</\1>|<!--.*?-->", " ", page, flags=re.DOTALL)
    said = re.split(r"<[^>]*>", visible) + SPOKEN.findall(visible)
    return [" ".join(html.unescape(words).split()) for words in said]


def heading_of(page: str) -> str:
    return html.unescape(re.search(r"<h1[^>]*>(.*?)</h1>", page, re.DOTALL)[1]).strip()


def vietnamese() -> set[str]:
    """Sentences of ours that read differently in English."""
    return {sentence for sentence, english in translations().items() if sentence != english}


def plain_paths(app) -> list[str]:
    """Every page that needs no argument."""
    with app.test_request_context():
        return sorted(
            url_for(rule.endpoint)
            for rule in app.url_map.iter_rules()
            if "GET" in rule.methods and not rule.arguments
        )


@pytest.mark.parametrize("role", Role)
def test_known_pages_have_english_headings(in_english, role):
    browser = in_english(role)

    pages = {path: browser.get(path, follow_redirects=True).text for path in HEADINGS[role]}

    assert {path: heading_of(page) for path, page in pages.items()} == HEADINGS[role]
    assert all('<html lang="en"' in page for page in pages.values())


@pytest.mark.parametrize("role", Role)
def test_no_vietnamese_words_are_left_on_an_english_page(app, world, in_english, role):
    browser = in_english(role)
    details = [
        f"/lo-thu-hoach/{world['lot']}",
        f"/chao-ban/{world['offer']}",
        f"/ho-dan/{world['household']}",
        f"/gian-hang/{world['shop']}",
        "/khong-co-trang-nay",
    ]
    ours, left, seen = vietnamese(), [], 0

    for path in plain_paths(app) + details:
        answer = browser.get(path, follow_redirects=True)
        if answer.mimetype != "text/html":
            continue
        seen += 1
        left += [f"{path}: {words}" for words in words_of(answer.text) if words in ours]

    assert seen > 20
    assert left == []


def test_numbers_and_money_are_written_the_english_way(world, in_english):
    browser = in_english(Role.EXTENSION)

    lot = browser.get(f"/lo-thu-hoach/{world['lot']}").text
    offer = browser.get(f"/chao-ban/{world['offer']}").text

    assert "1,234.5 kg" in lot
    assert "205,000\u00a0₫" in offer


def test_numbers_and_money_stay_vietnamese_for_others(world, as_account):
    browser = as_account(world["people"][Role.EXTENSION])

    lot = browser.get(f"/lo-thu-hoach/{world['lot']}").text
    offer = browser.get(f"/chao-ban/{world['offer']}").text

    assert '<html lang="vi"' in lot
    assert "1.234,5 kg" in lot
    assert "205.000\u00a0₫" in offer


def test_a_refusal_is_said_in_english_and_names_the_field(in_english):
    browser = in_english(Role.ADMIN)

    answer = browser.post("/tai-khoan/moi", data={"role": "coordinator", "name": ""})

    assert answer.status_code == 422
    assert "Fill in “Full name”." in html.unescape(answer.text)


def test_the_language_is_kept_at_the_account(world, in_english, as_account, db):
    in_english(Role.COORDINATOR)

    other_device = as_account(world["people"][Role.COORDINATOR])

    assert '<html lang="en"' in other_device.get("/bao-cao").text
    db.expire_all()
    assert db.get(Account, world["people"][Role.COORDINATOR].id).language == "en"


def test_the_login_page_can_be_read_in_english(client):
    client.post("/ngon-ngu", data={"language": "en", "next": "/dang-nhap"})

    page = client.get("/dang-nhap").text

    assert heading_of(page) == "Log in"
    assert '<html lang="en"' in page


def test_an_unknown_language_changes_nothing(client):
    client.post("/ngon-ngu", data={"language": "xx", "next": "/dang-nhap"})

    assert '<html lang="vi"' in client.get("/dang-nhap").text


def test_the_catalogue_knows_what_the_pages_say():
    """The comparison above is not made against nothing."""
    assert len(vietnamese()) > 1_000
    assert "Đơn hàng" in vietnamese() & set(sentences())
