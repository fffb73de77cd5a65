"""What `scripts/install` says on a machine that lacks what it starts from."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tools.local import ROOT

NEEDED = ["cat", "cksum", "dirname", "mkdir", "rm"]
OLD = "#!/bin/sh\nexit 1\n"
WITHOUT_VENV = '#!/bin/sh\ncase "$2" in *ensurepip*) exit 1 ;; esac\n'


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A fresh checkout of the scripts, with a `bin` of the few programs that every machine has."""
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts")
    (tmp_path / "bin").mkdir()
    for program in NEEDED:
        (tmp_path / "bin" / program).symlink_to(str(shutil.which(program)))
    return tmp_path


def install(checkout: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", str(checkout / "scripts" / "install")],
        env={"PATH": str(checkout / "bin"), "HOME": str(checkout)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_without_python_the_install_says_what_is_needed(checkout: Path) -> None:
    outcome = install(checkout)

    assert outcome.returncode == 1
    assert "a working python3, 3.9 or later, is needed" in outcome.stderr


@pytest.mark.parametrize(
    ("python", "complaint"),
    [(OLD, "python3, 3.9 or later, is needed"), (WITHOUT_VENV, "install python3-venv")],
)
def test_with_a_python_that_cannot_do_it_the_install_says_why(
    checkout: Path, python: str, complaint: str
) -> None:
    program = checkout / "bin" / "python3"
    program.write_text(python)
    program.chmod(0o755)

    outcome = install(checkout)

    assert outcome.returncode == 1
    assert complaint in outcome.stderr
    assert not (checkout / ".local" / "uv" / ".inputs").exists()
