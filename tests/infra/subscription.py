"""A machine that scripts/deploy runs on: a stand-in for the Azure CLI, and an app that really answers."""

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tools.local import ROOT

TOKEN = "a-token-that-is-good"
ENVIRONMENT = {
    "AZURE_ENV_NAME": "test",
    "AZURE_LOCATION": "westeurope",
    "DEPLOY_ATTEMPTS": "2",
    "DEPLOY_PAUSE": "0",
}


class App(BaseHTTPRequestHandler):
    """The deployed app with the platform's sign-in in front."""

    believes_headers = False

    def do_GET(self) -> None:
        signed_in = self.headers.get("Authorization") == f"Bearer {TOKEN}"
        keyed = self.headers.get("x-functions-key") == TOKEN
        forged = self.believes_headers and "X-MS-CLIENT-PRINCIPAL" in self.headers
        self.send_response(200 if signed_in or keyed or forged else 401)
        self.end_headers()

    def log_message(self, format: str, *arguments: Any) -> None:
        pass


class Gullible(App):
    """An app without the platform in front, which takes the header for the platform's."""

    believes_headers = True


@contextmanager
def serving(app: type[App]) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), app)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class Subscription:
    """A machine with a stand-in for the Azure CLI."""

    folder: Path
    url: str
    refuses: list[str] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)

    def deploy(self, *steps: str, typed: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        world = {"refuses": self.refuses, "answers": {**self._usual(), **self.answers}}
        (self.folder / "world.json").write_text(json.dumps(world))
        return subprocess.run(
            ["/bin/sh", str(ROOT / "scripts" / "deploy"), *steps],
            env={
                "PATH": f"{self.folder}:{Path(sys.executable).parent}:{os.environ['PATH']}",
                "TMPDIR": str(self.folder / "tmp"),
                **ENVIRONMENT,
                **environment,
            },
            input=typed,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    @property
    def calls(self) -> list[dict[str, Any]]:
        file = self.folder / "calls.ndjson"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    @property
    def commands(self) -> list[str]:
        """What was asked, without the options."""
        return [re.sub(r" --.*", "", " ".join(each["arguments"])) for each in self.calls]

    def _usual(self) -> dict[str, str]:
        return {
            "ad signed-in-user show": "me",
            "ad sp list": "insights",
            "applications(uniqueName='segment-export-test')?$select=appId": "client",
            "servicePrincipals(appId='client')?$select=id": "principal",
            "appRoleAssignedTo --query": "0",
            "keyvault secret list": "0",
            "outputs.AZURE_KEY_VAULT_NAME": "kv-test",
            "outputs.LEDGER_SECRET_NAME": "segment-export-ledger",
            "outputs.AZURE_RESOURCE_GROUP": "rg-test",
            "outputs.AZURE_FUNCTION_NAME": "func-test",
            "outputs.API_CLIENT_ID": "client",
            "outputs.API_URL": self.url,
            "account get-access-token": TOKEN,
            "functionapp keys list": TOKEN,
        }


def furnish(folder: Path) -> None:
    """Puts the stand-in for the Azure CLI there, and a curl that notes its arguments."""
    shutil.copy(Path(__file__).with_name("stand_in_az.py"), folder / "stand_in_az.py")
    az = folder / "az"
    az.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{folder}/stand_in_az.py" "$@"\n')
    curl = folder / "curl"
    curl.write_text(f'#!/bin/sh\necho "$*" >>"{folder}/curl.log"\nexec "{shutil.which("curl")}" "$@"\n')
    for program in (az, curl):
        program.chmod(0o755)
    (folder / "tmp").mkdir()
