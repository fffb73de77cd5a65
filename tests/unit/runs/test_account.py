from typing import cast

import pytest

from shared.activecampaign.client import ActiveCampaign
from shared.errors import AccessDenied, RequestRefused
from shared.runs.account import KeyedAccount


class Vault:
    """Opens clients named for the key they have; the newest key comes with a fresh reading."""

    def __init__(self) -> None:
        self.opened: list[bool] = []
        self.slept: list[float] = []

    async def open(self, fresh: bool) -> ActiveCampaign:
        self.opened.append(fresh)
        return cast(ActiveCampaign, "new" if fresh else "old")

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    def account(self) -> KeyedAccount:
        return KeyedAccount(self.open, self.sleep)


async def call(account: KeyedAccount, *keys: str) -> tuple[list[str], str | None]:
    """The keys that were tried with an ActiveCampaign that accepts these, and the one that passed."""
    tried: list[str] = []

    async def request(client: ActiveCampaign) -> str:
        tried.append(str(client))
        if str(client) not in keys:
            raise AccessDenied("refused")
        return str(client)

    try:
        return tried, await account.call(request)
    except AccessDenied:
        return tried, None


async def test_one_client_serves_all_calls_while_its_key_is_good() -> None:
    vault = Vault()
    account = vault.account()

    assert [await call(account, "old"), await call(account, "old")] == [(["old"], "old")] * 2
    assert (vault.opened, vault.slept) == ([False], [])


async def test_a_refused_key_is_read_again_at_once() -> None:
    vault = Vault()

    assert await call(vault.account(), "new") == (["old", "new"], "new")
    assert (vault.opened, vault.slept) == ([False, True], [0.0])


async def test_a_key_that_was_changed_stays_in_use() -> None:
    vault = Vault()
    account = vault.account()
    await call(account, "new")

    assert await call(account, "new") == (["new"], "new")


async def test_a_key_that_is_refused_three_times_with_a_pause_is_refused_for_good() -> None:
    vault = Vault()

    assert await call(vault.account()) == (["old", "new", "new"], None)
    assert vault.slept == [0.0, 2.0]


async def test_any_other_error_is_raised_at_once() -> None:
    vault = Vault()

    async def request(client: ActiveCampaign) -> None:
        raise RequestRefused("no")

    with pytest.raises(RequestRefused):
        await vault.account().call(request)

    assert vault.opened == [False]
