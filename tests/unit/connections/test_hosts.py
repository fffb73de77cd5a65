import socket
from typing import Any

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from shared.activecampaign.address import ApiAddress
from shared.activecampaign.transport import resolves
from shared.connections.hosts import Hosts
from shared.errors import InvalidInput


class Names(AbstractResolver):
    """A name service in which every name has these addresses, or that fails."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = addresses

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        if not self.addresses:
            raise OSError(-2, "Name or service not known")
        return [
            ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=0)
            for address in self.addresses
        ]

    async def close(self) -> None:
        pass


def hosts(*addresses: str, allow_loopback: bool = False) -> Hosts:
    async def over_names(address: ApiAddress, **options: Any) -> bool:
        return await resolves(address, resolver=Names(*addresses), **options)

    return Hosts(allow_loopback, over_names)


@pytest.mark.parametrize(
    "pasted", ["acme.api-us1.com", "https://acme.api-us1.com/", "acme.api-us1.com/api/3"]
)
async def test_every_pasted_form_is_kept_as_one_host(pasted: str) -> None:
    host = await hosts("104.16.1.1", "2606:4700::1111").understood(pasted)

    assert (host.url, host.account) == ("https://acme.api-us1.com", "acme")


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.4",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "168.63.129.16",
        "127.0.0.1",
        "::1",
        "fd00::1",
    ],
)
async def test_a_name_that_leads_into_a_private_network_is_refused(address: str) -> None:
    with pytest.raises(InvalidInput, match="private or reserved") as caught:
        await hosts("104.16.1.1", address).understood("innocent.example.com")

    assert caught.value.pointer == "/api_url"


@pytest.mark.parametrize(
    "pasted", ["https://104.16.1.1", "https://10.0.0.4", "acme", "http://acme.api-us1.com"]
)
async def test_what_is_no_host_name_is_refused_before_any_name_is_looked_up(pasted: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        await hosts().understood(pasted)

    assert caught.value.pointer == "/api_url"


async def test_a_name_that_does_not_resolve_is_taken() -> None:
    assert (await hosts().understood("acme.api-us1.com")).account == "acme"


async def test_loopback_is_for_the_local_setting_only() -> None:
    local = hosts("127.0.0.1", allow_loopback=True)

    assert (await local.understood("http://localhost:8080")).url == "http://localhost:8080"
    with pytest.raises(InvalidInput):
        await hosts("127.0.0.1").understood("http://localhost:8080")
