"""The app settings, as the host reads them."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from tools.localhost.errors import HostError


class Settings:
    """App settings by name; upper and lower case are the same, as in .NET configuration."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = {name.casefold(): value for name, value in values.items()}

    def get(self, name: str) -> str | None:
        """The setting's value; None where it is missing or empty."""
        return self._values.get(name.casefold()) or None

    def resolve(self, text: str, *, wanted_by: str) -> str:
        """`text` with each %NAME% replaced by that setting; raises HostError where one is not set."""

        def value(match: re.Match[str]) -> str:
            found = self.get(match[1])
            if found is None:
                raise HostError(
                    f"{wanted_by} refers to %{match[1]}%, which is not set; set it in the environment"
                )
            return found

        return re.sub("%([^%]+)%", value, text)

    def under(self, prefix: str) -> Iterator[tuple[list[str], str]]:
        """Settings named `prefix__a__b`, as (["a", "b"], value), in lower case."""
        start = f"{prefix.casefold()}__"
        for name, value in self._values.items():
            if name.startswith(start):
                yield name.removeprefix(start).split("__"), value

    def is_disabled(self, function: str) -> bool:
        """Whether `AzureWebJobs.<function>.Disabled` says so (Microsoft Learn, "Disable functions")."""
        value = self.get(f"AzureWebJobs.{function}.Disabled") or self.get(f"AzureWebJobs_{function}_Disabled")
        return value is not None and value.casefold() in ("true", "1")


def local_settings(app_dir: Path) -> dict[str, str]:
    """`Values` of the app's local.settings.json; empty where there is no such file."""
    path = app_dir / "local.settings.json"
    if not path.is_file():
        return {}
    try:
        values = json.loads(path.read_bytes()).get("Values", {})
    except (ValueError, AttributeError) as error:
        raise HostError(f"{path} is not a JSON object; mend or remove it") from error
    return {name: str(value) for name, value in values.items()}
