import json
from collections.abc import Callable, Sequence

import pytest

from shared.errors import (
    AccessDenied,
    ActiveCampaignError,
    ContactsRefused,
    ListNotFound,
    RateLimited,
    RequestRefused,
    RequestTooLarge,
    SegmentExportError,
    Unavailable,
)
from shared.exports.export import ExportContent
from shared.runs.posting import MAX_REFUSED_IN_A_ROW, Poster
from shared.runs.signals import Stop
from tests.builders import content
from tests.unit.runs.fakes import Slice, address

type Decide = Callable[[Sequence[bytes]], SegmentExportError | None]


def poster(made: Slice, export: ExportContent | None = None) -> Poster:
    return Poster(
        account=made.account.keyed(),
        deliveries=made.deliveries,
        chunks=made.chunks,
        index=made.index,
        export=export or content(),
        log=made.delivery_log,
        signals=made.signals,
    )


async def post_all(made: Slice, export: ExportContent | None = None) -> None:
    """Posts one part after the other until nothing is left, or something asks to stop."""
    posting = poster(made, export)
    while not made.signals.stop and (part := made.deliveries.take()):
        await posting.post(part)


def addresses(post: Sequence[bytes]) -> list[str]:
    return [json.loads(contact)["email"] for contact in post]


def refusing(*bad: str, error: Callable[[], ActiveCampaignError]) -> Decide:
    """Refuses every import that holds one of these addresses, without naming it."""
    return lambda contacts: error() if set(bad) & set(addresses(contacts)) else None


def unnamed() -> ContactsRefused:
    return ContactsRefused("refused", reasons={})


def refused() -> RequestRefused:
    return RequestRefused("refused")


def too_large() -> RequestTooLarge:
    return RequestTooLarge("too large")


async def test_each_chunk_is_sent_as_it_was_staged_and_logged_with_its_batch() -> None:
    made = Slice([2, 1])

    await post_all(made)

    assert [addresses(post) for post in made.account.posts] == [
        [address(0, 0), address(0, 1)],
        [address(1, 0)],
    ]
    assert made.log.lines == [
        {"chunk": 0, "batch": "batch-1", "at": 1_000.0},
        {"chunk": 1, "batch": "batch-2", "at": 1_000.0},
    ]
    assert made.account.bodies[0] == await made.chunks.body(0)


async def test_named_contacts_are_dropped_and_the_others_sent_in_their_place() -> None:
    made = Slice([4])
    made.account.answers = [ContactsRefused("refused", reasons={1: "bad phone", 3: "bad name"}), None]

    await post_all(made)

    assert addresses(made.account.posts[1]) == [address(0, 0), address(0, 2)]
    assert made.deliveries.fates(0) == [
        ("unconfirmed", "unconfirmed"),
        ("refused", "refused: bad phone"),
        ("unconfirmed", "unconfirmed"),
        ("refused", "refused: bad name"),
    ]


async def test_the_place_in_the_request_is_translated_to_the_place_in_the_chunk() -> None:
    made = Slice([4])
    first = ContactsRefused("refused", reasons={0: "first"})
    made.account.answers = [first, ContactsRefused("refused", reasons={2: "third of three"}), None]

    await post_all(made)

    assert addresses(made.account.posts[-1]) == [address(0, 1), address(0, 2)]
    assert made.deliveries.fates(0)[3] == ("refused", "refused: third of three")


async def test_where_every_contact_is_refused_nothing_is_sent_again() -> None:
    made = Slice([2])
    made.account.answers = [ContactsRefused("refused", reasons={0: "bad", 1: "bad"})]

    await post_all(made)

    assert len(made.account.posts) == 1
    assert made.deliveries.tally()["refused"] == 2


@pytest.mark.parametrize(
    ("error", "reason"), [(unnamed, "refused"), (refused, "refused"), (too_large, "contact_too_large")]
)
@pytest.mark.parametrize("place", [0, 100, 249])
async def test_one_bad_contact_that_nobody_names_is_found_by_halving(
    error: Callable[[], ActiveCampaignError], reason: str, place: int
) -> None:
    made = Slice([250])
    made.account.decide = refusing(address(0, place), error=error)

    await post_all(made)

    assert made.deliveries.fates(0)[place] == ("refused", reason)
    assert made.deliveries.tally() | {"unconfirmed": 0} == {
        "imported": 0, "failed": 0, "refused": 1, "unconfirmed": 0, "unsent": 0
    }  # fmt: skip
    assert made.deliveries.tally()["unconfirmed"] == 249
    assert len(made.account.posts) <= 17


async def test_a_run_whose_every_import_is_refused_ends_after_a_few() -> None:
    made = Slice([250] * 20)
    made.account.decide = lambda contacts: refused()

    with pytest.raises(RequestRefused, match="refuses every import"):
        await post_all(made)

    assert MAX_REFUSED_IN_A_ROW < len(made.account.posts) <= 2 * MAX_REFUSED_IN_A_ROW + 8


async def test_an_accepted_import_in_between_lets_refusals_count_anew() -> None:
    made = Slice([2] * 30)
    bad = {address(chunk, 0) for chunk in range(30)}
    made.account.decide = refusing(*bad, error=refused)

    await post_all(made)

    assert made.deliveries.tally()["refused"] == 30
    assert made.deliveries.tally()["unconfirmed"] == 30


@pytest.mark.parametrize(
    ("error", "pause"),
    [
        (RateLimited("wait", retry_after=7.0), 7.0),
        (Unavailable("down"), 1.0),
        (Unavailable("down", retry_after=20.0), 20.0),
        (Unavailable("lost", in_doubt=True), 1.0),
    ],
)
async def test_a_limit_or_silence_waits_and_the_same_part_goes_again(
    error: Unavailable, pause: float
) -> None:
    made = Slice([2])
    made.account.answers = [error]

    await post_all(made)

    assert made.pauses == [pause]
    assert made.account.posts[0] == made.account.posts[1]
    assert made.deliveries.tally()["unconfirmed"] == 2


async def test_a_long_wait_ends_the_slice_and_loses_nothing() -> None:
    made = Slice([2])
    made.account.answers = [RateLimited("wait", retry_after=600)]

    await post_all(made)

    assert made.signals.stop == Stop(why="waiting", wake_at=1_600.0)
    assert made.log.lines == []
    assert made.deliveries.sendable


@pytest.mark.parametrize("error", [AccessDenied("no"), ListNotFound("gone")])
async def test_what_ends_the_run_is_raised(error: ActiveCampaignError) -> None:
    made = Slice([1])
    made.account.answers = [error]
    posting = poster(made)
    posting.account.sleep = lambda seconds: _nothing()
    made.account.answers *= 3
    part = made.deliveries.take()
    assert part is not None

    with pytest.raises(type(error)):
        await posting.post(part)

    assert made.log.lines == []


async def _nothing() -> None:
    return None


@pytest.mark.parametrize(
    ("automations", "excluded"), [("always", False), ("joiners", False), ("never", True)]
)
async def test_the_rest_of_a_chunk_starts_automations_only_if_the_chunk_did(
    automations: str, excluded: bool
) -> None:
    made = Slice([3], kinds=["joiners"], exclude_automations=excluded)
    made.account.answers = [ContactsRefused("refused", reasons={0: "bad"})]

    await post_all(made, content(automations=automations))

    assert [json.loads(body)["exclude_automations"] for body in made.account.bodies] == [excluded, excluded]
