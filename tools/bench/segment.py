"""The segment that is measured: made-up profiles of 30 columns, about 400 bytes each."""

from collections.abc import Iterator, Sequence

ATTRIBUTES = [f"Attribute{number}" for number in range(1, 26)]
COLUMNS = ["CustomerId", "FirstName", "LastName", "EMail", "Telephone", *ATTRIBUTES]
FOUR = {"email": "EMail", "first_name": "FirstName", "last_name": "LastName", "phone": "Telephone"}
ALL = FOUR | {"fields": {name: name for name in ATTRIBUTES}}
"""29 of the 30 columns; the primary key is not sent."""


def profiles(count: int) -> Iterator[Sequence[str]]:
    """Rows of `COLUMNS`, each with an address of its own."""
    for number in range(count):
        yield (
            f"{number * 7919 % 4294967291:032x}",
            f"First{number}",
            f"Last{number}",
            f"person{number}@example.com",
            f"+4915{number:09}",
            *[f"value {place} {number % 1000}" for place in range(25)],
        )
