"""The calling card and the category tree: what a marketplace says of itself."""

import re

from connectors.kit.conformance.bench import Bench
from connectors.kit.conformance.checks import check, expect, same
from connectors.kit.errors import Rejected


@check()
def the_calling_card_is_complete(bench: Bench) -> None:
    card = bench.marketplace
    expect(re.fullmatch(r"[a-z][a-z0-9_]*", card.name), f"the name {card.name!r} is not lower case ASCII")
    expect(card.title.strip(), "the title is empty")
    expect(card.credential_fields, "no credential field is named")
    expect(len(set(card.credential_fields)) == len(card.credential_fields), "a credential is named twice")
    address = card.default_base_url  # "": not public, every shop is opened with its own
    expect(not address or address.startswith("https://"), f"{address!r} is no https address")


@check()
def the_limits_are_positive(bench: Bench) -> None:
    limits = bench.limits
    expect(limits.calls_per_second > 0, "calls_per_second is not above 0")
    expect(limits.list_page > 0, "list_page is not above 0")
    expect(limits.price_batch > 0, "price_batch is not above 0")


@check()
def connecting_makes_no_call(bench: Bench) -> None:
    same("calls made by connect()", bench.calls(bench.connect), [])


@check()
def parents_come_before_their_children(bench: Bench) -> None:
    seen: set[str] = set()
    for category in bench.categories():
        expect(category.id not in seen, f"the category {category.id} comes twice")
        expect(
            category.parent is None or category.parent in seen,
            f"the parent of {category.id} does not come before it",
        )
        seen.add(category.id)


@check()
def the_tree_has_leaves_and_they_are_leaves(bench: Bench) -> None:
    tree = bench.categories()
    parents = {category.parent for category in tree}
    leaves = [category for category in tree if category.leaf]
    expect(leaves, "no category takes goods")
    expect(not any(leaf.id in parents for leaf in leaves), "a leaf is a parent")


@check()
def a_category_is_called_by_its_own_name_not_its_path(bench: Bench) -> None:
    for category in bench.categories():
        expect(
            category.name.strip() == category.name != "", f"the name of {category.id} is {category.name!r}"
        )
        path = re.search(r" [|>/] ", category.name)
        expect(not path, f"the category {category.id} is called by its path: {category.name!r}")


@check()
def the_attributes_of_every_leaf_can_be_read(bench: Bench) -> None:
    for leaf in [category for category in bench.categories() if category.leaf]:
        asked = bench.shop.attributes(leaf.id)
        ids = [attribute.id for attribute in asked]
        same(f"attribute ids of {leaf.id} without repeats", sorted(set(ids)), sorted(ids))
        for attribute in asked:
            expect(attribute.name.strip(), f"the attribute {attribute.id} of {leaf.id} has no name")
            expect(all(attribute.options), f"the attribute {attribute.id} of {leaf.id} has an empty option")
            expect(
                attribute.required_with is None or attribute.required_with in ids,
                f"{attribute.id} hangs on an attribute that is not there",
            )


@check()
def attributes_of_no_leaf_are_rejected(bench: Bench) -> None:
    bench.refused(Rejected, lambda: bench.shop.attributes("khong-co-nganh-nay"))
    bench.refused(Rejected, lambda: bench.shop.attributes("999999999"))
