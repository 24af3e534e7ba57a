"""Pages of classes: the list, the calendar, one class, its notice, and the forms."""

import pytest

from tests import factories as make
from tests.training.awarding import text


@pytest.fixture
def worker(db, as_account):
    account = make.an_account(db)
    db.commit()
    return as_account(account)


def test_the_page_of_a_class_says_what_where_and_when(worker, db):
    training = make.a_training(db)
    db.commit()

    page = text(worker.get(f"/lop-tap-huan/{training.id}"))

    assert training.venue in page
    assert "07/12/2021" in page
    assert "Sắp mở" in page
