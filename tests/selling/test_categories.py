"""Categories of marketplaces: shipped with the products, proposed by name, chosen by a person."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import Session, select

from catalog.models import Product, Restriction
from catalog.shipped import load_shipped_products
from marketplace.core.audit import SYSTEM, AuditEntry
from marketplace.core.errors import NotFound
from marketplace.core.text import fold
from marketplace.selling.categories import (
    NoSuchCategory,
    NoSuchMarketplace,
    accept_proposals,
    choose_category,
    choose_shipped_categories,
    sentences_of,
    settle_task,
)
from marketplace.selling.mapping import find_leaves, mapping_of
from marketplace.selling.models import (
    CategoryChoice,
    CategoryFetch,
    CategorySchema,
    MarketplaceCategory,
    SchemaTask,
)
from marketplace.selling.proposals import LEAST, MOST, Leaf, propose
from tests import factories as make
from tests.factories import NOW

TREE = {
    "1": "Thực phẩm › Trái cây",
    "2": "Thực phẩm › Mứt, kẹo",
    "3": "Đồ uống › Chè, trà",
    "4": "Thực phẩm › Mật ong",
    "5": "Trang sức › Vàng",
    "6": "Thủ công mỹ nghệ › Vải lanh",
}


def a_tree(db: Session, tree: dict[str, str] = TREE, marketplace: str = "sendo") -> None:
    """A tree as the worker keeps it; every row is a leaf."""
    for category, path in tree.items():
        name = path.rpartition(" › ")[2]
        words = {"name": name, "path": path, "path_fold": fold(path)}
        db.add(
            MarketplaceCategory(marketplace=marketplace, category=category, leaf=True, seen_at=NOW, **words)
        )
    db.add(CategoryFetch(marketplace=marketplace, fetched_at=NOW, due_at=NOW + timedelta(days=1)))
    db.flush()


def a_good(db: Session, name: str, **values: object) -> Product:
    """A product that may be offered and has no category anywhere."""
    product = make.a_product(db, name=name, **values)
    make.a_pack(db, product)
    db.delete(db.exec(select(CategoryChoice).where(CategoryChoice.product_id == product.id)).one())
    db.flush()
    return product


def chosen(db: Session, product: Product) -> list[tuple[str, str]]:
    rows = select(CategoryChoice).where(CategoryChoice.product_id == product.id)
    return [(one.marketplace, one.category) for one in db.exec(rows)]


def test_the_shipped_categories_are_chosen_once_and_never_over_a_persons_choice(db):
    load_shipped_products(db)
    first = choose_shipped_categories(db)
    choose_category(db, SYSTEM, "cam-vang", "sendo", "2423", now=NOW)

    assert first > 10
    assert choose_shipped_categories(db) == 0
    orange = db.exec(select(Product).where(Product.code == "cam-vang")).one()
    assert ("sendo", "2423") in chosen(db, orange)


def test_what_shipped_categories_ask_is_read_with_the_next_visit(db):
    a_tree(db)
    load_shipped_products(db)
    choose_shipped_categories(db)

    assert db.get_one(CategoryFetch, "sendo", populate_existing=True).due_at == NOW


def test_an_unknown_product_or_marketplace_is_refused(db):
    load_shipped_products(db)
    with pytest.raises(NoSuchMarketplace):
        choose_category(db, SYSTEM, "cam-vang", "amazon", "1", now=NOW)
    with pytest.raises(NotFound):
        choose_category(db, SYSTEM, "chuoi", "sendo", "1", now=NOW)

    assert db.exec(select(CategoryChoice)).all() == []


@pytest.mark.parametrize("wrong", ["9", "khong-co", "2", "3", "", "x" * 61])
def test_what_is_no_leaf_of_the_tree_is_refused(db, wrong):
    a_tree(db)
    orange = a_good(db, "Cam Vàng")
    for category, change in {"2": {"gone_at": NOW}, "3": {"leaf": False}}.items():
        node = db.exec(select(MarketplaceCategory).where(MarketplaceCategory.category == category)).one()
        db.add(node.sqlmodel_update(change))

    with pytest.raises(NoSuchCategory) as refused:
        choose_category(db, SYSTEM, orange.code, "sendo", wrong, now=NOW)

    assert refused.value.text() == (
        f"Sendo không có ngành cấp cuối “{wrong[:60]}”. Hãy chọn một ngành trong danh sách."
    )
    assert chosen(db, orange) == []


def test_before_the_tree_was_read_any_code_is_taken(db):
    orange = a_good(db, "Cam Vàng")
    choose_category(db, SYSTEM, orange.code, "sendo", "2422", now=NOW)

    assert chosen(db, orange) == [("sendo", "2422")]


def test_a_choice_sends_the_listings_again_and_the_same_choice_does_nothing(db):
    a_tree(db)
    household = make.a_household(db)
    orange = a_good(db, "Cam Vàng")
    offer = make.an_offer(db, producer=make.producer_of(db, household), pack=make.a_pack(db, orange))
    shop = make.a_shop(db, producer=make.a_cooperative(db, members=(household,)))
    listing = make.a_listing(db, offer=offer, shop=shop, not_before=None)
    db.add(CategorySchema(marketplace="sendo", category="1", version="", fetched_at=NOW))

    choose_category(db, SYSTEM, orange.code, "sendo", "1", now=NOW)
    assert (listing.revision, listing.not_before) == (2, NOW)
    choose_category(db, SYSTEM, orange.code, "sendo", "1", now=NOW)

    assert listing.revision == 2
    notes = db.exec(select(AuditEntry).where(AuditEntry.action == "category.chosen")).all()
    assert [note.facts for note in notes] == [{"product": orange.code, "category": "1", "before": None}]
    assert db.get_one(CategoryFetch, "sendo", populate_existing=True).due_at == NOW + timedelta(days=1)


def test_a_category_whose_questions_are_not_known_is_asked_soon(db):
    a_tree(db)
    choose_category(db, SYSTEM, a_good(db, "Cam Vàng").code, "sendo", "1", now=NOW)

    assert db.get_one(CategoryFetch, "sendo", populate_existing=True).due_at == NOW


def leaves(tree: dict[str, str] = TREE) -> list[Leaf]:
    return [Leaf(key, path, fold(path), fold(path.rpartition(" › ")[2])) for key, path in tree.items()]


def named(name: str, **values: object) -> Product:
    return Product(code="x", name=name, name_fold=fold(name), sale_unit="kg", **{"group": "food", **values})


@pytest.mark.parametrize(
    ("product", "category"),
    [
        (named("Mứt cam"), "2"),
        (named("Mật ong bạc hà Mèo Vạc"), "4"),
        (named("Trà xanh Shan tuyết", group="drinks"), "3"),
        (named("Vải lanh thổ cẩm Lùng Tám", group="handicraft"), "6"),
        (named("Cam Vàng Hà Giang", variety="cam Vàng"), "1"),
    ],
)
def test_the_first_proposal_is_what_a_person_would_choose_and_is_sure(product, category):
    proposals = propose(product, leaves())

    assert proposals[0].leaf.category == category
    assert proposals[0].sure


def test_a_word_that_only_describes_is_never_sure():
    """Gold is in the name of the orange, and not what it is."""
    proposals = propose(named("Cam Vàng"), leaves({"5": TREE["5"]}))

    assert [one.sure for one in proposals] in ([], [False])


def test_a_category_on_another_marketplace_helps():
    hemp = {"7": "Nhà cửa › Đồ thổ cẩm"}

    assert propose(named("Khăn Lùng Tám"), leaves(hemp)) == []
    assert [one.sure for one in propose(named("Khăn Lùng Tám"), leaves(hemp), ["tho cam"])] == [True]


@given(st.text(max_size=60), st.lists(st.text(max_size=40), max_size=20))
def test_whatever_the_names_at_most_three_leaves_are_proposed_best_first(name, paths):
    tree = leaves({str(place): path for place, path in enumerate(paths)})
    proposals = propose(named(name), tree)

    assert len(proposals) <= MOST
    scores = [one.score for one in proposals]
    assert scores == sorted(scores, reverse=True)
    assert all(score >= LEAST for score in scores)
    assert len({one.leaf.category for one in proposals}) == len(proposals)


def test_accepting_takes_what_is_sure_and_leaves_the_rest_open(db):
    a_tree(db)
    jam, honey, strange = (a_good(db, name) for name in ("Mứt cam", "Mật ong bạc hà", "Khèn Mông"))
    wine = a_good(db, "Mật ong ngâm rượu", restricted=Restriction.ALCOHOL)

    taken = accept_proposals(db, SYSTEM, "sendo", now=NOW)

    assert {one.product.code for one in taken} == {jam.code, honey.code}
    assert (chosen(db, jam), chosen(db, honey)) == ([("sendo", "2")], [("sendo", "4")])
    assert (chosen(db, strange), chosen(db, wine)) == ([], [])
    assert accept_proposals(db, SYSTEM, "sendo", now=NOW) == []
    with pytest.raises(NoSuchMarketplace):
        accept_proposals(db, SYSTEM, "amazon", now=NOW)


def test_a_choice_that_takes_no_goods_any_more_is_open_again(db):
    a_tree(db)
    jam = a_good(db, "Mứt cam")
    choose_category(db, SYSTEM, jam.code, "sendo", "2", now=NOW)
    assert [one.product.code for one in mapping_of(db, "sendo").chosen] == [jam.code]

    node = db.exec(select(MarketplaceCategory).where(MarketplaceCategory.category == "2")).one()
    node.gone_at = NOW
    db.add(node)
    db.flush()

    [row] = mapping_of(db, "sendo").open
    assert (row.product.code, row.stale, row.path) == (jam.code, True, "Thực phẩm › Mứt, kẹo")


def test_what_cannot_be_offered_needs_no_category(db):
    a_tree(db)
    for name, values in {"Homestay": {"sale_unit": "night"}, "Cam cũ": {"active": False}}.items():
        a_good(db, name, **values)
    make.a_product(db, name="Chưa có quy cách")

    mapping = mapping_of(db, "sendo")
    assert (mapping.open, mapping.chosen) == ([], [])


def test_a_search_finds_leaves_without_marks_whole_paths_included(db):
    a_tree(db)

    assert find_leaves(db, "sendo", "TRAI cay") == [("1", TREE["1"])]
    assert [key for key, _ in find_leaves(db, "sendo", "thuc pham")] == ["4", "2", "1"]
    assert find_leaves(db, "sendo", "100%_") == []
    assert find_leaves(db, "voso", "trai cay") == []


def a_task(db: Session, kind: str = "attributes", **facts: object) -> SchemaTask:
    task = SchemaTask(
        marketplace="sendo", category="1", kind=kind, facts={"path": "Quả", **facts}, found_at=NOW
    )
    db.add(task)
    db.flush()
    return task


def test_a_task_says_each_change_in_its_own_sentence(db):
    changes = {"required": ["Xuất xứ"], "added": ["Xuất xứ", "Màu"], "removed": ["Cỡ"], "options": ["Hạng"]}
    said = [sentence % facts for sentence, facts in sentences_of(a_task(db, **changes))]

    assert said == [
        "Ngành “Quả” nay bắt buộc: Xuất xứ. Tin thiếu sẽ dừng bán đến khi có câu trả lời.",
        "Ngành “Quả” hỏi thêm, không bắt buộc: Màu.",
        "Ngành “Quả” không hỏi nữa: Cỡ.",
        "Ngành “Quả” đổi các giá trị được chọn của: Hạng. Hãy xem lại câu trả lời cũ.",
    ]
    assert [sentence % facts for sentence, facts in sentences_of(a_task(db))] == [
        "Sàn đã bớt yêu cầu của ngành “Quả”. Không cần làm gì."
    ]


def test_a_task_seen_twice_is_seen_once(db):
    office = make.an_account(db, "coordinator")
    task = a_task(db, "gone")

    settle_task(db, office, task.id or 0, now=NOW)
    settle_task(db, SYSTEM, task.id or 0, now=NOW + timedelta(hours=1))

    assert (task.settled_at, task.settled_by) == (NOW, office.id)
    with pytest.raises(NotFound):
        settle_task(db, office, 999_999, now=NOW)
