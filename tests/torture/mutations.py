"""Documents that were valid once: JSON with parts of it exchanged, doubled or gone, and bytes with holes."""

import json
from collections.abc import Iterator
from copy import deepcopy
from functools import reduce
from typing import Any

from hypothesis import strategies as st

type Place = tuple[Any, ...]
"""Keys and numbers, from the outside in."""

NASTY: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 10**30, 1e308, float("inf"), float("nan"),
    "", " ", "\0", "a\0b", "\ud800", "\u202e", "\n", "x" * 5000, "é€😀", "null", "0", "\\", '"',
    "idna", "punycode", "unicode_escape", "utf-7", "utf-32", "rot13",
    "QuoteStyle.None", "CsvStyle.QuoteAfterDelimiter", "../..", "%00", "?", "#", "https://", "//",
    "http://[", "http://a:99999999/x", "2026-13-45", "9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+12:00",
    [], [None], [[]], {}, {"": None}, {"name": None}, {"name": "x"},
)  # fmt: skip
"""Values that have broken programs before."""


def json_values() -> st.SearchStrategy[Any]:
    """Any JSON value, nested a little."""
    nasty = st.sampled_from(NASTY).map(deepcopy)
    leaves = nasty | nasty | st.integers() | st.text(max_size=10)
    return leaves | st.lists(leaves, max_size=3) | st.dictionaries(st.text(max_size=5), leaves, max_size=3)


@st.composite
def mutated(draw: st.DrawFn, document: Any, *, most: int = 3) -> Any:
    """The document after up to `most` changes, anywhere in it."""
    changed = deepcopy(document)
    for _ in range(draw(st.integers(1, most))):
        changed = _changed(draw, changed)
    return changed


@st.composite
def mangled(draw: st.DrawFn, content: bytes) -> bytes:
    """The bytes with some cut out, others put in, and perhaps no end."""
    start = draw(st.integers(0, len(content)))
    stop = draw(st.integers(start, min(start + 20, len(content))))
    put_in = draw(st.binary(max_size=8) | st.sampled_from([b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"[" * 900]))
    whole = content[:start] + put_in + content[stop:]
    return whole[: draw(st.integers(0, len(whole)))] if draw(st.booleans()) else whole


def encoded(document: Any) -> bytes:
    """The document as JSON, with whatever JSON does not allow."""
    return json.dumps(document).encode()


def _changed(draw: st.DrawFn, document: Any) -> Any:
    """One part of it, any of all, exchanged, doubled or gone."""
    *way, key = draw(st.sampled_from(list(_places(document)) or [()])) or (None,)
    if key is None:
        return draw(json_values())
    holder = reduce(lambda inside, step: inside[step], way, document)
    match draw(st.sampled_from(["exchanged", "exchanged", "gone", "doubled"])):
        case "gone":
            del holder[key]
        case "doubled" if isinstance(holder, list):
            holder.append(deepcopy(holder[key]))
        case "doubled":
            holder[draw(st.text(max_size=5))] = deepcopy(holder[key])
        case _:
            holder[key] = draw(json_values())
    return document


def _places(document: Any, way: Place = ()) -> Iterator[Place]:
    """The way to everything in it."""
    if isinstance(document, dict | list):
        inside = document.items() if isinstance(document, dict) else enumerate(document)
        for key, value in inside:
            yield (*way, key)
            yield from _places(value, (*way, key))
