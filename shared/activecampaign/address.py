"""The API URL that people paste, understood as one address of one account."""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from shared.errors import WrongAddress

EXAMPLE = "https://youraccount.api-us1.com"
_HINT = f"Paste the API URL from Settings > Developer; it looks like {EXAMPLE}."

_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)(\.(?!-)[a-z0-9_-]{1,63}(?<!-))*")
_OF_ACTIVECAMPAIGN = re.compile(r"([a-z0-9_-]+)\.(?:api-[a-z]{2}\d+\.com|activehosted\.com)")
_PATHS = {"", "/", "/api/3", "/api/3/"}
_PORTS = {"https": 443, "http": 80}
_OF_AZURE = ipaddress.ip_address("168.63.129.16")
"""Azure's own services answer here on every virtual network (Microsoft Learn, What is IP 168.63.129.16)."""

type IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiAddress:
    """Where the API of one account is.

    `base_url` has no slash at its end, `host` has the port where it is not the scheme's own. `account` is
    the same for both host names of an account (the API's and the user interface's) and fit for a file name.
    """

    base_url: str
    host: str
    account: str


def parse_address(pasted: str, *, allow_loopback_http: bool = False) -> ApiAddress:
    """Understands a bare host name, with https://, with a / or /api/3 behind it; raises WrongAddress.

    An IP address is refused, except loopback where that is allowed. There is no list of allowed domains:
    nothing documents all of ActiveCampaign's regions. The message never repeats what was pasted, since
    people paste keys into the wrong box.
    """
    parts = _split(pasted.strip())
    name, port = _host(parts)
    _check_scheme(parts.scheme, name, allow_loopback_http)
    shown = f"[{name}]" if ":" in name else name
    host = shown if port in (None, _PORTS[parts.scheme]) else f"{shown}:{port}"
    return ApiAddress(base_url=f"{parts.scheme}://{host}/api/3", host=host, account=_account(host))


def host_allowed(host: str, *, allow_loopback: bool) -> bool:
    """Whether one may connect to this IP address; False for a number that is not a full address.

    Names are True: what counts for them are the addresses they resolve to.
    """
    address = _literal(host)
    if address is None:
        return not _looks_numeric(host)
    if address.is_loopback:
        return allow_loopback
    return address.is_global and not (address.is_multicast or address.is_reserved or address == _OF_AZURE)


def _split(pasted: str) -> SplitResult:
    if not pasted:
        raise WrongAddress(f"The API URL is missing. {_HINT}")
    if not pasted.isascii() or not pasted.isprintable() or set(pasted) & set(" %\\"):
        raise WrongAddress(f"The API URL has characters that no URL has. {_HINT}")
    try:
        parts = urlsplit(pasted if "://" in pasted else f"https://{pasted}")
    except ValueError as error:
        raise WrongAddress(f"The API URL is not a URL. {_HINT}") from error
    if parts.scheme not in _PORTS:
        raise WrongAddress(f"The API URL must begin with https://. {_HINT}")
    if "@" in parts.netloc or "?" in pasted or "#" in pasted:
        raise WrongAddress(f"The API URL must have no user, no query and no fragment. {_HINT}")
    if parts.path not in _PATHS:
        raise WrongAddress(f"The API URL must end after the host name or with /api/3. {_HINT}")
    return parts


def _host(parts: SplitResult) -> tuple[str, int | None]:
    try:
        name, port = (parts.hostname or "").removesuffix("."), parts.port
    except ValueError as error:
        raise WrongAddress(f"The API URL has a port that is not a number up to 65535. {_HINT}") from error
    if _literal(name):
        return name, port
    if len(name) > 253 or not _NAME.fullmatch(name) or _looks_numeric(name):
        raise WrongAddress(f"The API URL has no valid host name. {_HINT}")
    if "." not in name and name != "localhost":
        raise WrongAddress(f"The API URL must be the whole host name, not only the account's. {_HINT}")
    return name, port


def _check_scheme(scheme: str, name: str, allow_loopback_http: bool) -> None:
    loopback = _is_loopback(name)
    if scheme == "http" and not (loopback and allow_loopback_http):
        raise WrongAddress(f"The API URL must begin with https://. {_HINT}")
    if loopback and not allow_loopback_http:
        raise WrongAddress(f"The API URL points at this machine itself. {_HINT}")
    if not host_allowed(name, allow_loopback=allow_loopback_http):
        raise WrongAddress(f"The API URL points into a private or reserved network. {_HINT}")
    if _literal(name) and not loopback:
        raise WrongAddress(f"The API URL must have a host name, not an IP address. {_HINT}")


def _is_loopback(name: str) -> bool:
    address = _literal(name)
    return address.is_loopback if address else name == "localhost" or name.endswith(".localhost")


def _literal(host: str) -> IPAddress | None:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _looks_numeric(name: str) -> bool:
    """2130706433, 127.1 and 0x7f.1 are addresses to an operating system, though not to `ipaddress`."""
    last = name.rpartition(".")[2]
    return last.isdigit() or last.startswith("0x")


def _account(host: str) -> str:
    known = _OF_ACTIVECAMPAIGN.fullmatch(host)
    return known[1] if known else re.sub(r"[^a-z0-9._-]", "-", host)
