import asyncio
from collections.abc import Awaitable, Callable

import pytest

from shared.once import Once


def making(*failures: Exception) -> tuple[list[object], Callable[[], Awaitable[object]]]:
    """What was made, and a slow way to make it that fails like this first."""
    made: list[object] = []
    left = list(failures)

    async def make() -> object:
        await asyncio.sleep(0)
        if left:
            raise left.pop(0)
        made.append(object())
        return made[-1]

    return made, make


async def test_all_who_ask_at_once_and_later_get_the_same() -> None:
    made, make = making()
    once = Once(make)

    got = [*await asyncio.gather(*(once.get() for _ in range(8))), await once.get()]

    assert got == made * 9
    assert len(made) == 1


async def test_who_waits_when_it_fails_has_it_tried_again() -> None:
    made, make = making(ValueError("not yet"))
    once = Once(make)

    first, *others = await asyncio.gather(*(once.get() for _ in range(3)), return_exceptions=True)

    assert isinstance(first, ValueError)
    assert others == made * 2
    assert len(made) == 1


async def test_who_gives_up_while_it_is_made_keeps_nobody_else_from_it() -> None:
    made, make = making()
    once = Once(make)

    first = asyncio.create_task(once.get())
    second = asyncio.create_task(once.get())
    await asyncio.sleep(0)
    first.cancel()

    with pytest.raises(asyncio.CancelledError):
        await first
    assert [await second] == made
