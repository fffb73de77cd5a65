import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import SegmentFormatError
from shared.segments.gunzip import Gunzip


def unpack(packed: bytes, step: int) -> bytes:
    gunzip = Gunzip()
    pieces = [
        piece for start in range(0, len(packed), step) for piece in gunzip.feed(packed[start : start + step])
    ]
    gunzip.finish()
    assert all(len(piece) <= 1024 * 1024 for piece in pieces)
    return b"".join(pieces)


@given(
    st.lists(st.binary(max_size=200), min_size=1, max_size=4),
    st.integers(1, 50),
    st.sampled_from([b"", b"\0\0\0"]),
)
def test_members_one_after_the_other_come_back_in_one(
    members: list[bytes], step: int, padding: bytes
) -> None:
    packed = b"".join(gzip.compress(member) for member in members)

    assert unpack(packed + padding, step) == b"".join(members)


def test_much_from_little_comes_in_bounded_pieces() -> None:
    content = b"x" * 10_000_000

    assert unpack(gzip.compress(content), 1 << 20) == content


@pytest.mark.parametrize("size", [1, 5, 15, -1])
def test_a_stream_that_ends_early_is_refused(size: int) -> None:
    packed = gzip.compress(b"CustomerId,EMail\r\n")[:size]

    with pytest.raises(SegmentFormatError, match="ends early"):
        unpack(packed, 7)


def test_an_empty_file_unpacks_to_nothing() -> None:
    assert unpack(b"", 1) == b""


def test_what_is_not_gzip_is_refused() -> None:
    with pytest.raises(SegmentFormatError, match="not gzip, or damaged"):
        unpack(b"CustomerId,EMail\r\n", 7)
