"""An extension worker in the hamlet, no JavaScript: search, register, the next house, consents."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine
from sqlmodel import Session, func, select

from catalog.models import Consent, Household, Person, Producer
from marketplace.accounts.models import Role
from marketplace.core import db as database
from marketplace.core.audit import AuditEntry
from marketplace.selling.models import Listing, Wanted
from tests import factories as make

Login = Callable[[Any], FlaskClient]
CARD = "002399000001"  # a woman of Hà Giang born in 2099: nobody


def text(answer: Any, status: int = 200) -> str:
    said: str = answer.get_data(as_text=True)
    assert answer.status_code == status, said
    return said


def counted(engine: Engine) -> list[int]:
    tables = (Household, Person, Producer, Consent, AuditEntry)
    with database.reading(engine) as look:
        return [look.exec(select(func.count()).select_from(table)).one() for table in tables]


def required(page: str) -> list[str]:
    """Names of the fields a browser insists on."""
    fields = re.findall(r"<(?:input|select|textarea)[^>]*>", page)
    return [re.findall(r'name="([^"]+)"', field)[0] for field in fields if " required" in field]


def test_a_morning_in_vinh_son(db: Session, engine: Engine, as_account: Login) -> None:
    worker = make.an_account(db)
    commune = make.a_commune(db).id
    db.commit()
    phone = as_account(worker)

    # search first; nobody is there, and the typed name goes along to the form
    start = text(phone.get("/", follow_redirects=True))
    assert "Tìm hộ trước khi đăng ký" in start
    missing = text(phone.get("/ho-dan?q=Hoàng+Thị+Vén"))
    assert "Không tìm thấy “Hoàng Thị Vén”" in missing
    (link,) = re.findall(r'href="(/ho-dan/moi[^"]*)"', missing)
    form = text(phone.get(link.replace("&amp;", "&")))
    assert 'value="Hoàng Thị Vén"' in form
    assert len(required(form)) <= 5
    assert not re.search(r'type="checkbox"[^>]* checked', form)

    # nothing said about phone and consent: two sentences, what was typed stays, nothing is kept
    typed = {"name": "Hoàng Thị Vén", "commune_id": str(commune), "village": "Thôn Vĩnh Sơn"}
    before = counted(engine)
    refused = text(phone.post("/ho-dan/moi", data=typed), 422)
    assert "Hãy ghi số điện thoại, hoặc chọn “Không có điện thoại”." in refused
    assert "Chưa có sự đồng ý ghi vào sổ" in refused
    assert 'value="Thôn Vĩnh Sơn"' in refused
    assert counted(engine) == before

    # registered, with a receipt worth a screenshot
    given = {
        **typed,
        "phone": "0912 345 678",
        "purposes": ["registry", "shop:sendo"],
        "client_key": "phieu-1",
    }
    answer = phone.post("/ho-dan/moi", data=given)
    assert answer.status_code == 303
    page = text(phone.get(answer.location))
    assert re.search(r"Đã ghi hộ Hoàng Thị Vén, mã HG-\d{6}\.", page)
    assert "0912 345 678" in page
    assert "Đăng ký hộ tiếp theo ở Thôn Vĩnh Sơn" in page

    # the same slip sent again changes nothing
    before = counted(engine)
    assert phone.post("/ho-dan/moi", data=given).location == answer.location
    assert counted(engine) == before

    # the next house of the hamlet: the place stays, two answers and a tick are left
    form = text(phone.get("/ho-dan/moi"))
    assert "Xã Vĩnh Hảo · Thôn Vĩnh Sơn · 01/12/2021" in re.sub(r"<[^>]+>", "", form)
    assert 'type="hidden" name="village" value="Thôn Vĩnh Sơn"' in form
    assert required(form) == ["name"]
    changing = text(phone.get("/ho-dan/moi?doi=1"))
    assert 'id="f-village"' in changing
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))
    hidden.pop("csrf_token")
    second = {**hidden, "name": "Giàng A Páo", "no_phone": "1", "purposes": "registry"}
    assert phone.post("/ho-dan/moi", data=second).status_code == 303

    # the first household again under another spelling: a card with reasons, and a tick that is logged
    again = {
        **hidden,
        "name": "hoang thi ven",
        "no_phone": "1",
        "purposes": "registry",
        "client_key": "phieu-3",
    }
    before = counted(engine)
    warned = text(phone.post("/ho-dan/moi", data=again), 422)
    assert "Có phải hộ này không?" in warned
    assert "Họ tên chỉ khác dấu hoặc cách viết · Cùng thôn · Cùng xã" in warned
    assert "Tôi đã xem, đây là hộ khác" in warned
    assert counted(engine) == before
    assert phone.post("/ho-dan/moi", data={**again, "other_household": "1"}).status_code == 303
    with database.reading(engine) as look:
        assert look.exec(select(func.count()).select_from(Household)).one() == 3
        logged = look.exec(select(AuditEntry).where(AuditEntry.action == "household.looked_alike")).one()
        assert logged.actor_id == worker.id

    # exact marks first
    found = text(phone.get("/ho-dan?q=Hoàng+Thị+Vén"))
    assert found.index(">Hoàng Thị Vén<") < found.index(">hoang thi ven<")


def test_a_consent_is_recorded_and_withdrawn_and_the_listing_comes_down(
    db: Session, engine: Engine, as_account: Login
) -> None:
    household = make.a_household(db, consents=("registry",))
    producer, product = make.producer_of(db, household), make.a_product(db)
    make.a_lot(db, product=product, household=household)
    offer = make.an_offer(db, producer=producer, pack=make.a_pack(db, product))
    listing = make.a_listing(db, offer=offer, shop=make.a_shop(db, producer=producer))
    worker, head = make.an_account(db), make.head_of(db, household)
    db.commit()
    phone = as_account(worker)
    form = f"/ho-dan/{household.id}/dong-y/moi"

    assert not re.search(r'type="checkbox"[^>]* checked', text(phone.get(form)))
    typed = {"person_id": str(head.id), "purposes": "shop:sendo", "given_on": "1/12/2021"}
    assert "Hãy điền “Đồng ý bằng cách nào”." in text(phone.post(form, data=typed), 422)
    spoken = {**typed, "channel": "spoken"}
    assert "Người làm chứng" in text(phone.post(form, data=spoken), 422)
    tomorrow = {**spoken, "witness": "Nông Văn Tuấn", "given_on": "2/12/2021"}
    assert "Ngày đồng ý không thể sau hôm nay." in text(phone.post(form, data=tomorrow), 422)
    stranger = make.a_person(db, make.a_household(db, head="Lý A Sử"))
    db.commit()
    elsewhere = {**spoken, "witness": "Nông Văn Tuấn", "person_id": str(stranger.id)}
    assert "không ở trong hộ" in text(phone.post(form, data=elsewhere), 422)

    answer = phone.post(form, data={**spoken, "witness": "Nông Văn Tuấn"}, follow_redirects=True)
    page = text(answer)
    assert "Đã ghi sự đồng ý của Hoàng Thị Vén." in page
    assert "làm chứng: Nông Văn Tuấn" in page
    with database.reading(engine) as look:
        consent = look.exec(
            select(Consent).where(Consent.purpose == "shop:sendo", Consent.person_id == head.id)
        ).one()
        assert look.get_one(Listing, listing.id).wanted == Wanted.ON_SALE

    url = f"/ho-dan/{household.id}/dong-y/{consent.id}/rut"
    page = text(phone.post(url, follow_redirects=True))

    assert "Đã rút lại: Mở và chạy gian hàng trên Sendo." in page
    with database.reading(engine) as look:
        assert look.get_one(Listing, listing.id).wanted == Wanted.WITHDRAWN
        assert look.get_one(Consent, consent.id).withdrawn_by == worker.id


def test_a_farmer_withdraws_the_own_consent_and_nobody_elses(
    db: Session, engine: Engine, as_account: Login
) -> None:
    own, other = make.a_household(db), make.a_household(db, head="Lý A Sử")
    farmer = make.an_account(db, Role.FARMER, household=own)
    ids = {}
    for household in (own, other):
        head = make.head_of(db, household)
        ids[household.id] = db.exec(select(Consent.id).where(Consent.person_id == head.id)).first()
    db.commit()
    phone = as_account(farmer)

    assert "Rút lại" in text(phone.get(f"/ho-dan/{own.id}"))
    assert phone.post(f"/ho-dan/{own.id}/dong-y/{ids[own.id]}/rut").status_code == 303
    assert phone.post(f"/ho-dan/{other.id}/dong-y/{ids[other.id]}/rut").status_code == 404
    assert phone.post(f"/ho-dan/{own.id}/dong-y/{ids[other.id]}/rut").status_code == 404
    assert phone.get(f"/ho-dan/{other.id}").status_code == 404
    with database.reading(engine) as look:
        assert look.get_one(Consent, ids[own.id]).withdrawn_at is not None
        assert look.get_one(Consent, ids[other.id]).withdrawn_at is None


def test_a_foreign_household_is_not_found_on_any_page(db: Session, engine: Engine, as_account: Login) -> None:
    foreign = make.a_household(db, commune="Xã Việt Lâm")
    head = make.head_of(db, foreign)
    worker = make.an_account(db)
    db.commit()
    phone, before = as_account(worker), counted(engine)
    base = f"/ho-dan/{foreign.id}"

    for path in ("", "/sua", "/nguoi/moi", "/dong-y/moi"):
        assert phone.get(base + path).status_code == 404
    for path in ("/sua", "/nguoi/moi", "/dong-y/moi", "/dong-y/1/rut", f"/nguoi/{head.id}/so-can-cuoc"):
        assert phone.post(base + path, data={"name": "Ma Thị Ảnh", "unit_id": "1"}).status_code == 404
    assert "Hoàng Thị Vén" not in text(phone.get("/ho-dan?q=Vén")).replace("q=", "")
    typed = {"name": "Ma Thị Ảnh", "commune_id": foreign.commune_id, "village": "x", "no_phone": "1"}
    answer = phone.post("/ho-dan/moi", data={**typed, "purposes": "registry"})
    assert "không thuộc phạm vi của bạn" in text(answer, 422)
    assert counted(engine) == before


def test_a_national_id_is_masked_and_shown_once_for_a_look_that_is_logged(
    db: Session, engine: Engine, as_account: Login
) -> None:
    household, worker = make.a_household(db), make.an_account(db)
    coordinator = make.an_account(db, Role.COORDINATOR)
    head = make.head_of(db, household)
    head.phone = "+84912345678"
    head.birth_year = 1971
    db.commit()
    phone, office = as_account(worker), as_account(coordinator)
    edit = f"/ho-dan/{household.id}/sua"
    filled = {"name": "Hoàng Thị Vén", "commune_id": household.commune_id, "village": "Thôn Vĩnh Sơn"}
    filled |= {"phone": "0912345678", "birth_year": "1971", "national_id": CARD}

    page = text(phone.post(edit, data=filled, follow_redirects=True))

    assert "•••••••• 0001" in page
    assert CARD not in page + text(phone.get(edit))
    assert "đã ghi 1971" in page
    seen = text(office.get(f"/ho-dan/{household.id}"))
    assert "•••• ••• 678" in seen
    assert not re.search("0912|• 0001|1971", seen)
    show = f"/ho-dan/{household.id}/nguoi/{head.id}/so-can-cuoc"
    assert office.post(show).status_code == 403
    assert phone.get(show).status_code == 405
    assert CARD in text(phone.post(show))
    assert CARD not in text(phone.get(f"/ho-dan/{household.id}"))
    with database.reading(engine) as look:
        look_ = look.exec(select(AuditEntry).where(AuditEntry.action == "national_id.shown")).one()
        assert (look_.actor_id, look_.subject_id) == (worker.id, head.id)


def test_a_household_is_changed_a_member_added_and_made_head(
    db: Session, engine: Engine, as_account: Login
) -> None:
    household, worker = make.a_household(db), make.an_account(db)
    db.commit()
    phone = as_account(worker)
    base = f"/ho-dan/{household.id}"

    assert "Hãy điền “Họ và tên”." in text(phone.post(f"{base}/nguoi/moi", data={"name": ""}), 422)
    assert "Đã thêm Ma Thị Ảnh." in text(
        phone.post(f"{base}/nguoi/moi", data={"name": "Ma Thị Ảnh"}, follow_redirects=True)
    )
    with database.reading(engine) as look:
        wife = look.exec(select(Person).where(Person.name == "Ma Thị Ảnh")).one()
    member = f"{base}/sua?nguoi={wife.id}"
    assert 'value="Ma Thị Ảnh"' in text(phone.get(member))
    assert phone.post(member, data={"name": "Ma Thị Ánh", "birth_year": "1980"}).status_code == 303
    assert phone.get(f"{base}/sua?nguoi=999999999").status_code == 404
    filled = {"name": "Hoàng Thị Vén", "commune_id": household.commune_id, "village": "Thôn Mới"}
    wrong = text(phone.post(f"{base}/sua", data={**filled, "birth_year": "2022", "note": "ghi dở"}), 422)
    assert "Năm sinh 2022 không hợp lý" in wrong
    assert "ghi dở" in wrong

    page = text(phone.post(f"{base}/sua", data={**filled, "head_id": str(wife.id)}, follow_redirects=True))

    assert "<h1>Hộ Ma Thị Ánh</h1>" in page
    assert "Thôn Mới" in page
    assert "Đổi chủ hộ" in page


HUGE = "Ấ" * 10_000


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("name", HUGE, "quá dài"),
        ("name", "\x00\x00", "Họ tên chủ hộ"),
        ("village", HUGE, "quá dài"),
        ("phone", HUGE, "Số điện thoại không được có chữ cái"),
        ("birth_year", "1874", "không hợp lý"),
        ("birth_year", "2022", "không hợp lý"),
        ("birth_year", "=1+1", "không phải là năm sinh"),
        ("given_on", "2/12/2021", "không thể sau hôm nay"),
        ("given_on", "31/2/2021", "31/2/2021"),
        ("national_id", "<b>1</b>", "12 chữ số"),
        ("commune_id", "0", "Xã"),
        ("orange_area_m2", "-1", "Diện tích"),
        ("channel", "spoken", "Người làm chứng"),
        ("purposes", "shop:sendo", "Chưa có sự đồng ý"),
    ],
)
def test_bad_input_gets_a_sentence_keeps_what_was_typed_and_changes_nothing(
    db: Session, engine: Engine, as_account: Login, name: str, value: str, said: str
) -> None:
    worker, commune = make.an_account(db), make.a_commune(db).id
    db.commit()
    phone = as_account(worker)
    before = counted(engine)
    typed = {"name": "Nông Văn Tuấn", "village": "Thôn Vĩnh Sơn", "commune_id": str(commune)}
    typed |= {"phone": "0912345678", "purposes": "registry", name: value}

    page = text(phone.post("/ho-dan/moi", data=typed), 422)

    assert said in page
    assert page.startswith("<!doctype html>")
    assert "Lỗi:" in page
    kept = "Thôn Vĩnh Sơn" if name != "village" else "Nông Văn Tuấn"
    assert f'value="{kept}"' in page
    assert "<b>1</b>" not in page
    assert counted(engine) == before


@pytest.mark.parametrize(
    "name",
    [
        "<script>alert(1)</script>",
        "=HYPERLINK(1)",
        "Hoa\u0300ng Thi\u0323 Ve\u0301n",
        "{{ 7*7 }}",
        "%(name)s %s",
    ],
)
def test_strange_names_are_only_names(db: Session, engine: Engine, as_account: Login, name: str) -> None:
    worker, commune = make.an_account(db), make.a_commune(db).id
    db.commit()
    phone = as_account(worker)
    typed = {"name": name, "village": name, "commune_id": commune, "no_phone": "1", "purposes": "registry"}

    page = text(phone.post("/ho-dan/moi", data=typed, follow_redirects=True))

    assert "<script>alert" not in page
    assert "<script>alert" not in text(phone.get("/ho-dan", query_string={"q": name}))
    assert "<script>alert" not in text(phone.get("/ho-dan/moi"))
    with database.reading(engine) as look:
        assert look.exec(select(Person.name)).one() in (name, "Hoàng Thị Vén")
