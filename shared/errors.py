"""The one tree of errors, branched by who is at fault.

SegmentExportError
├── CallerError                what was asked cannot be done; the caller mends it
│   ├── InvalidInput           (422) a value is wrong; `pointer` names it
│   │   └── BodyTooLarge       (413)
│   ├── UnsupportedMediaType   (415) the body is no JSON by its own account
│   ├── NotFound               (404)
│   ├── Conflict               (409)
│   │   └── ConnectionInUse    `exports` names those that use it
│   ├── Unauthorized           (401) nobody vouches for the caller
│   ├── Forbidden              (403)
│   ├── PreconditionRequired   (428) If-Match is missing
│   └── PreconditionFailed     (412) somebody else wrote first
├── ConfigurationError         a setting, a role or a secret of this deployment; the operator mends it
├── PlanningInterrupted        a process of ours that planned ended early (retryable)
├── SegmentError               what Customer Insights wrote cannot be used
│   ├── SegmentNotFound
│   ├── SegmentFormatError     model.json or a partition breaks its own rules
│   ├── SegmentMisplaced       a partition lies outside the configured account and container
│   └── SnapshotChanged        a partition went or changed while it was read (retryable)
├── ActiveCampaignError        the destination
│   ├── WrongAddress           the host is not an ActiveCampaign API
│   ├── AccessDenied           the key is wrong or lacks a permission
│   ├── ListNotFound
│   ├── FieldNotFound          a mapped custom field does not exist, or its name is ambiguous
│   ├── RequestRefused         a request that can never succeed as it is
│   ├── ContactsRefused        some contacts of a request are invalid; nothing was queued
│   ├── RequestTooLarge        the body is over ActiveCampaign's size limit; split it
│   ├── RateLimited            over a limit (retryable, with the wait it asks for)
│   └── Unavailable            no usable answer (retryable, perhaps with a wait)
└── StateError                 our own storage
    ├── StateConflict          a document was created or changed by somebody else
    ├── Fenced                 another worker has taken over; stop without writing
    └── StateUnavailable       storage did not answer (retryable)

Messages name the thing, say what is wrong and what to do; they never hold a response body, a key or an
address.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar


class SegmentExportError(Exception):
    """Anything this program raises on purpose."""

    retryable: ClassVar[bool] = False
    """Whether the same call may succeed later without anybody's help."""


class CallerError(SegmentExportError):
    """What was asked cannot be done; `pointer` is the JSON pointer (RFC 6901) of the culprit, if any."""

    status: ClassVar[int] = 400

    def __init__(self, message: str, *, pointer: str | None = None) -> None:
        super().__init__(message)
        self.pointer = pointer


class InvalidInput(CallerError):
    """A value of the request is missing or wrong."""

    status = 422


class BodyTooLarge(InvalidInput):
    """The body is larger than the app reads."""

    status = 413


class UnsupportedMediaType(CallerError):
    """Content-Type says that the body is something else than JSON in UTF-8."""

    status = 415


class NotFound(CallerError):
    """Nothing has this name or id."""

    status = 404


class Conflict(CallerError):
    """The present state of the thing does not allow it."""

    status = 409


class ConnectionInUse(Conflict):
    """Exports use the connection; `exports` are their ids."""

    def __init__(self, message: str, *, exports: Sequence[str]) -> None:
        super().__init__(message)
        self.exports = tuple(exports)


class Unauthorized(CallerError):
    """Nobody vouches for the caller."""

    status = 401


class Forbidden(CallerError):
    """The caller's role does not allow it."""

    status = 403


class PreconditionRequired(CallerError):
    """A change needs If-Match with the ETag of what was read."""

    status = 428


class PreconditionFailed(CallerError):
    """Somebody else changed the document since it was read."""

    status = 412


class ConfigurationError(SegmentExportError):
    """A setting, a role or a secret of this deployment is missing or wrong."""


class PlanningInterrupted(SegmentExportError):
    """A process that planned ended early, perhaps for want of memory."""

    retryable = True


class SegmentError(SegmentExportError):
    """What Customer Insights wrote cannot be used."""


class SegmentNotFound(SegmentError):
    """No complete snapshot of the segment exists where the settings point."""


class SegmentFormatError(SegmentError):
    """model.json or a partition breaks its own rules."""


class SegmentMisplaced(SegmentError):
    """A partition's location lies outside the configured account and container."""


class SnapshotChanged(SegmentError):
    """A partition went or changed while it was read; the next attempt takes the newest snapshot."""

    retryable = True


class ActiveCampaignError(SegmentExportError):
    """ActiveCampaign refused, or could not be understood."""


class WrongAddress(ActiveCampaignError):
    """The host does not answer like an ActiveCampaign API."""


class AccessDenied(ActiveCampaignError):
    """The API key is not accepted, or its user lacks a permission."""


class ListNotFound(ActiveCampaignError):
    """The account has no such list, or the key may not see it."""


class FieldNotFound(ActiveCampaignError):
    """The account has no such custom field, or several of that name."""


class RequestRefused(ActiveCampaignError):
    """A request that can never succeed as it is."""


class ContactsRefused(ActiveCampaignError):
    """Some contacts of an import are invalid, so nothing of it was queued.

    `reasons` maps the contact's index in the request (0-based) to ActiveCampaign's reason; it is empty
    where the answer names no contact.
    """

    def __init__(self, message: str, *, reasons: Mapping[int, str]) -> None:
        super().__init__(message)
        self.reasons = reasons


class RequestTooLarge(ActiveCampaignError):
    """The body is over ActiveCampaign's size limit; half of it may pass."""


class RateLimited(ActiveCampaignError):
    """Over one of ActiveCampaign's limits; `retry_after` is the wait it asks for, in seconds."""

    retryable = True

    def __init__(self, message: str, *, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Unavailable(ActiveCampaignError):
    """No usable answer; `retry_after` is the wait it asks for in seconds, if it does.

    `in_doubt` says that the request may have been carried out although the answer was lost.
    """

    retryable = True

    def __init__(self, message: str, *, retry_after: float | None = None, in_doubt: bool = False) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.in_doubt = in_doubt


class StateError(SegmentExportError):
    """Our own storage."""


class StateConflict(StateError):
    """A document was created or changed by somebody else since it was read."""


class Fenced(StateError):
    """Another worker has taken over this run or account; stop without writing."""


class StateUnavailable(StateError):
    """Our storage did not answer."""

    retryable = True
