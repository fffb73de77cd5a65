"""What is deployed: the functions and the program, and nothing else.

`python -m tools.package app.zip`; it needs nothing but Python 3.9 or later.
"""

import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILES = ("function_app.py", "host.json", "requirements.txt")
FOLDERS = ("functions", "shared")
_FIRST_DAY = (1980, 1, 1, 0, 0, 0)
"""The time of every entry, so that the same files make the same archive."""


def contents(root: Path = ROOT) -> list[Path]:
    """The files that are deployed, relative to the project, in order."""
    found = [root / name for name in FILES]
    for folder in FOLDERS:
        found += (root / folder).rglob("*.py")
    return sorted(path.relative_to(root) for path in found)


def write(archive: Path, root: Path = ROOT) -> None:
    """A zip of them, readable by everybody, as Azure unpacks it for another user."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as package:
        for path in contents(root):
            entry = zipfile.ZipInfo(path.as_posix(), _FIRST_DAY)
            entry.external_attr = 0o100644 << 16
            package.writestr(entry, (root / path).read_bytes(), zipfile.ZIP_DEFLATED)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
