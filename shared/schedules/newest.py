"""The newest snapshot of each segment, looked up once a tick."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from shared.errors import SegmentError, SegmentExportError
from shared.segments.snapshots import Snapshot

_log = logging.getLogger(__name__)


class Segments(Protocol):
    """The part of the segment store that is used here."""

    async def newest_snapshot(self, segment: str) -> Snapshot: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """By segment: its newest complete snapshot, or why there is none."""

    snapshots: Mapping[str, Snapshot]
    problems: Mapping[str, SegmentExportError]

    @property
    def ids(self) -> dict[str, str]:
        """Segment to the snapshot's id."""
        return {segment: snapshot.id for segment, snapshot in self.snapshots.items()}


@dataclass(frozen=True, slots=True)
class NewestSnapshots:
    """Remembers what it found, so that exports of the same segment see the same."""

    segments: Segments
    _known: dict[str, Snapshot | SegmentExportError] = field(default_factory=dict)

    async def find(self, segments: Iterable[str]) -> Found:
        """What there is of these segments."""
        known = {segment: await self._look_up(segment) for segment in segments}
        return Found(
            snapshots={name: found for name, found in known.items() if isinstance(found, Snapshot)},
            problems={name: found for name, found in known.items() if not isinstance(found, Snapshot)},
        )

    async def _look_up(self, segment: str) -> Snapshot | SegmentExportError:
        if segment not in self._known:
            try:
                self._known[segment] = await self.segments.newest_snapshot(segment)
            except SegmentExportError as error:
                level = logging.INFO if isinstance(error, SegmentError) else logging.WARNING
                _log.log(level, "segment %s: %s", segment, error)
                self._known[segment] = error
        return self._known[segment]
