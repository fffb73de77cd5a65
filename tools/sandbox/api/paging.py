"""Pages of a collection: `limit` and `offset`, the total as a string (API reference, pagination)."""

from collections.abc import Iterable
from itertools import islice

from tools.sandbox.calls import Call

MAX_PAGE = 100


def page[Item](call: Call, items: Iterable[Item], default: int = 20) -> list[Item]:
    """The items that the query's `limit` (at most 100) and `offset` (from 0) ask for."""
    offset = max(0, call.number("offset", 0))
    return list(islice(items, offset, offset + limit_of(call, default)))


def limit_of(call: Call, default: int = 20) -> int:
    """How many items the page may have."""
    return min(MAX_PAGE, max(0, call.number("limit", default)))


def descending(call: Call, order: str) -> bool:
    """Whether the query orders by this key downwards: `orders[id]=DESC`."""
    return call.query.get(f"orders[{order}]", "").upper() == "DESC"
