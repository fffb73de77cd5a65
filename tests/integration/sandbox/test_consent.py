import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.integration.sandbox.api import Api, person
from tests.integration.sandbox.conftest import Open
from tools.sandbox import LIFTED, ManualClock, Person, Sandbox, Status
from tools.sandbox.batches import Fate
from tools.sandbox.entries import EntryReader

_STEPS = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from(["subscribe", "unsubscribe"])), max_size=20
)


@given(chunks=st.lists(_STEPS, max_size=6))
def test_whatever_is_imported_an_opt_out_lasts_and_everybody_is_accounted_for(
    chunks: list[list[tuple[str, str]]],
) -> None:
    sandbox = Sandbox(knobs={**LIFTED, "info_success": "written"}, clock=ManualClock())
    sandbox.add_list("Newsletter")
    sandbox.unsubscribe("x@example.com", 1)
    account, opted_out = sandbox.account, {"x@example.com"}
    reader = EntryReader(account.knobs, {1}, ())

    for chunk in chunks:
        steps = dict([*chunk, ("x", "subscribe")])
        entries = [
            reader.read({"email": f"{name}@example.com", action: [{"listid": 1}]})
            for name, action in steps.items()
        ]
        batch = account.imports.accept(entries, account.knobs, 0.0, automations=True, fate=Fate())
        account.settle()
        opted_out |= {f"{name}@example.com" for name, action in steps.items() if action == "unsubscribe"}

        assert len(batch.success) + len(batch.failure) == len(entries)
        assert sandbox.members(1, Status.UNSUBSCRIBED) == opted_out
        assert sandbox.members(1).isdisjoint(opted_out)
    assert account.directory.memberships.subscribers == len(sandbox.members(1))


async def test_an_import_never_resubscribes(api: Api) -> None:
    api.sandbox.unsubscribe("jane@example.com", 1)

    reply = await api.bulk(person("Jane", first_name="Jane"), person("joe"))

    assert (await api.outcome(reply))["failure"] == ["Jane@example.com"]
    assert api.sandbox.members(1) == {"joe@example.com"}
    assert api.sandbox.members(1, Status.UNSUBSCRIBED) == {"jane@example.com"}
    assert api.sandbox.evidence()["resubscribed"] == 0


@pytest.mark.parametrize(("choice", "name", "lists"), [
    ("skip", "", {1: "unsubscribed"}),
    ("write", "Jane", {1: "unsubscribed", 2: "active"}),
])  # fmt: skip
async def test_other_fields_of_the_unsubscribed_are_kept_or_written(
    open_api: Open, choice: str, name: str, lists: dict[int, str]
) -> None:
    api = await open_api(opted_out=choice)
    api.sandbox.unsubscribe("jane@example.com", 1)

    reply = await api.bulk(person(first_name="Jane", subscribe=[{"listid": 1}, {"listid": 2}]))

    jane = api.sandbox.contact("jane@example.com")
    assert (await api.outcome(reply))["failure"] == ["jane@example.com"]
    assert jane is not None
    assert (jane["first_name"], jane["lists"]) == (name, lists)


async def test_an_opt_out_of_one_list_does_not_hinder_another(api: Api) -> None:
    api.sandbox.unsubscribe("jane@example.com", 2)

    await api.bulk(person())

    assert api.sandbox.members(1) == {"jane@example.com"}


async def test_an_import_activates_the_unconfirmed(api: Api) -> None:
    api.sandbox.add_person(Person(email="jane@example.com", lists={1: "unconfirmed"}))

    await api.bulk(person())

    assert api.sandbox.members(1) == {"jane@example.com"}


async def test_the_bounced_fail(api: Api) -> None:
    api.sandbox.bounce("jane@example.com")

    reply = await api.bulk(person())

    assert (await api.outcome(reply))["failure"] == ["jane@example.com"]
    assert api.sandbox.members(1) == set()


async def test_unsubscribing_from_an_unknown_list_changes_nothing(api: Api) -> None:
    reply = await api.bulk(person(unsubscribe=[{"listid": 9}]))

    assert (await api.outcome(reply))["failure"] == []
    assert api.sandbox.members(1) == {"jane@example.com"}


async def test_an_import_unsubscribes_and_cannot_undo_it(api: Api) -> None:
    await api.bulk(person())

    await api.bulk(person(subscribe=[], unsubscribe=[{"listid": 1}]))
    again = await api.bulk(person())

    assert api.sandbox.members(1, Status.UNSUBSCRIBED) == {"jane@example.com"}
    assert (await api.outcome(again))["failure"] == ["jane@example.com"]


@pytest.mark.parametrize(("choice", "count"), [("record", 1), ("ignore", 0)])
async def test_unsubscribing_who_never_was_on_the_list(open_api: Open, choice: str, count: int) -> None:
    api = await open_api(unsubscribe_stranger=choice)

    await api.bulk(person(subscribe=[], unsubscribe=[{"listid": 1}]))

    assert len(api.sandbox.members(1, Status.UNSUBSCRIBED)) == count


async def test_contact_lists_status_1_resubscribes_and_leaves_evidence(api: Api) -> None:
    api.sandbox.unsubscribe("jane@example.com", 1)

    reply = await api.post("contactLists", {"contactList": {"list": 1, "contact": 1, "status": 1}})

    assert reply.status == 200
    assert api.sandbox.members(1) == {"jane@example.com"}
    assert api.sandbox.evidence()["resubscribed"] == 1


async def test_inline_lists_of_contact_sync_resubscribe_and_leave_evidence(api: Api) -> None:
    api.sandbox.unsubscribe("jane@example.com", 1)

    await api.post("contact/sync", {"contact": {"email": "jane@example.com", "lists": [{"list": 1}]}})

    assert api.sandbox.members(1) == {"jane@example.com"}
    assert api.sandbox.evidence()["resubscribed"] == 1


async def test_inline_lists_may_be_unknown_to_the_account(open_api: Open) -> None:
    api = await open_api(inline_lists="ignore")
    contact = {"email": "jane@example.com", "lists": [{"list": 1}], "tags": ["gold"]}

    await api.post("contact/sync", {"contact": contact})

    jane = api.sandbox.contact("jane@example.com")
    assert jane is not None
    assert (jane["lists"], jane["tags"]) == ({}, [])


async def test_automations_start_for_joiners_unless_they_are_excluded(api: Api) -> None:
    api.sandbox.add_person(Person(email="old@example.com", lists={1: "active"}))

    await api.bulk(person("quiet"), exclude_automations=True)
    quiet = api.sandbox.evidence()["automations_started"]
    await api.bulk(person("old"), person("new"))

    assert quiet == 0
    assert api.sandbox.evidence()["automations_started"] == 1
