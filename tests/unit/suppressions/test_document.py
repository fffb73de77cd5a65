from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.plans.keys import LedgerKeys
from shared.suppressions.document import SuppressionList
from tests.builders import NOW

PEOPLE = tuple(f"p{number}@example.com" for number in range(6))
HASHINGS = {
    version: LedgerKeys.derive(f"the secret of {version}, which is long enough", version).hashing
    for version in ("v1", "v2", "v3")
}
people = st.sets(st.sampled_from(PEOPLE))
changes = st.lists(st.tuples(st.sampled_from(["v1", "v2", "v3", "remove"]), people), max_size=8)


def added(document: SuppressionList, version: str, *addresses: str) -> SuppressionList:
    return document.added(addresses, version, HASHINGS, NOW)


def matched(document: SuppressionList) -> set[str]:
    matcher = document.matcher(HASHINGS)
    return set() if matcher is None else set(filter(matcher, PEOPLE))


@given(changes)
def test_who_was_added_last_and_not_removed_is_suppressed_under_whatever_key(
    made: list[tuple[str, set[str]]],
) -> None:
    document, expected = SuppressionList(), set[str]()
    for what, addresses in made:
        if what == "remove":
            document = document.removed(addresses, HASHINGS)
            expected -= addresses
        else:
            document = added(document, what, *addresses)
            expected |= addresses

    assert matched(document) == expected
    assert document.total == len(expected)
    assert SuppressionList.model_validate_json(document.model_dump_json()) == document


@given(people)
def test_adding_or_removing_twice_changes_nothing_more(addresses: set[str]) -> None:
    once = added(SuppressionList(), "v1", *addresses)
    gone = once.removed(addresses, HASHINGS)

    assert added(once, "v1", *addresses) == once
    assert gone.removed(addresses, HASHINGS) == gone


def test_after_a_rotation_old_hashes_stay_and_new_ones_have_the_new_version() -> None:
    old = added(SuppressionList(), "v1", PEOPLE[0])

    new = added(old, "v2", PEOPLE[0], PEOPLE[1])

    assert new.versions == ["v1", "v2"]
    assert new.sets[0] == old.sets[0]
    assert matched(new) == {PEOPLE[0], PEOPLE[1]}


def test_an_emptied_version_is_no_longer_needed() -> None:
    both = added(added(SuppressionList(), "v1", PEOPLE[0]), "v2", PEOPLE[1])

    assert both.removed([PEOPLE[0]], HASHINGS).versions == ["v2"]


def test_only_what_is_new_counts_as_added() -> None:
    document = added(SuppressionList(), "v1", PEOPLE[0])
    later = NOW + timedelta(days=1)

    same = document.added([PEOPLE[0]], "v1", HASHINGS, later)
    more = document.added(PEOPLE[:2], "v1", HASHINGS, later)

    assert (document.added_at, same.added_at, more.added_at) == (NOW, NOW, later)


def test_no_address_stands_in_the_document() -> None:
    stored = added(SuppressionList(), "v1", *PEOPLE).model_dump_json()

    assert "example" not in stored
