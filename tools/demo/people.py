"""Invented customers, the same ones every time."""

import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from datetime import UTC, datetime, timedelta
from random import Random

from tools.demo.names import CITIES, DOMAINS, FIRST_NAMES, LAST_NAMES, LEVELS

COLUMNS = (
    "CustomerId", "FirstName", "LastName", "EMail", "Telephone", "City", "LastPurchase", "LoyaltyLevel",
)  # fmt: skip
"""Of the segment, in the order of `Profile`."""

_UNACCENTED = str.maketrans({"ø": "o"})
_OPENING = datetime(2024, 1, 2, 8, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One row of the segment, as its columns have it.

    `customer_id` is 32 hexadecimal digits, `last_purchase` a date in US format, as Customer Insights writes
    them (CI documentation, date fields in other programs); `loyalty_level` is in lower case.
    """

    customer_id: str
    first_name: str
    last_name: str
    email: str
    telephone: str
    city: str
    last_purchase: str
    loyalty_level: str

    def row(self) -> tuple[str, ...]:
        """The cells, in the order of COLUMNS."""
        return astuple(self)


def people(seed: int = 0) -> Iterator[Profile]:
    """People without end, each with an address of their own that ActiveCampaign takes."""
    random = Random(seed)
    namesakes: Counter[str] = Counter()
    while True:
        first, last = random.choice(FIRST_NAMES), random.choice(LAST_NAMES)
        mailbox = f"{_ascii(first)}.{_ascii(last)}"
        namesakes[mailbox] += 1
        number = namesakes[mailbox] if namesakes[mailbox] > 1 else ""
        yield Profile(
            customer_id=f"{random.getrandbits(128):032x}",
            first_name=first,
            last_name=last,
            email=f"{mailbox}{number}@{random.choice(DOMAINS)}",
            telephone=f"+1 202 555 01{random.randrange(100):02}",
            city=random.choice(CITIES),
            last_purchase=us_date(_OPENING + timedelta(minutes=random.randrange(900_000))),
            loyalty_level=random.choice(LEVELS).lower(),
        )


def us_date(moment: datetime) -> str:
    """As in `11/3/2025 2:05:00 PM`."""
    return f"{moment.month}/{moment.day}/{moment.year} {moment.hour % 12 or 12}:{moment:%M:%S %p}"


def iso_date(us: str) -> str:
    """The day of a `us_date`, as ActiveCampaign's date fields want it: `2025-11-03`."""
    return datetime.strptime(us, "%m/%d/%Y %I:%M:%S %p").replace(tzinfo=UTC).date().isoformat()


def _ascii(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.lower().translate(_UNACCENTED))
    return "".join(filter(str.isascii, plain))
