"""The test of a connection: is there anything that would keep a run from succeeding?"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import get_args

from shared.activecampaign.wire import bulk_body
from shared.connections.connection import Connection
from shared.connections.findings import (
    ConnectionTest,
    Finding,
    Subject,
    allowance,
    failed,
    lets_run,
    passed,
    reached,
    unknown,
)
from shared.errors import (
    AccessDenied,
    ActiveCampaignError,
    ConfigurationError,
    ContactsRefused,
    RequestRefused,
    StateUnavailable,
)
from shared.runs.account import KeyedAccount
from shared.runs.services import RunServices

PATIENCE_SECONDS = 60.0
"""For all of a test; well under the 230 seconds after which Azure ends a request."""
_NO_CONTACTS = bulk_body([], exclude_automations=True)
_NOT_ASKED = "not asked, because of what is said above"
_NO_ANSWER = "ActiveCampaign did not answer in time; try again later"


@dataclass(frozen=True, slots=True)
class ConnectionTester:
    """Tests connections, at the pace for requests outside of an account's turn."""

    services: RunServices
    patience: float = PATIENCE_SECONDS

    async def test(self, connection: Connection) -> ConnectionTest:
        """Asks one thing after another, and none after it is clear that there will be no answer."""
        findings, reason = list[Finding](), _NOT_ASKED
        try:
            async with asyncio.timeout(self.patience):
                async for finding in self._findings(connection):
                    findings.append(finding)
        except TimeoutError:
            reason = _NO_ANSWER
        findings += [unknown(subject, reason) for subject in get_args(Subject)[len(findings) :]]
        return ConnectionTest(passed=all(map(lets_run, findings)), findings=findings)

    async def _findings(self, connection: Connection) -> AsyncIterator[Finding]:
        """In the order of the subjects."""
        try:
            account = self._account(connection)
            await account.call(lambda client: client.me())
        except (ActiveCampaignError, ConfigurationError, StateUnavailable) as error:
            for finding in reached(error):
                yield finding
            return
        yield passed("host", "it is an ActiveCampaign API")
        yield passed("credentials", "ActiveCampaign takes the key")
        yield await _lists(account)
        yield await _import_permission(account)
        yield await _contact_allowance(account)

    def _account(self, connection: Connection) -> KeyedAccount:
        """With the key that is in the vault now: somebody may have put it there a moment ago."""
        account = self.services.open_account(connection, self.services.browsing(), lambda: None)
        return replace(account, open=lambda _: account.open(True))


async def _lists(account: KeyedAccount) -> Finding:
    try:
        found = await account.call(lambda client: client.lists())
    except AccessDenied:
        found = []
    except ActiveCampaignError as error:
        return unknown("lists", str(error))
    if found:
        return passed("lists", f"the key's user may see {len(found)}")
    return failed(
        "lists",
        "the key's user sees no list: make one in ActiveCampaign, or give the user's group access to one "
        "in its settings of users and groups",
    )


async def _import_permission(account: KeyedAccount) -> Finding:
    """Asks for an import of nobody, which is refused for that, or accepted, by who may import.

    The reaction to it is not documented; that the group's permission to import is missing shows as 403
    (ActiveCampaign API reference, errors).
    """
    permitted = passed("import_permission", "the key's user may import contacts")
    try:
        await account.call(lambda client: client.import_contacts(_NO_CONTACTS, 0))
    except (RequestRefused, ContactsRefused):
        return permitted
    except AccessDenied:
        return failed(
            "import_permission",
            "the key's user may not import contacts: allow the user's group to import in ActiveCampaign's "
            "settings of users and groups, or use the key of a user who may",
        )
    except ActiveCampaignError as error:
        return unknown("import_permission", str(error))
    return permitted


async def _contact_allowance(account: KeyedAccount) -> Finding:
    try:
        return allowance(await account.call(lambda client: client.account()))
    except ActiveCampaignError as error:
        return unknown("contact_allowance", str(error))
