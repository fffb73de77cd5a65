"""Gzip unpacked as it streams by."""

import zlib
from collections.abc import Iterator
from typing import Final

from shared.errors import SegmentFormatError

MAGIC: Final = b"\x1f\x8b"
_GZIP_FRAME = 31
_PIECE = 1024 * 1024

type _Member = zlib._Decompress


class Gunzip:
    """Unpacks one file of one or more gzip members, in pieces of at most a mebibyte."""

    def __init__(self) -> None:
        self._member: _Member | None = None
        self._members = 0

    def feed(self, data: bytes) -> Iterator[bytes]:
        """What `data` unpacks to. Zeros after a member are padding.

        Raises:
            SegmentFormatError: it is not gzip, or is damaged.
        """
        more = False
        while data or more:
            if self._member is None and not (data := data.lstrip(b"\0") if self._members else data):
                return
            if self._member is None:
                self._member, self._members = zlib.decompressobj(wbits=_GZIP_FRAME), self._members + 1
            piece = _unpack(self._member, data)
            ended = self._member.eof
            data = self._member.unused_data if ended else self._member.unconsumed_tail
            more = len(piece) == _PIECE and not ended
            self._member = None if ended else self._member
            if piece:
                yield piece

    def finish(self) -> None:
        """Check that the last member is whole; raises SegmentFormatError where it is not."""
        if self._member is not None:
            raise SegmentFormatError("its gzip stream ends early")


def _unpack(member: _Member, data: bytes) -> bytes:
    try:
        return member.decompress(data, _PIECE)
    except zlib.error as error:
        raise SegmentFormatError("it is not gzip, or damaged") from error
