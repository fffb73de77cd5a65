"""What is deployed: these files and no others, small, and enough to run with exactly requirements.txt."""

import asyncio
import json
import os
import queue
import re
import secrets
import subprocess
import threading
import urllib.request
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from azure.storage.blob import BlobServiceClient

from tests.integration.functions import described
from tools.azurite import Azurite
from tools.local import ROOT
from tools.package import contents, write
from tools.vault import Tenant

MEGABYTE = 1_000_000
UV = ROOT / ".local" / "uv" / "bin" / "uv"
# What Azure's host and worker bring along, apart from the app: never in requirements.txt.
BROUGHT_BY_THE_HOST = (
    "azure_functions_runtime",
    "azurefunctions",
    "google",
    "grpc",
    "croniter",
    "dateutil",
    "six.py",
)


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package."""
    package = tmp_path_factory.mktemp("package") / "app.zip"
    write(package)
    return package


@pytest.fixture(scope="session")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python that has exactly requirements.txt."""
    fresh = tmp_path_factory.mktemp("fresh") / "venv"
    environment = {**os.environ, "UV_SYSTEM_CERTS": "1"}
    for arguments in (
        ("venv", "--python", str(ROOT / ".venv" / "bin" / "python"), str(fresh)),
        ("pip", "install", "--no-deps", "--python", str(fresh), "-r", str(ROOT / "requirements.txt")),
    ):
        subprocess.run([UV, "--quiet", *arguments], env=environment, check=True, timeout=300)
    return fresh / "bin" / "python"


@pytest.fixture
def folder(archive: Path, tmp_path: Path) -> Path:
    """A clean folder with what the package holds."""
    app = tmp_path / "app"
    with zipfile.ZipFile(archive) as package:
        package.extractall(app)
    return app


@pytest.fixture
def host(tmp_path: Path) -> Path:
    """What is on the path beside the app: the local host, and what the real one brings along."""
    beside = tmp_path / "host"
    beside.mkdir()
    (beside / "tools").symlink_to(ROOT / "tools")
    [site] = (ROOT / ".venv" / "lib").glob("python3.*/site-packages")
    for name in BROUGHT_BY_THE_HOST:
        if (site / name).exists():
            (beside / name).symlink_to(site / name)
    return beside


@contextmanager
def running(command: list[str], environment: Mapping[str, str]) -> Iterator[list[str]]:
    """A local host while the block lasts; gives the lines that it says until it listens."""
    program = subprocess.Popen(
        command, env=dict(environment), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    said: queue.Queue[str] = queue.Queue()
    complaints: list[str] = []
    streams = [
        threading.Thread(target=_pass_on, args=(program.stdout, said.put)),
        threading.Thread(target=_pass_on, args=(program.stderr, complaints.append)),
    ]
    for stream in streams:
        stream.start()
    try:
        lines = [said.get(timeout=60)]
        while not lines[-1].startswith("Listening"):
            lines.append(said.get(timeout=60))
        yield lines
    except queue.Empty:
        pytest.fail(f"the host does not listen: {''.join(complaints[-20:])}")
    finally:
        program.terminate()
        program.wait(timeout=30)
        for stream in streams:
            stream.join()
        for pipe in (program.stdout, program.stderr):
            assert pipe is not None
            pipe.close()


def _pass_on(lines: Iterable[str], take: Callable[[str], None]) -> None:
    for line in lines:
        take(line)


def test_the_package_holds_the_app_and_nothing_else(archive: Path) -> None:
    with zipfile.ZipFile(archive) as package:
        names = package.namelist()

    assert {name.partition("/")[0] for name in names} == {
        "function_app.py",
        "host.json",
        "requirements.txt",
        "functions",
        "shared",
    }
    assert [name for name in names if not name.endswith((".py", "host.json", "requirements.txt"))] == []
    assert set(names) == {str(path) for path in contents()}


def test_everything_that_git_keeps_of_them_is_in_the_package(archive: Path) -> None:
    kept = subprocess.run(
        ["git", "ls-files", "function_app.py", "functions", "shared"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()

    with zipfile.ZipFile(archive) as package:
        missing = {name for name in kept if (ROOT / name).exists()} - set(package.namelist())

    assert missing == set()


def test_the_package_is_under_a_megabyte(archive: Path) -> None:
    assert archive.stat().st_size < MEGABYTE


def test_the_same_files_make_the_same_package(archive: Path, tmp_path: Path) -> None:
    write(tmp_path / "again.zip")

    with zipfile.ZipFile(archive) as package:
        times = {entry.date_time for entry in package.infolist()}
    assert times == {(1980, 1, 1, 0, 0, 0)}
    assert (tmp_path / "again.zip").read_bytes() == archive.read_bytes()


def test_scripts_package_writes_it(archive: Path, tmp_path: Path) -> None:
    subprocess.run([ROOT / "scripts" / "package", "app.zip"], cwd=tmp_path, check=True, timeout=30)

    assert (tmp_path / "app.zip").read_bytes() == archive.read_bytes()


def test_azd_deploys_the_same_files() -> None:
    ignored = (ROOT / ".funcignore").read_text().split()
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()

    def left(name: str) -> bool:
        top = name.partition("/")[0]
        return (
            top.startswith(".")
            or f"{top}/" in ignored
            or name in ignored
            or ("/" not in name and f"*{Path(name).suffix}" in ignored)
        )

    deployed = {name.partition("/")[0] for name in tracked if not left(name)}
    # A licence may lie beside it.
    assert deployed - {"LICENSE"} == {
        "function_app.py",
        "host.json",
        "requirements.txt",
        "functions",
        "shared",
    }


def test_it_starts_from_a_clean_folder_with_exactly_its_requirements(
    folder: Path, python: Path, host: Path, azurite: Azurite, tenant: Tenant
) -> None:
    name = f"package{secrets.token_hex(4)}"
    tenant.vault.secrets.set("segment-export-ledger", secrets.token_urlsafe(32))
    with BlobServiceClient.from_connection_string(azurite.connection_string) as blobs:
        blobs.create_container(f"{name}-segments")
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(host),
        "PYTHONDONTWRITEBYTECODE": "1",
        "AzureWebJobsStorage": azurite.connection_string,
        "SegmentStorage": azurite.connection_string,
        "SEGMENTS_CONTAINER": f"{name}-segments",
        "StateStorage": azurite.connection_string,
        "STATE_CONTAINER": f"{name}-state",
        "AUDIT_CONTAINER": f"{name}-audit",
        "JOBS_QUEUE": f"{name}-jobs",
        "TICK": "0 0 0 1 1 *",
        "AUTHENTICATION": "function_key",
        **tenant.environment(),
    }

    with running([str(python), "-m", "tools.localhost", str(folder), "--port", "0"], environment) as lines:
        functions = {found[1] for line in lines if (found := re.match(r"Function (\w+)", line))}
        url = lines[-1].split()[-1]
        key = json.loads((folder / ".local" / "secrets" / "keys.json").read_text())["master"]
        request = urllib.request.Request(f"{url}/api/health", headers={"x-functions-key": key})
        with urllib.request.urlopen(request, timeout=60) as answer:
            health = json.load(answer)

    assert functions == set(asyncio.run(described({})))
    assert health["healthy"] is True
