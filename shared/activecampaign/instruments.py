"""What the client measures, by the OpenTelemetry API alone: where no SDK is set up, nothing happens.

Attributes have the names of OpenTelemetry's semantic conventions for HTTP clients, where there is one.
"""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from opentelemetry import metrics

STATUS = "http.response.status_code"

_BASE = "/api/3/"
_WORD = re.compile(r"[A-Za-z_]+")

_meter = metrics.get_meter(__name__)
_duration = _meter.create_histogram(
    "segment_export.request.duration",
    unit="s",
    description="Requests to ActiveCampaign, from connecting to the end of the answer",
    explicit_bucket_boundaries_advisory=[0.05, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 10, 30, 60, 120],
)
_wait = _meter.create_histogram(
    "segment_export.limit.wait",
    unit="s",
    description="Waiting for the limits of the account, of every request",
    explicit_bucket_boundaries_advisory=[0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
)


@contextmanager
def request_timed(method: str, url: str) -> Iterator[dict[str, str | int]]:
    """Measures one request; whoever has its answer adds the `STATUS`."""
    noted: dict[str, str | int] = {"http.request.method": method, "url.template": template(url)}
    began = time.perf_counter()
    try:
        yield noted
    except BaseException as error:
        noted["error.type"] = type(error).__qualname__
        raise
    finally:
        if int(noted.get(STATUS, 0)) >= 400:
            noted["error.type"] = str(noted[STATUS])
        _duration.record(time.perf_counter() - began, noted)


def waited(kind: str, seconds: float) -> None:
    """A request of this kind has waited so long for its moment."""
    _wait.record(seconds, {"kind": kind})


def template(url: str) -> str:
    """The path with `{id}` for everything that is no plain word: no id and no address is left in it."""
    parts = urlsplit(url).path.removeprefix(_BASE).split("/")
    return _BASE + "/".join(part if _WORD.fullmatch(part) else "{id}" for part in parts)
