"""The hosts that connections may lead to."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from shared.activecampaign.address import parse_address
from shared.activecampaign.transport import resolves
from shared.errors import InvalidInput, WrongAddress

type Resolves = Callable[..., Awaitable[bool]]
"""As `transport.resolves`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """Where an account's API is: `url` is scheme and host, without a path."""

    url: str
    account: str


@dataclass(frozen=True, slots=True)
class Hosts:
    """Understands what people paste as an API URL."""

    allow_loopback: bool
    resolves: Resolves = resolves

    async def understood(self, pasted: str) -> Host:
        """Raises InvalidInput where no connection may lead there.

        A name that does not resolve is taken: it may be this app's name service that fails, whoever connects
        later is checked again, and the test of a connection says so.
        """
        try:
            address = parse_address(pasted, allow_loopback_http=self.allow_loopback)
            await self.resolves(address, allow_loopback=self.allow_loopback)
        except WrongAddress as error:
            raise InvalidInput(str(error), pointer="/api_url") from error
        return Host(url=address.base_url.removesuffix("/api/3"), account=address.account)
