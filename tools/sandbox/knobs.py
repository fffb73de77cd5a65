"""Every reaction that ActiveCampaign leaves undocumented, as a knob with a default."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import ClassVar, Literal, Self

from pydantic import ConfigDict, NonNegativeFloat, PositiveInt, TypeAdapter, ValidationError

type Window = Literal["sliding", "fixed"]
type Span = tuple[NonNegativeFloat, NonNegativeFloat]
"""From and to; each use draws a number between them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Knobs:
    """How this account reacts where the documentation is silent or contradicts recordings.

    Times are sandbox seconds, limits are requests; a limit of None is lifted. The README explains each.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    auth_failure: Literal["json", "empty", "login_page", "redirect"] = "json"

    requests_per_second: PositiveInt | None = 5
    request_window: Window = "sliding"
    rate_status: Literal[429, 503] = 429
    rate_body: Literal["json", "empty", "html"] = "json"
    retry_after: NonNegativeFloat = 30.0
    retry_after_form: Literal["seconds", "date", "absent"] = "seconds"
    rate_headers: Literal["always", "refused", "never"] = "always"

    bulk_per_minute: PositiveInt | None = 100
    single_per_minute: PositiveInt | None = 20
    bulk_window: Window = "sliding"
    bulk_limit_status: Literal[400, 429] = 400
    bulk_uses_request_limit: bool = True
    bulk_latency: Span = (0.0, 0.0)
    latency: Span = (0.0, 0.0)

    too_many: Literal["refuse", "accept"] = "refuse"
    empty: Literal["refuse", "accept"] = "refuse"
    oversize: Literal[400, 413, "accept"] = 400
    wrong_type: Literal["refuse", "ignore"] = "refuse"
    unknown_list: Literal["ignore", "refuse", "failure"] = "ignore"
    unknown_field: Literal["ignore", "refuse", "failure"] = "ignore"
    equal_addresses: Literal["last", "first", "refuse"] = "last"
    bad_address: Literal["refuse", "failure"] = "refuse"
    accepted_status: Literal[200, 201] = 200
    wording: Literal["recorded", "documented"] = "recorded"

    subscriber_limit: PositiveInt = 10_000_000
    over_subscriber_limit: Literal["failure", "accept", "refuse"] = "failure"
    opted_out: Literal["skip", "write"] = "skip"
    unsubscribe_stranger: Literal["record", "ignore"] = "record"

    start_delay: Span = (1.0, 6.0)
    drain_rate: Span = (100.0, 500.0)
    workers: PositiveInt = 4
    undecided_seconds: NonNegativeFloat = 1.0
    info_success: Literal["created", "written"] = "created"
    unknown_batch: Literal["undecided", 404] = "undecided"

    sync_status: Literal["by_outcome", 200, 201] = "by_outcome"
    inline_lists: Literal["accept", "ignore"] = "accept"
    membership_ids: Literal["numbers", "strings"] = "numbers"
    settings_account: Literal[200, 403, 404] = 200
    may_import: bool = True
    may_view_lists: bool = True

    def changed(self, changes: Mapping[str, object]) -> Self:
        """These knobs with some of them set; raises ValueError that names the first wrong one."""
        try:
            return _ADAPTER.validate_python(asdict(self) | dict(changes))  # type: ignore[return-value]
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            raise ValueError(f"knob {first['loc'][0]!r}: {first['msg']}") from error


_ADAPTER = TypeAdapter(Knobs)

LIFTED: Mapping[str, object] = {
    "requests_per_second": None,
    "bulk_per_minute": None,
    "single_per_minute": None,
    "start_delay": (0.0, 0.0),
    "drain_rate": (1e12, 1e12),
    "undecided_seconds": 0.0,
}
"""Changes that take every brake off: no limits, and imports that are over as soon as they are queued."""

REALISTIC: Mapping[str, object] = {"bulk_latency": (0.15, 0.8), "latency": (0.07, 0.36)}
"""Changes that make answers as slow as recorded ones (median and 95th percentile of 515 recordings)."""
