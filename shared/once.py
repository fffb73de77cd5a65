"""Making something once, however many ask for it at the same time."""

import asyncio
from collections.abc import Awaitable, Callable


class Once[T]:
    """What `make` gives, made when it is first asked for; who asks meanwhile waits for the same."""

    def __init__(self, make: Callable[[], Awaitable[T]]) -> None:
        self._make = make
        self._made: list[T] = []
        self._making = asyncio.Lock()

    async def get(self) -> T:
        """Raises what `make` raises; then the next one who asks, or waits already, has it try again."""
        async with self._making:
            if not self._made:
                self._made.append(await self._make())
            return self._made[0]
