"""Which e-mail addresses ActiveCampaign takes (API reference, bulk import, format rules)."""

import re

_FORBIDDEN = r"\s\x00-\x1f\"(),:;<>@\[\\\]"
_FORMAT = re.compile(rf"[^{_FORBIDDEN}]+@[^{_FORBIDDEN}]*\.[^\W\d_]{{2,}}")


def well_formed(address: str) -> bool:
    """Whether the address has a name, one `@`, a domain with a dot and two letters, nothing forbidden."""
    return _FORMAT.fullmatch(address) is not None


def doubtful(address: str) -> bool:
    """Whether the address passes the synchronous check and fails in the import: an apostrophe does."""
    return "'" in address


def key_of(address: str) -> str:
    """What two spellings of one address have in common; contacts are upserted by it."""
    return address.lower()
