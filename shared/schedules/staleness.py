"""Whether a segment's data is old: an export may succeed every day and send the same."""

from datetime import datetime, timedelta


def stale_since(snapshot_at: datetime | None, now: datetime, hours: float) -> datetime | None:
    """Since when the newest snapshot, taken at `snapshot_at`, is older than so many hours; None if it is not.

    Without a snapshot, or where it is not known when it was taken, nothing is stale.
    """
    if snapshot_at is None:
        return None
    since = snapshot_at + timedelta(hours=hours)
    return since if since <= now else None
