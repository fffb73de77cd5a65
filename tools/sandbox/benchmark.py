"""How fast the sandbox takes a million contacts: `python -m tools.sandbox.benchmark [--fields 29]`."""

import argparse
import asyncio
import json
import resource
import time

from aiohttp import ClientSession

from tools.sandbox.account import Account
from tools.sandbox.api.routes import route
from tools.sandbox.calls import Call
from tools.sandbox.clock import ScaledClock
from tools.sandbox.knobs import LIFTED, Knobs
from tools.sandbox.server import Sandbox

_CHUNK = 250


def main() -> None:
    """Print contacts a second, CPU per contact, and the largest memory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=1_000_000)
    parser.add_argument("--fields", type=int, default=0, help="custom fields of each contact")
    parser.add_argument("--http", action="store_true", help="through a socket, client included")
    options = parser.parse_args()
    started = time.process_time()
    bodies_time = asyncio.run(_over_http(options)) if options.http else _directly(options)
    spent = time.process_time() - started - bodies_time
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{options.contacts} contacts, {options.fields} fields: {spent:.1f} s of CPU,", end=" ")
    print(f"{spent / options.contacts * 1e6:.1f} us a contact, {megabytes:.0f} MB at most")


def _directly(options: argparse.Namespace) -> float:
    account = Account(clock=ScaledClock(), knobs=Knobs().changed(LIFTED), seed=0)
    _furnish(account, options.fields)
    making = 0.0
    for first in range(0, options.contacts, _CHUNK):
        before = time.process_time()
        body = _body(first, options.fields)
        making += time.process_time() - before
        accepted = route(account, _call(body))
        assert accepted.status == 200
        account.settle()
    account.finish_imports()
    assert account.directory.memberships.count(1) == options.contacts
    return making


async def _over_http(options: argparse.Namespace) -> float:
    making = 0.0
    async with Sandbox(knobs=LIFTED) as sandbox, ClientSession() as session:
        _furnish(sandbox.account, options.fields)
        headers = {"Api-Token": sandbox.api_key}
        for first in range(0, options.contacts, _CHUNK):
            before = time.process_time()
            body = _body(first, options.fields)
            making += time.process_time() - before
            url = f"{sandbox.url}/api/3/import/bulk_import"
            async with session.post(url, data=body, headers=headers) as response:
                assert response.status == 200
        assert sandbox.evidence()["addresses_accepted"] == options.contacts
    return making


def _furnish(account: Account, fields: int) -> None:
    account.directory.catalogue.add_list("Newsletter", 0.0)
    for number in range(fields):
        account.directory.catalogue.add_field(f"Field {number}", 0.0)


def _body(first: int, fields: int) -> bytes:
    contacts = [_contact(number, fields) for number in range(first, first + _CHUNK)]
    return json.dumps({"contacts": contacts, "exclude_automations": True}).encode()


def _contact(number: int, fields: int) -> dict[str, object]:
    contact: dict[str, object] = {
        "email": f"person.{number}@example.com",
        "first_name": f"First{number % 5000}",
        "last_name": f"Last{number % 9000}",
        "phone": f"+1555{number:07}",
        "subscribe": [{"listid": 1}],
    }
    if fields:
        contact["fields"] = [
            {"id": id, "value": f"value {number % 7919 + id}"} for id in range(1, fields + 1)
        ]
    return contact


def _call(body: bytes) -> Call:
    return Call(
        method="POST",
        path="import/bulk_import",
        query={},
        body=body,
        token=None,
        arrived=0.0,
        origin="http://127.0.0.1",
    )


if __name__ == "__main__":
    main()
