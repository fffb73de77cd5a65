"""The e-mail address: its normal form, and whether ActiveCampaign takes it.

One address that ActiveCampaign refuses sinks the whole request it is in, so its documented rules are
applied here first (ActiveCampaign API reference, bulk import: at least one character before the @, a
separating @, none of `"(),:;<>@[\\]` besides it, and in the domain a `.` followed by at least two letters
without special characters).
"""

import re
import unicodedata
from collections.abc import Mapping
from types import MappingProxyType

HINTS: Mapping[str, str] = MappingProxyType(
    {
        "address_missing": "the profile has no address; fill it in at the source, or map another column",
        "bad_encoding": "the address is damaged; correct it in its source system, and write it as UTF-8",
        "address_blank": "remove the space, line break, control or invisible character inside the address",
        "address_several": "the value has more than one @; keep one address",
        "address_invalid": "write the address as name@domain, with something before the @",
        "address_character": (
            'give the bare address, without a name, angle brackets, "mailto:" or a second address; '
            'none of " ( ) , : ; < > [ \\ ] is allowed in it'
        ),
        "address_domain": (
            "correct what stands after the @: parts with one dot between them, the last of at least two "
            "letters, as in example.com"
        ),
        "address_too_long": "give an address of at most 254 bytes, at most 64 of them before the @",
    }
)
"""What a person can do about each reason that `fault` gives."""

MAX_LENGTH = 254
"""In bytes of UTF-8: a path of 256 less its angle brackets (RFC 5321, 4.5.3.1.3)."""
MAX_LOCAL_LENGTH = 64
"""In bytes of UTF-8, before the @ (RFC 5321, 4.5.3.1.1)."""

# Soft hyphen, zero-width, direction and byte-order marks.
_UNSEEN = "\u00ad\u180e\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
# The joiners are cut off at the edges only: inside they are spelling in Persian and Indic scripts.
_JOINERS = "\u200c\u200d"
_EDGES = "".join(filter(str.isspace, map(chr, range(0x3001)))) + _UNSEEN + _JOINERS
_BLANK = re.compile(rf"[\s\x00-\x1f\x7f-\x9f{_UNSEEN}]")
_DAMAGED = re.compile("[\ud800-\udfff\ufffd]")
_FORBIDDEN = re.compile(r'["(),:;<>\[\\\]]')
_PUNYCODE = re.compile(r"xn--[a-z0-9-]*[a-z0-9]")

# RFC 5321's Dot-string without the apostrophe, at a host name of RFC 1123 that ends in letters.
_ATOM = r"[A-Za-z0-9!#$%&*+/=?^_`{|}~-]++"
_LABEL = r"[A-Za-z0-9][A-Za-z0-9-]{0,62}+(?<!-)"
_ordinary = re.compile(rf"{_ATOM}(?:\.{_ATOM})*+@(?:{_LABEL}\.)+[A-Za-z]{{2,63}}").fullmatch


def normalise(text: str) -> str:
    """The form an address is compared and sent in: trimmed and in lower case.

    Also no-break spaces and invisible characters (byte-order mark, zero-width, direction marks) are cut
    off at the edges. Nothing inside is changed, and `mailto:` is left for `fault` to name. Doing it twice
    changes nothing more.
    """
    if text.isascii():
        return text.strip().lower()
    return text.strip(_EDGES).lower()


def fault(address: str) -> str | None:
    """Why a normalised address cannot be sent, as a key of HINTS; None if ActiveCampaign takes it.

    Beyond the documented rules it refuses white space, control and invisible characters, text that was
    not valid UTF-8, empty parts of the domain, and lengths over RFC 5321's. "At least two letters" is
    read of the last part of the domain, which must be letters of any script and nothing else, so IP
    addresses and a digit in it are refused; the one exception is punycode (`xn--…`), which is `doubtful`.
    """
    # Up to this length neither limit can be passed.
    if len(address) <= MAX_LOCAL_LENGTH and _ordinary(address):
        return None
    if not address:
        return "address_missing"
    if _DAMAGED.search(address):
        return "bad_encoding"
    if _BLANK.search(address):
        return "address_blank"
    return _fault_of_shape(address)


def doubtful(address: str) -> bool:
    """Whether an address without fault may still be refused, and so belongs in a chunk of its own.

    The apostrophe is allowed by the rules, yet a documented example of a failure; of non-ASCII addresses
    no page speaks. The same suspicion falls on all that RFC 5321 and RFC 1123 do not allow unquoted:
    dots at the edges of the local part or in a row, host names with `_` or edge hyphens, and punycode in
    the last part.
    """
    return _ordinary(address) is None


def _fault_of_shape(address: str) -> str | None:
    if _FORBIDDEN.search(address):
        return "address_character"
    local, at, domain = address.partition("@")
    if "@" in domain:
        return "address_several"
    if not local or not at:
        return "address_invalid"
    if len(local.encode()) > MAX_LOCAL_LENGTH or len(address.encode()) > MAX_LENGTH:
        return "address_too_long"
    return None if _has_good_domain(domain) else "address_domain"


def _has_good_domain(domain: str) -> bool:
    *parts, last = domain.split(".")
    if not parts or not all(parts):
        return False
    return _PUNYCODE.fullmatch(last) is not None or _is_letters(last)


def _is_letters(label: str) -> bool:
    """Vowel signs count as parts of letters: no top-level domain of India could do without."""
    kinds = [unicodedata.category(character)[0] for character in label]
    return kinds.count("L") >= 2 and set(kinds) <= {"L", "M"}
