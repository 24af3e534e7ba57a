"""`lensan products category`: a leaf of the marketplace's tree, and nothing when it is none."""

from sqlmodel import Session, select

from marketplace.selling.models import CategoryChoice
from tests.selling.test_categories import TREE, a_good, a_tree


def chosen(engine) -> list[str]:
    with Session(engine) as db:
        return list(db.exec(select(CategoryChoice.category)))


def test_a_category_is_chosen_and_shown_by_its_path(ready, db, engine):
    a_tree(db)
    jam = a_good(db, "Mứt cam")
    db.commit()

    ran = ready("products", "category", jam.code, "sendo", "2")

    assert (ran.code, ran.out) == (0, f"{jam.code}: ngành {TREE['2']} trên sendo.\n")
    assert chosen(engine) == ["2"]


def test_what_is_no_leaf_is_refused_with_a_sentence(ready, db, engine):
    a_tree(db)
    jam = a_good(db, "Mứt cam")
    db.commit()

    ran = ready("products", "category", jam.code, "sendo", "77")

    assert ran.code == 1
    assert "Sendo không có ngành cấp cuối “77”. Hãy chọn một ngành trong danh sách." in ran.err
    assert chosen(engine) == []
