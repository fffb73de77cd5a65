"""Masks: enough of a value to recognise it, too little to learn it."""

_MASK = "***"


def masked(value: str) -> str:
    """`J***` for Jane; an empty value stays empty."""
    return value[:1] + _MASK if value else ""


def masked_address(address: str) -> str:
    """`a***@e***.com` for ann@example.com; of the domain its last part is shown whole."""
    local, _, domain = address.rpartition("@")
    name, _, last = domain.rpartition(".")
    return f"{masked(local)}@{masked(name)}.{last}"
