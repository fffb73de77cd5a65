"""The templates, compiled once a session, and what each parameter file would deploy."""

import fcntl
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path

import pytest

from tests.infra.compiler import INFRA, Bicep, Outcome, find_bicep, parsed
from tests.infra.left_out import need
from tests.infra.server import Server
from tests.infra.subscription import App, Subscription, furnish, serving
from tests.infra.template import Deployment, Json

VARIANTS = ("public", "private", "existing-segments")
type Deploy = Callable[..., Outcome]
"""What a parameter file's text, or the environment, would deploy."""
type Once = Callable[[str, Callable[[], Outcome]], Outcome]
"""An outcome by its name, made when it is first asked for."""


@pytest.fixture(scope="session")
def bicep() -> Iterator[Bicep]:
    """The compiler."""
    if (program := find_bicep()) is None:
        need("the Bicep compiler is not on this machine", insist="REQUIRE_BICEP")
    assert program is not None
    server = Server(program, INFRA)
    yield Bicep(program, server)
    server.end()


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Once:
    """Lets one of pytest-xdist's workers run the compiler, which takes seconds, for all of them."""
    folder = tmp_path_factory.getbasetemp()
    folder = folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder

    def shared(name: str, make: Callable[[], Outcome]) -> Outcome:
        with (folder / f"{name}.bicep.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            kept = folder / f"{name}.bicep.json"
            if not kept.exists():
                kept.write_text(json.dumps(asdict(make())))
            return Outcome(**json.loads(kept.read_text()))

    return shared


@pytest.fixture(scope="session")
def built(bicep: Bicep, once: Once) -> Outcome:
    """What the compiler made of main.bicep and all it uses."""
    return once("main", lambda: bicep.build(INFRA / "main.bicep"))


@pytest.fixture(scope="session")
def template(built: Outcome) -> Json:
    """The compiled template."""
    compiled: Json = parsed(built)
    return compiled


@pytest.fixture(scope="session")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of `infra`, for parameters that tests make up lie beside what they use."""
    folder = tmp_path_factory.mktemp("bicep") / "infra"
    shutil.copytree(INFRA, folder)
    return folder


@pytest.fixture(scope="session")
def deployments(bicep: Bicep, once: Once) -> dict[str, Deployment]:
    """What each of the parameter files deploys."""

    def deployed(variant: str) -> Outcome:
        return once(variant, lambda: bicep.snapshot(INFRA / "parameters" / f"{variant}.bicepparam"))

    return {variant: Deployment(parsed(deployed(variant))) for variant in VARIANTS}


@pytest.fixture(params=VARIANTS)
def deployment(request: pytest.FixtureRequest, deployments: dict[str, Deployment]) -> Deployment:
    """One after the other."""
    return deployments[request.param]


@pytest.fixture
def deploy(bicep: Bicep, copy: Path) -> Deploy:
    """Parameters that a test makes up: lines of a parameter file, or variables for main.bicepparam."""

    def deployed(*lines: str, **environment: str) -> Outcome:
        parameters = copy / "made-up.bicepparam"
        parameters.write_text("\n".join(("using './main.bicep'", *lines)) if lines else _told(environment))
        return bicep.snapshot(parameters)

    return deployed


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A machine to deploy from."""
    furnish(tmp_path)
    return tmp_path


@pytest.fixture
def subscription(folder: Path) -> Iterator[Subscription]:
    """What is deployed to from there, with an app that answers as it should."""
    with serving(App) as url:
        yield Subscription(folder=folder, url=url)


def _told(environment: Mapping[str, str]) -> str:
    """main.bicepparam with the values of variables, as the compiler's process has one environment only."""
    known = {"AZURE_ENV_NAME": "made-up", "AZURE_LOCATION": "westeurope", **environment}

    def value(call: re.Match[str]) -> str:
        return f"'{known[call[1]]}'" if call[1] in known else call[0]

    text = (INFRA / "main.bicepparam").read_text()
    return re.sub(r"readEnvironmentVariable\('(\w+)'[^)]*\)", value, text)
