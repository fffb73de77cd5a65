"""Whatever is wrong with a request, the answer is a 4xx that names the place, and nothing has happened."""

import pytest

from tests.contract.malformed import CURRENT, GROUPS, Malformed
from tests.contract.server import Reply, Server

REQUESTS = {f"{group}: {name}": each for group, found in GROUPS.items() for name, each in found.items()}


def sent(server: Server, request: Malformed) -> Reply:
    headers = dict(request.headers or {})
    if headers.get("If-Match") == CURRENT:
        headers["If-Match"] = server.send("GET", request.path).headers["etag"]
    return server.send(request.method, request.path, request.body, headers)


@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS)
def test_the_answer_names_the_place(server: Server, request_: Malformed) -> None:
    reply = sent(server, request_)

    assert reply.is_problem, (reply.status, reply.content)
    problem = reply.json
    assert (reply.status, problem["status"]) == (request_.status, request_.status), problem
    if request_.pointer is not None:
        assert problem.get("pointer") == request_.pointer, problem
    if request_.words is not None:
        assert request_.words in problem["detail"], problem


def test_nothing_came_of_any_of_them(server: Server) -> None:
    before = server.send("GET", "exports").json, server.send("GET", "connections").json

    for each in REQUESTS.values():
        sent(server, each)

    assert (server.send("GET", "exports").json, server.send("GET", "connections").json) == before


def test_there_are_more_than_enough_of_them() -> None:
    assert len(REQUESTS) >= 60
