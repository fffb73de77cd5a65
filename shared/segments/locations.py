"""Where a partition lies, and that it is ours to read."""

from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from shared.errors import SegmentMisplaced
from shared.excerpts import excerpt

_PORTS = {"http": 80, "https": 443}
_HOST_NAME = 253
"""Characters that a host's name may have (RFC 1035, section 2.3.4, without the root)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """A blob of the configured container; `blob_snapshot` is the snapshot time a location may name."""

    blob: str
    blob_snapshot: str | None = None


def locate(location: str, *, container_url: str) -> Location:
    """The blob that a partition's `location` names; a location without a host is relative to the container.

    A host of the Data Lake endpoint (`dfs`) is the same account as that of the blob endpoint. Any query but
    the snapshot, for instance a signature, is dropped.

    Raises:
        SegmentMisplaced: it lies outside the account and container of `container_url`.
    """
    try:
        there, ours = urlsplit(location.strip()), urlsplit(container_url)
        blob = _relative_path(there, ours)
    except ValueError as error:
        raise SegmentMisplaced("a partition's location is not an address") from error
    if blob is None or not blob or ".." in blob.split("/"):
        name, host = there.path.rpartition("/")[2], there.hostname or "no host"
        raise SegmentMisplaced(
            f"the partition {excerpt(name)!r} on {excerpt(host, _HOST_NAME)} lies outside "
            f"{ours.hostname}{ours.path}; point SegmentStorage and SEGMENTS_CONTAINER at where it is"
        )
    return Location(blob=blob, blob_snapshot=parse_qs(there.query).get("snapshot", [None])[0])


def _relative_path(there: SplitResult, ours: SplitResult) -> str | None:
    """The name of the blob in our container, or None if it is not there."""
    if not there.scheme and not there.netloc:
        return unquote(there.path).lstrip("/")
    if there.scheme not in _PORTS or there.username is not None or _account(there) != _account(ours):
        return None
    container = unquote(ours.path).rstrip("/") + "/"
    path = unquote(there.path)
    return path.removeprefix(container) if path.startswith(container) else None


def _account(address: SplitResult) -> tuple[str, int | None]:
    """Host and port; a port that is the scheme's own counts as none, so http and https are one account."""
    host = (address.hostname or "").replace(".dfs.", ".blob.", 1)
    port = None if address.port == _PORTS.get(address.scheme) else address.port
    return host, port
