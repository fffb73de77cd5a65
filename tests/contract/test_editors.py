"""Two editors at once, and editors while an export runs."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.contract.server import EXPORT, Reply, Server, serving
from tests.pipeline import people
from tests.pipeline.segments import write_segment
from tools.azurite import Azurite

DAILY = {"kind": "daily", "times": ["07:00"], "time_zone": "Europe/Berlin"}


def documents(server: Server) -> dict[str, str]:
    """A document of each kind that is edited, by its path without the id."""
    return {
        "exports": f"exports/{server.made('exports', EXPORT | {'schedule': 'off'})}",
        "connections": f"connections/{server.made('connections', server.connection())}",
    }


def change(server: Server, path: str, etag: str, **patch: object) -> Reply:
    return server.send("PATCH", path, patch, {"If-Match": etag})


NAMES = {"exports": "name", "connections": "display_name"}


@pytest.mark.parametrize("kind", NAMES)
def test_the_second_editor_is_told_and_loses_nothing(server: Server, kind: str) -> None:
    path, field = documents(server)[kind], NAMES[kind]
    etag = server.send("GET", path).headers["etag"]

    first = change(server, path, etag, **{field: "The first"})
    second = change(server, path, etag, **{field: "The second"})

    shown = server.send("GET", path)
    again = change(server, path, shown.headers["etag"], **{field: "The second"})
    assert (first.status, second.status, again.status) == (200, 412, 200)
    assert second.json["type"] == "urn:segment-export:problem:precondition_failed"
    assert shown.json[field] == "The first"
    assert shown.headers["etag"] == first.headers["etag"]
    assert again.json[field] == "The second"


@pytest.mark.parametrize("kind", NAMES)
def test_of_many_editors_at_the_same_moment_one_wins(server: Server, kind: str) -> None:
    path, field = documents(server)[kind], NAMES[kind]
    etag = server.send("GET", path).headers["etag"]

    with ThreadPoolExecutor(8) as editors:
        replies = list(
            editors.map(lambda number: change(server, path, etag, **{field: f"Nr. {number}"}), range(8))
        )

    won = [reply for reply in replies if reply.status == 200]
    assert sorted(reply.status for reply in replies) == [200] + [412] * 7
    assert server.send("GET", path).json[field] == won[0].json[field]


@pytest.mark.parametrize("kind", NAMES)
def test_who_removes_what_somebody_changed_is_told(server: Server, kind: str) -> None:
    path, field = documents(server)[kind], NAMES[kind]
    etag = server.send("GET", path).headers["etag"]
    change(server, path, etag, **{field: "Still wanted"})

    removal = server.send("DELETE", path, headers={"If-Match": etag})

    assert removal.status == 412
    assert server.send("GET", path).status == 200


def test_the_general_schedule_is_set_by_one_of_two_editors(server: Server) -> None:
    path, body = "schedule", {"schedule": DAILY}
    before = server.send("GET", path).headers.get("etag")
    headers = {"If-Match": before} if before else {}

    first = server.send("PUT", path, body, headers)
    second = server.send("PUT", path, {"schedule": "off"}, headers or {"If-Match": '"0x0"'})

    assert (first.status, second.status) == (200, 412)
    assert server.send("GET", path).json["schedule"] == DAILY


@pytest.fixture(scope="module")
def busy(azurite: Azurite) -> Iterator[Server]:
    """A server that works on its runs."""
    with serving(azurite, {}) as running:
        yield running


def test_a_run_never_makes_the_etag_of_an_editor_stale(busy: Server) -> None:
    busy.run(write_segment(busy.deployment.segments, "Vip", [people(600)]))
    paths = documents(busy)
    etags = {kind: busy.send("GET", path).headers["etag"] for kind, path in paths.items()}
    run = busy.made(f"{paths['exports']}/runs")
    during = change(busy, paths["exports"], etags["exports"], tags=["while-it-runs"])

    ended = busy.run(busy.deployment.api.run_to_end(run))
    after = change(busy, paths["exports"], during.headers["etag"], tags=["after-it-ran"])

    assert ended["state"] == "successful", ended
    assert (during.status, after.status) == (200, 200)
    assert busy.send("GET", paths["connections"]).headers["etag"] == etags["connections"]
