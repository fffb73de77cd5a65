"""host.json: the options of it that this host honours, with the defaults of Azure."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from tools.localhost.errors import HostError
from tools.localhost.settings import Settings

TIMESPAN = re.compile(r"(?:(\d+)\.)?(\d{1,2}):(\d{2}):(\d{2})(?:\.(\d{1,7}))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueOptions:
    """`extensions.queues` (Microsoft Learn, "Azure Queue storage trigger and bindings", host.json)."""

    batch_size: int = 16
    new_batch_threshold: int = 8
    max_dequeue_count: int = 5
    visibility_timeout: int = 0
    """Seconds that a message stays hidden after a failure."""
    max_polling_interval: float = 2.0
    """Seconds; the default is that of the Development environment, on Azure it is a minute."""
    base64: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class HostJson:
    """The options of one app."""

    function_timeout: float | None = 1800.0
    """Seconds; None is unbounded."""
    route_prefix: str = "api"
    queues: QueueOptions = QueueOptions()


def read_host_json(app_dir: Path, settings: Settings) -> HostJson:
    """Read the app's host.json, with each `AzureFunctionsJobHost__a__b` setting laid over its `a.b`.

    Raises HostError where the file is missing or a value is not what it should be.
    """
    document = _load(app_dir / "host.json")
    for path, value in settings.under("AzureFunctionsJobHost"):
        _lay_over(document, path, value)
    try:
        return _host_json(document)
    except (ValueError, TypeError, AttributeError) as error:
        raise HostError(
            f"host.json, or a setting AzureFunctionsJobHost__…, has a wrong value: {error}"
        ) from error


def timespan(text: str) -> float:
    """Seconds of a .NET time span, `[days.]hh:mm:ss[.fraction]`; raises ValueError."""
    match = TIMESPAN.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a time span; write hh:mm:ss")
    days, hours, minutes, seconds, fraction = match.groups(default="0")
    span = timedelta(days=int(days), hours=int(hours), minutes=int(minutes), seconds=int(seconds))
    return span.total_seconds() + float(f"0.{fraction}")


def _host_json(document: dict[str, Any]) -> HostJson:
    extensions = document.get("extensions", {})
    timeout = document.get("functiontimeout", "00:30:00")
    return HostJson(
        function_timeout=None if timeout == "-1" else timespan(timeout),
        route_prefix=extensions.get("http", {}).get("routeprefix", "api").strip("/"),
        queues=_queue_options(extensions.get("queues", {})),
    )


def _queue_options(section: Mapping[str, Any]) -> QueueOptions:
    batch_size = int(section.get("batchsize", 16))
    if not 1 <= batch_size <= 32:
        raise ValueError(f"batchSize is {batch_size}; it must be from 1 to 32")
    encoding = section.get("messageencoding", "base64").casefold()
    if encoding not in ("base64", "none"):
        raise ValueError(f"messageEncoding is {encoding!r}; it must be base64 or none")
    return QueueOptions(
        batch_size=batch_size,
        new_batch_threshold=int(section.get("newbatchthreshold", batch_size // 2)),
        max_dequeue_count=int(section.get("maxdequeuecount", 5)),
        visibility_timeout=int(timespan(section.get("visibilitytimeout", "00:00:00"))),
        max_polling_interval=max(0.1, timespan(section.get("maxpollinginterval", "00:00:02"))),
        base64=encoding == "base64",
    )


def _load(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise HostError(
            f"{path} is missing; a function app has a host.json beside its function_app.py"
        ) from error
    except ValueError as error:
        raise HostError(f"{path} is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise HostError(f"{path} is not a JSON object")
    folded: dict[str, Any] = _fold(document)
    return folded


def _fold(value: Any) -> Any:
    if isinstance(value, dict):
        return {name.casefold(): _fold(item) for name, item in value.items()}
    return value


def _lay_over(document: dict[str, Any], path: list[str], value: str) -> None:
    *sections, option = path
    for section in sections:
        document = document.setdefault(section, {})
    document[option] = value
