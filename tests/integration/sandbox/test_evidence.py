import asyncio
import json

from tests.integration.sandbox.api import Api, people, person
from tests.integration.sandbox.conftest import Open
from tools.sandbox import Fault
from tools.sandbox.knobs import LIFTED


async def test_requests_are_counted_by_endpoint_and_status(api: Api) -> None:
    await api.get("lists/1")
    await api.get("lists/9")
    await api.get("users/me")

    evidence = api.sandbox.evidence()

    assert evidence["requests"] == 3
    assert evidence["by_endpoint"] == {"GET lists/{id}": 2, "GET users/me": 1}
    assert evidence["by_status"] == {"200": 2, "404": 1}
    assert evidence["over_limit"] == 0


async def test_maxima_look_at_any_window_not_at_fixed_ones(api: Api) -> None:
    for gap in (0.0, 0.4, 0.4, 0.4):
        api.clock.advance(gap)
        await api.bulk(*people(2))

    evidence = api.sandbox.evidence()

    assert evidence["most_requests_per_second"] == 3
    assert evidence["most_imports_per_minute"] == 4


async def test_the_largest_body_and_import_are_kept(api: Api) -> None:
    body = json.dumps({"contacts": people(7)}).encode()

    await api.send("POST", "import/bulk_import", data=body)
    await api.bulk(person())

    assert api.sandbox.evidence()["largest_body"] == len(body)
    assert api.sandbox.evidence()["largest_import"] == 7


async def test_imports_count_also_when_nobody_carries_them_out(api: Api) -> None:
    api.sandbox.add_fault(Fault(kind="html_error", status=502, times=2))

    await api.bulk(*people(3))
    await api.bulk(person(first_name='"email"'))
    await api.send("POST", "import/bulk_import", json={"contacts": people(2)}, headers={"Api-Token": "no"})

    evidence = api.sandbox.evidence()
    assert (evidence["most_imports_per_minute"], evidence["most_single_imports_per_minute"]) == (2, 1)
    assert evidence["largest_import"] == 3


async def test_accepted_imports_are_logged_with_their_time(open_api: Open) -> None:
    api = await open_api()
    api.sandbox.exclude("jane@example.com")
    api.clock.advance(5)

    reply = await api.bulk(person("jane"), person("joe"), exclude_automations=True)
    line = api.sandbox.account.evidence.accepted[0]

    assert (line.time, line.batch) == (api.clock.now(), reply.json["batchId"])
    assert (line.contacts, line.queued, line.automations) == (2, 1, False)
    assert line.bytes == api.sandbox.evidence()["largest_body"]


async def test_refused_imports_are_no_accepted_contacts(api: Api) -> None:
    await api.bulk(person("jane"), {"email": "bad"})

    assert api.sandbox.evidence()["contacts_accepted"] == 0
    assert api.sandbox.account.evidence.times_accepted("jane@example.com") == 0


async def test_addresses_accepted_again_are_told_apart_by_their_content(api: Api) -> None:
    await api.bulk(person("jane"), person("joe"))
    await api.bulk(person("jane"), person("joe", first_name="Joe"))
    await api.bulk(person("jane"))

    evidence = api.sandbox.evidence()

    assert evidence["contacts_accepted"] == 5
    assert evidence["addresses_accepted"] == 2
    assert (evidence["repeated_same"], evidence["repeated_changed"]) == (2, 1)
    assert api.sandbox.account.evidence.times_accepted("JANE@example.com") == 3
    assert api.sandbox.account.evidence.times_accepted("nobody@example.com") == 0


async def test_a_resend_after_a_lost_answer_shows_as_the_same_content_again(api: Api) -> None:
    api.sandbox.add_fault(Fault(kind="html_error", status=504, when="after"))

    lost = await api.bulk(*people(3))
    again = await api.bulk(*people(3))

    assert (lost.status, again.status) == (504, 200)
    assert api.sandbox.evidence()["batches_accepted"] == 2
    assert api.sandbox.evidence()["repeated_same"] == 3
    assert len(api.sandbox.members(1)) == 3


async def test_requests_in_flight_are_counted(open_api: Open) -> None:
    api = await open_api(latency=(1, 1))

    waiting = [asyncio.create_task(api.get("users/me")) for _ in range(3)]
    await api.clock.until_asleep(3)
    api.clock.advance(1)
    await asyncio.gather(*waiting)

    assert api.sandbox.evidence()["most_in_flight"] == 3
    assert api.sandbox.account.evidence.in_flight == 0


async def test_a_lifted_limit_still_leaves_its_evidence(open_api: Open) -> None:
    api = await open_api(**LIFTED)

    for _ in range(9):
        await api.get("users/me")

    assert api.sandbox.evidence()["most_requests_per_second"] == 9
    assert api.sandbox.evidence()["over_limit"] == 0
