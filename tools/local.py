"""Where `scripts/install` puts the programs that are not Python packages of this project."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_LOCAL = ROOT / ".local"


def node() -> Path:
    """The Node.js program, 20 or later. Raises FileNotFoundError before `scripts/install` has run."""
    return _installed(_LOCAL / "node" / "node")


def azurite() -> Path:
    """Azurite's entry point, for Node. Raises FileNotFoundError before `scripts/install` has run."""
    return _installed(_LOCAL / "azurite" / "node_modules" / "azurite" / "dist" / "src" / "azurite.js")


def functionrpc() -> Path:
    """The folder of FunctionRpc_pb2.py, FunctionRpc_pb2_grpc.py and the `identity` and `shared` they import.

    Raises FileNotFoundError before `scripts/install` has run.
    """
    return _installed(_LOCAL / "functionrpc" / "tests" / "protos")


def _installed(path: Path) -> Path:
    if not path.exists():
        raise FileNotFoundError(f"{path.relative_to(ROOT)} is missing: run scripts/install")
    return path
