"""Ids: lower-case slugs people choose, and ids we make."""

import re
import secrets
from datetime import UTC, datetime

from shared.errors import InvalidInput

SLUG = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
"""What an id looks like."""
_SLUG = re.compile(SLUG)
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_TIME_BITS = 50
_RANDOM_BITS = 50


def checked_slug(text: str, *, pointer: str) -> str:
    """The id itself. Raises InvalidInput unless it is 1 to 63 of a-z, 0-9 and inner hyphens."""
    if is_slug(text):
        return text
    raise InvalidInput(
        "an id is 1 to 63 lower-case letters, digits or hyphens, and begins and ends with a letter or digit",
        pointer=pointer,
    )


def is_slug(text: str) -> bool:
    """Whether it can be an id at all."""
    return _SLUG.fullmatch(text) is not None


def new_id() -> str:
    """A random id of 12 characters for a document."""
    return _base32(secrets.randbits(60), 12)


def new_run_id(now: datetime) -> str:
    """An id of 20 characters that sorts newest first: inverted milliseconds, then chance."""
    milliseconds = int(now.timestamp() * 1000)
    inverted = (1 << _TIME_BITS) - 1 - milliseconds
    return _base32(inverted, 10) + _base32(secrets.randbits(_RANDOM_BITS), 10)


def time_of_run(run: str) -> datetime:
    """When a run's id was made."""
    inverted = 0
    for character in run[:10]:
        inverted = inverted << 5 | _ALPHABET.index(character)
    return datetime.fromtimestamp(((1 << _TIME_BITS) - 1 - inverted) / 1000, UTC)


def _base32(number: int, length: int) -> str:
    return "".join(_ALPHABET[number >> 5 * place & 31] for place in reversed(range(length)))
