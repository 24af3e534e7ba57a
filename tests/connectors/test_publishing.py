"""At most one remote product per listing, whatever the answers were."""

from typing import Any

import pytest

from connectors.kit.errors import ConnectorError, Misunderstood, NotAdmitted, Rejected, Unavailable
from connectors.kit.publishing import Published, publish
from tests.connectors.conftest import Sendo, an_offer, opened

PRODUCT = "POST /api/partner/product"
UNCLEAR = ["timeout_after", "html_body", "truncated_json"]


def only_product(sendo: Sendo) -> Any:
    (product,) = sendo.mock.products.values()
    return product


def test_a_first_publish_creates(sendo: Sendo) -> None:
    assert publish(sendo.shop, an_offer(), None) == Published("90000001")
    assert only_product(sendo).stock == 40


def test_a_known_product_is_updated(sendo: Sendo) -> None:
    number = publish(sendo.shop, an_offer(), None).remote_id
    assert publish(sendo.shop, an_offer(price_vnd=160_000), number) == Published(number)
    assert only_product(sendo).price_vnd == 160_000


@pytest.mark.parametrize("kind", UNCLEAR)
def test_a_create_whose_answer_was_lost_is_adopted_and_brought_up_to_date(kind: str, sendo: Sendo) -> None:
    sendo.fail(kind, PRODUCT)
    with pytest.raises(Unavailable) as lost:
        publish(sendo.shop, an_offer(), None)
    assert lost.value.maybe_done
    assert sendo.calls(PRODUCT) == 1
    published = publish(sendo.shop, an_offer(price_vnd=170_000), None, unclear=True)
    assert published == Published("90000001", adopted=True)
    assert only_product(sendo).price_vnd == 170_000
    assert sendo.mock.violations == []


def test_a_500_after_the_create_is_adopted_too(sendo: Sendo) -> None:
    sendo.fail("http_500", PRODUCT, after=True)
    with pytest.raises(Unavailable) as lost:
        publish(sendo.shop, an_offer(), None)
    assert lost.value.maybe_done
    assert publish(sendo.shop, an_offer(), None, unclear=True).adopted
    assert sendo.mock.violations == []


@pytest.mark.parametrize("kind", ["timeout_before", "reset", "http_500"])
def test_a_create_that_did_not_happen_is_created_once(kind: str, sendo: Sendo) -> None:
    sendo.fail(kind, PRODUCT)
    with pytest.raises(Unavailable) as lost:
        publish(sendo.shop, an_offer(), None)
    assert lost.value.maybe_done
    assert publish(sendo.shop, an_offer(), None, unclear=True) == Published("90000001")


def test_a_late_create_meets_its_own_sku_and_is_adopted(sendo: Sendo) -> None:
    sendo.fail("late_apply", PRODUCT, delay=30)
    with pytest.raises(Unavailable):
        publish(sendo.shop, an_offer(), None)
    assert sendo.mock.products == {}
    sendo.time.seconds += 31
    assert publish(sendo.shop, an_offer(), None, unclear=True) == Published("90000001", adopted=True)
    assert sendo.mock.violations == []


def test_a_late_create_behind_a_second_one_changes_nothing(sendo: Sendo) -> None:
    sendo.fail("late_apply", PRODUCT, delay=30)
    with pytest.raises(Unavailable):
        publish(sendo.shop, an_offer(), None)
    publish(sendo.shop, an_offer(price_vnd=190_000), None, unclear=True)
    sendo.time.seconds += 31
    found = sendo.shop.find("HG-CAM-5KG")
    assert found is not None
    assert found.price_vnd == 190_000
    assert only_product(sendo).remote_id == found.remote_id
    assert sendo.mock.violations == []


def test_a_duplicate_sku_is_looked_up_and_adopted(sendo: Sendo) -> None:
    sendo.shop.create(an_offer())
    assert publish(sendo.shop, an_offer(packs=7), None) == Published("90000001", adopted=True)
    assert only_product(sendo).stock == 7
    assert [violation["kind"] for violation in sendo.mock.violations] == ["duplicate_create"]


def test_a_429_with_a_short_wait_heals_within_the_call(sendo: Sendo) -> None:
    sendo.fail("http_429", PRODUCT, retry_after=1)
    assert publish(sendo.shop, an_offer(), None) == Published("90000001")


def test_a_product_under_moderation_is_adopted_and_changed_later() -> None:
    with opened(moderation=True) as sendo:
        sendo.shop.create(an_offer())
        published = publish(sendo.shop, an_offer(packs=7), None, unclear=True)
        assert published == Published("90000001", adopted=True, current=False)
        with pytest.raises(Unavailable) as waiting:
            publish(sendo.shop, an_offer(packs=7), "90000001")
        assert waiting.value.code == "in_moderation"
        assert waiting.value.retry_after == 1800
        sendo.control("moderate", {"sku": "HG-CAM-5KG", "verdict": "approve"})
        publish(sendo.shop, an_offer(packs=7), "90000001")
        assert only_product(sendo).stock == 7


def test_a_product_deleted_over_there_is_created_again(sendo: Sendo) -> None:
    sendo.shop.create(an_offer())
    delete = [{"id": 90000001, "field_mask": ["product_status"], "product_status": 5}]
    sendo.shop.call("POST", "/api/partner/product/update-by-field-mask", delete)
    assert publish(sendo.shop, an_offer(), "90000001") == Published("90000002")
    assert sendo.mock.violations == []


def test_a_locked_product_is_never_created_again(sendo: Sendo) -> None:
    sendo.shop.create(an_offer())
    sendo.control("moderate", {"sku": "HG-CAM-5KG", "verdict": "lock", "reason": "Ảnh không thật"})
    with pytest.raises(Rejected) as refused:
        publish(sendo.shop, an_offer(), "90000001")
    assert refused.value.code == "locked"
    assert len(sendo.mock.products) == 1


def test_a_refused_offer_names_our_field(sendo: Sendo) -> None:
    with pytest.raises(Rejected) as refused:
        publish(sendo.shop, an_offer(price_vnd=500), None)
    assert refused.value.code == "refused_price_vnd"
    assert set(refused.value.fields) == {"price_vnd"}
    assert sendo.mock.products == {}


def test_every_error_is_one_of_the_four_and_its_sentence_can_be_filled(sendo: Sendo) -> None:
    sendo.shop._keys["secret_key"] = "wrong"
    with pytest.raises(ConnectorError) as failed:
        publish(sendo.shop, an_offer(), None)
    assert isinstance(failed.value, Unavailable | Rejected | NotAdmitted | Misunderstood)
    assert failed.value.sentence % failed.value.facts
