"""The client: one attempt a call, at the pace of the account, errors by what can be done about them."""

import time
from collections.abc import Callable, Mapping
from functools import partial

import aiohttp

from shared.activecampaign import replies
from shared.activecampaign.address import ApiAddress
from shared.activecampaign.answers import Answer, Question, understand
from shared.activecampaign.model import (
    Accepted,
    AccountLimits,
    Contact,
    CustomField,
    Exclusion,
    MailingList,
    Membership,
    Outcome,
    Page,
    Queue,
    User,
)
from shared.activecampaign.pacing import Pacer
from shared.activecampaign.transport import Timeouts, Transport
from shared.errors import RateLimited, Unavailable

PAGE_SIZE = 100
"""The most that ActiveCampaign gives (API reference, pagination)."""


class ActiveCampaign:
    """One account of ActiveCampaign, seen with one API key.

    The session is the caller's, made with `transport.connector` and a DummyCookieJar, and stays open. Every
    call waits for its turn at `pacer`, makes one request a page, and raises an ActiveCampaignError if that
    fails; trying again is up to the caller. A wait that an answer asks for is passed on to `pacer`. `guard`
    is called after the wait, right before a request leaves; what it raises stops the request.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        address: ApiAddress,
        api_key: str,
        pacer: Pacer,
        *,
        timeouts: Timeouts | None = None,
        now: Callable[[], float] = time.time,
        guard: Callable[[], None] = lambda: None,
    ) -> None:
        """`now` gives epoch seconds."""
        headers = {"Api-Token": api_key, "Accept": "application/json"}
        self._transport = Transport(session, headers, timeouts or Timeouts())
        self._address = address
        self._pacer = pacer
        self._now = now
        self._guard = guard

    async def me(self) -> User:
        """Whom the key belongs to: the test of a connection."""
        return await self._get(
            "users/me", Question(subject="the connection test", key="user", read=replies.user)
        )

    async def account(self) -> AccountLimits | None:
        """The contact allowance; None where the key's user may not see it or the account has no such page."""
        question = Question[AccountLimits | None](
            subject="the contact allowance",
            key="subscriber_limit",
            read=replies.account_limits,
            otherwise={403: None, 404: None},
        )
        return await self._get("settings/account", question)

    async def mailing_list(self, list_id: int) -> MailingList:
        """The list of this id; raises ListNotFound."""
        question = Question(subject=f"list {list_id}", key="list", read=replies.mailing_list)
        return await self._get(f"lists/{list_id}", question)

    async def lists(self) -> list[MailingList]:
        """All lists that the key's user may see."""
        return await self._pages("lists", Question(subject="the lists", key="lists", read=replies.lists_page))

    async def fields(self) -> list[CustomField]:
        """All custom fields of contacts, with their options."""
        question = Question(subject="the custom fields", key="fields", read=replies.fields_page)
        return await self._pages("fields", question)

    async def import_contacts(self, body: bytes, count: int) -> Accepted:
        """Queues an import: a body as `wire.bulk_body` writes it, of `count` contacts, sent as it is.

        Raises ContactsRefused, RequestTooLarge, RequestRefused, RateLimited, and Unavailable, which is
        `in_doubt` when the contacts may have been queued all the same.
        """
        question = Question(
            subject="an import",
            key="batchId",
            read=partial(replies.accepted, count=count),
            contacts=count,
        )
        await self._pacer.bulk(count)
        self._guard()
        answer = await self._transport.post(self._url("import/bulk_import"), question, body)
        return self._understood(answer, question)

    async def outcome(self, batch_id: str) -> Outcome:
        """What became of a queued import; one that is unknown is undecided, as it may not be set up yet."""
        question = Question(
            subject="the outcome of an import",
            key="status",
            read=replies.outcome,
            otherwise={404: Outcome(state="undecided")},
        )
        return await self._get("import/info", question, {"batchId": batch_id})

    async def queue(self) -> Queue:
        """How much the account still has to import, and has imported in seven days, whoever sent it."""
        question = Question(subject="the queue of imports", key="outstanding", read=replies.queue)
        return await self._get("import/bulk_import", question)

    async def find_contact(self, email: str) -> Contact | None:
        """The contact of this address, None without one.

        ActiveCampaign takes the address in the URL only.
        """
        question = Question(subject="a contact", key="contacts", read=replies.contact)
        return await self._get("contacts", question, {"email": email})

    async def unsubscribed(self, list_id: int, after: int) -> Page[str]:
        """The next page of addresses that unsubscribed from a list, by contact id, all above `after`.

        Ids, because the pages of a large account are not to be counted (API reference, contacts: with many
        contacts page by `id_greater`; status 2 is unsubscribed). A full page has `PAGE_SIZE`.
        """
        question = Question(
            subject=f"who unsubscribed from list {list_id}", key="contacts", read=replies.addresses_page
        )
        query = {"listid": list_id, "status": 2, "id_greater": after, "limit": PAGE_SIZE, "orders[id]": "ASC"}
        return await self._get("contacts", question, {name: str(value) for name, value in query.items()})

    async def exclusions(self, offset: int) -> Page[Exclusion | None]:
        """A page of the exclusion list from `offset`; an empty one where the key's user may not see it."""
        empty = Page[Exclusion | None](items={}, total=0)
        question = Question(
            subject="the exclusion list",
            key="exclusions",
            read=replies.exclusions_page,
            otherwise={403: empty, 404: empty},
        )
        query = {"limit": str(PAGE_SIZE), "offset": str(offset)}
        return await self._get("lists/exclusions", question, query)

    async def memberships(self, contact_id: int) -> list[Membership]:
        """How the contact stands to every list it was ever on."""
        question = Question(
            subject="the lists of a contact", key="contactLists", read=replies.memberships_page
        )
        return await self._pages(f"contacts/{contact_id}/contactLists", question)

    async def _pages[T](self, path: str, question: Question[Page[T]]) -> list[T]:
        """All items, each once: a page of nothing new is the last one, whatever the total says."""
        found = dict[int, T]()
        offset = 0
        while True:
            page = await self._get(path, question, {"limit": str(PAGE_SIZE), "offset": str(offset)})
            offset += len(page.items)
            is_news = page.items.keys() - found.keys()
            found |= page.items
            if not is_news or page.is_last(offset, PAGE_SIZE):
                return list(found.values())

    async def _get[T](self, path: str, question: Question[T], query: Mapping[str, str] | None = None) -> T:
        await self._pacer.request()
        self._guard()
        answer = await self._transport.get(self._url(path), question, query or {})
        return self._understood(answer, question)

    def _understood[T](self, answer: Answer, question: Question[T]) -> T:
        if answer.headers.get("ratelimit-remaining", "").strip() == "0":
            self._pacer.pause(1 - self._now() % 1)
        try:
            return understand(answer, question, now=self._now())
        except (RateLimited, Unavailable) as error:
            self._pacer.pause(error.retry_after or 0.0)
            raise

    def _url(self, path: str) -> str:
        return f"{self._address.base_url}/{path}"
