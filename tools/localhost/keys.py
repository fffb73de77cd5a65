"""The keys that callers of HTTP functions present."""

import hmac
import json
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tools.localhost.errors import HostError

ANONYMOUS, FUNCTION, ADMIN = "ANONYMOUS", "FUNCTION", "ADMIN"


class Keys:
    """Master key, host key and one key a function; made once, and kept in the folder's `keys.json` if any."""

    def __init__(self, functions: Iterable[str], *, folder: Path | None = None) -> None:
        self.path = None if folder is None else folder / "keys.json"
        known = self._load()
        self.master = str(known.get("master") or secrets.token_urlsafe(32))
        self.host = str(known.get("host") or secrets.token_urlsafe(32))
        old = known.get("functions") or {}
        self._functions = {
            name: str(old.get(name) or secrets.token_urlsafe(32)) for name in sorted(functions)
        }
        self._save()

    def function(self, name: str) -> str:
        """The key of one function; raises KeyError where there is no such HTTP function."""
        return self._functions[name]

    def admits(self, presented: str | None, *, level: str, function: str = "") -> bool:
        """Whether the key is good for a function of that level; compared in constant time."""
        if level == ANONYMOUS:
            return True
        accepted = (
            [self.master] if level == ADMIN else [self.master, self.host, self._functions.get(function, "")]
        )
        matches = [hmac.compare_digest((presented or "").encode(), key.encode()) for key in accepted if key]
        return any(matches)

    def _load(self) -> dict[str, Any]:
        if self.path is None or not self.path.is_file():
            return {}
        try:
            document = json.loads(self.path.read_bytes())
        except ValueError as error:
            raise HostError(f"{self.path} is not JSON; remove it to have new keys made") from error
        return document if isinstance(document, dict) else {}

    def _save(self) -> None:
        if self.path is None:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.touch(mode=0o600)
        document = {"master": self.master, "host": self.host, "functions": self._functions}
        self.path.write_text(json.dumps(document, indent=2) + "\n")
