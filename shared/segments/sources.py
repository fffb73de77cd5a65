"""Where segments are found below a prefix: by model.json, and by how folders and blobs are named."""

import asyncio
import re
from dataclasses import dataclass
from itertools import chain
from typing import Final

from shared.errors import SegmentFormatError, SegmentNotFound, SnapshotChanged
from shared.excerpts import excerpt
from shared.segments.layouts import DATED_LEVELS, StampedBlob, numbered, stamped
from shared.segments.model import Model, parse_model
from shared.segments.shelf import Folder, View
from shared.segments.snapshots import Blob

MODEL: Final = "model.json"
MODEL_LIMIT: Final = 64 * 1024 * 1024
"""Bytes a model.json may have: room for thousands of tables of hundreds of columns."""
FOLDER_LIMIT: Final = 2000
"""Folders that are looked into for segments."""
_DEPTH = 5
_YEAR = re.compile(DATED_LEVELS[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed:
    """A segment that a model.json lists."""

    folder: str
    blob: Blob
    model: Model


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """A folder of dated folders without a model.json above it."""

    folder: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Flat:
    """Numbered partitions that lie side by side and are overwritten in place (CI docs, 2020)."""

    folder: str
    stem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamped:
    """One blob for each run, named by its time; newest first."""

    folder: str
    tables: tuple[StampedBlob, ...]


type Source = Committed | Dated | Flat | Stamped
type Named = tuple[str, Source]


async def find_sources(view: View, prefix: str) -> dict[str, list[Source]]:
    """Every segment below the folder `prefix` ("" or ending in "/"), with the places where it is found.

    Below a model.json nothing else is looked at: it alone says what is there.

    Raises:
        SegmentFormatError: a model.json cannot be read, or there are too many folders.
        SnapshotChanged: a model.json is being written.
    """
    found: dict[str, list[Source]] = {}
    level, seen = [prefix], 0
    for _ in range(_DEPTH):
        seen += len(level)
        if seen > FOLDER_LIMIT:
            where = f"more than {FOLDER_LIMIT:,} folders below {prefix or '/'!r}"
            raise SegmentFormatError(f"{where}; set SEGMENTS_PREFIX to the folder of the export")
        looks = await asyncio.gather(*(_sources_in(view, path) for path in level))
        for name, source in chain.from_iterable(sources for sources, _ in looks):
            found.setdefault(name, []).append(source)
        level = [path for _, deeper in looks for path in deeper]
    return found


def only_source(segment: str, sources: list[Source]) -> Source:
    """The one place of a segment.

    Raises:
        SegmentFormatError: there are several.
    """
    if len(sources) == 1:
        return sources[0]
    places = ", ".join(sorted(excerpt(repr(source.folder), 200) for source in sources)[:5])
    raise SegmentFormatError(
        f"segment {excerpt(segment)!r} is in {places}; set SEGMENTS_PREFIX to one of them"
    )


def not_found(segment: str, prefix: str, known: list[str]) -> SegmentNotFound:
    """The error for a segment that is nowhere below `prefix`."""
    names = f"there are {', '.join(map(excerpt, known[:20]))}" if known else "there is no segment at all"
    return SegmentNotFound(f"no segment is named {excerpt(segment)!r} below {prefix or '/'!r}; {names}")


async def _read_model(view: View, blob: Blob) -> Model:
    """The model.json that `blob` describes.

    Raises:
        SegmentFormatError: it cannot be read.
        SnapshotChanged: it changed since, or cannot be read and is not settled.
    """
    if blob.size > MODEL_LIMIT:
        raise SegmentFormatError(
            f"{blob.name} has {blob.size:,} bytes; more than {MODEL_LIMIT:,} are not read"
        )
    content = await view.shelf.download(blob)
    try:
        return parse_model(content)
    except SegmentFormatError as error:
        if not view.is_settled(blob):
            raise SnapshotChanged(f"{blob.name} is being written: {error}; try again later") from error
        raise SegmentFormatError(f"{blob.name}: {error}; let Customer Insights export again") from error


async def _sources_in(view: View, path: str) -> tuple[list[Named], list[str]]:
    """The segments of one folder, and the folders below that may hold more."""
    folder = await view.shelf.folder(path)
    model_blob = next((blob for blob in folder.blobs if blob.name == path + MODEL), None)
    if model_blob:
        model = await _read_model(view, model_blob)
        source = Committed(folder=path, blob=model_blob, model=model)
        return [(name, source) for name in model.entities], []
    years = [below for below in folder.folders if _YEAR.fullmatch(below.split("/")[-2])]
    others = [below for below in folder.folders if below not in years]
    return [*_dated_in(folder, years), *_flat_in(folder), *_stamped_in(folder)], others


def _dated_in(folder: Folder, years: list[str]) -> list[Named]:
    name = folder.path.rstrip("/").rpartition("/")[2]
    return [(name, Dated(folder=folder.path))] if years and name else []


def _flat_in(folder: Folder) -> list[Named]:
    stems = sorted({partition.stem for partition in numbered(folder.blobs)})
    return [(stem, Flat(folder=folder.path, stem=stem)) for stem in stems]


def _stamped_in(folder: Folder) -> list[Named]:
    tables: dict[str, list[StampedBlob]] = {}
    for table in stamped(folder.blobs):
        tables.setdefault(table.stem, []).append(table)
    return [(stem, Stamped(folder=folder.path, tables=tuple(those))) for stem, those in tables.items()]
