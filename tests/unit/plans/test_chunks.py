import json
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.activecampaign.wire import MAX_BODY_BYTES, MAX_CONTACTS
from shared.plans.chunks import Chunker, Planned, Source, decode_body, decode_sources, encode_chunk, room
from tests.builders import planned

FILLER = len(b'{"email":"0@e.de","n":""}')

small = st.integers(FILLER + 3, 60)
middling = st.integers(1_000, 9_000)
huge = st.integers(100_000, MAX_BODY_BYTES - 45)
sizes = st.one_of(
    st.lists(small, max_size=600),
    st.lists(st.one_of(small, middling, huge), max_size=40),
    st.integers(240, 260).map(lambda count: [1_590] * count),
    st.integers(1, 1_010).map(lambda count: [40] * count),
)


def contact(number: int, size: int) -> Planned:
    """A contact whose JSON has exactly this many bytes."""
    start, end = b'{"email":"%d@e.de","n":"' % number, b'"}'
    body = start + b"x" * (size - len(start) - len(end)) + end
    return planned(f"{number}@e.de", contact=body, row=number)


def chunked(contacts: list[Planned], *, exclude_automations: bool = True) -> list[list[Planned]]:
    chunker = Chunker(exclude_automations=exclude_automations)
    ready = [chunk for at in range(0, len(contacts), 7) for chunk in chunker.take(contacts[at : at + 7])]
    return ready + list(chunker.rest())


def body_of(chunk: list[Planned], *, exclude_automations: bool = True) -> bytes:
    return decode_body(encode_chunk(chunk, exclude_automations=exclude_automations)[0])


@settings(max_examples=60)
@given(sizes, st.booleans())
def test_no_body_exceeds_a_cap_and_each_contact_is_in_exactly_one_in_order(
    wanted: list[int], exclude_automations: bool
) -> None:
    contacts = [contact(number, size) for number, size in enumerate(wanted)]

    chunks = chunked(contacts, exclude_automations=exclude_automations)

    bodies = [body_of(chunk, exclude_automations=exclude_automations) for chunk in chunks]
    parsed = [json.loads(body) for body in bodies]
    assert all(len(body) <= MAX_BODY_BYTES for body in bodies)
    assert all(0 < len(body["contacts"]) <= MAX_CONTACTS for body in parsed)
    assert all(body["exclude_automations"] is exclude_automations for body in parsed)
    assert [each["email"] for body in parsed for each in body["contacts"]] == [
        f"{number}@e.de" for number in range(len(wanted))
    ]


@settings(max_examples=40)
@given(sizes)
def test_no_chunk_could_have_taken_the_next_contact_but_for_the_last_two(wanted: list[int]) -> None:
    chunks = chunked([contact(number, size) for number, size in enumerate(wanted)])

    for chunk, following in pairwise(chunks[:-1]):
        with_next = [*chunk, following[0]]
        body = body_of(with_next)
        assert len(with_next) > MAX_CONTACTS or len(body) > MAX_BODY_BYTES


@settings(max_examples=40)
@given(st.integers(0, 1_010))
def test_small_contacts_are_never_left_alone_while_another_could_share(count: int) -> None:
    lengths = [len(chunk) for chunk in chunked([contact(number, 40) for number in range(count)])]

    assert sum(lengths) == count
    assert 1 not in lengths or count == 1
    assert len(lengths) == -(-count // MAX_CONTACTS)


def test_a_contact_that_fits_with_no_other_stays_alone() -> None:
    big = room(exclude_automations=True)

    lengths = [
        len(chunk) for chunk in chunked([contact(1, 40), contact(2, 40), contact(3, 40), contact(4, big)])
    ]

    assert lengths == [3, 1]


def test_two_contacts_before_a_last_one_stay_together_since_one_is_alone_in_any_case() -> None:
    half = MAX_BODY_BYTES // 2 - 40

    lengths = [len(chunk) for chunk in chunked([contact(number, half) for number in range(3)])]

    assert lengths == [2, 1]


@pytest.mark.parametrize("exclude_automations", [True, False])
def test_a_contact_fits_alone_up_to_the_last_byte(exclude_automations: bool) -> None:
    largest = contact(1, room(exclude_automations=exclude_automations))

    (body,) = (
        body_of(chunk, exclude_automations=exclude_automations)
        for chunk in chunked([largest], exclude_automations=exclude_automations)
    )

    assert len(body) == MAX_BODY_BYTES


hashes = st.binary(min_size=16, max_size=16)
origins = st.tuples(st.integers(0, 99), st.integers(0, 9_999), st.integers(1, 10**9), st.text())
rows = st.tuples(st.just(b'{"email":"a@e.de"}'), hashes, hashes, origins)


@settings(max_examples=25)
@given(st.lists(rows, min_size=1, max_size=8))
def test_the_sources_of_a_chunk_are_read_back_in_order(chunk: list[Planned]) -> None:
    _, data = encode_chunk(chunk, exclude_automations=True)

    assert decode_sources(data) == [Source(digest, content, *origin) for _, content, digest, origin in chunk]
