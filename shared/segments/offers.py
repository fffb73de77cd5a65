"""What to say instead of a column that is not there."""

import difflib

from shared.excerpts import excerpt
from shared.segments.snapshots import Snapshot

_MOST = 20
_COMPARED = 2000


def offered(snapshot: Snapshot, column: str = "") -> str:
    """The rest of a sentence that has said which column is missing: what there is, the likest names first.

    Names that stand in a first row are not told: without a header that row is a person.
    """
    there = snapshot.columns
    if snapshot.columns_from_header:
        return f"its first row has {len(there):,} others; see whether that row is the header"
    near = difflib.get_close_matches(column, there[:_COMPARED], n=3, cutoff=0.5) or there[:_MOST]
    return f"it has {', '.join(map(excerpt, near))}" + (" and others" if len(near) < len(there) else "")
