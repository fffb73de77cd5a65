"""Microsoft's compiled FunctionRpc protocol, loaded from where `scripts/install` puts it.

The wheel `azure-functions-runtime-v1` carries it in a top-level package named `tests`; loading it by path
under a private name keeps that package out of `sys.path`.
"""

import importlib.util
import sys
from functools import cache
from typing import Any

from tools import local
from tools.localhost.errors import HostError

PACKAGE = "_functionrpc"
UNLIMITED = [("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1)]
"""gRPC options: bodies are bounded by the HTTP server, not by gRPC's 4 MiB."""


@cache
def package() -> Any:
    """The package as the worker library wants it: the messages it makes, and the gRPC stub and service.

    Raises HostError where it is not installed.
    """
    try:
        folder = local.functionrpc()
    except FileNotFoundError as error:
        raise HostError(str(error)) from error
    spec = importlib.util.spec_from_file_location(
        PACKAGE, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[PACKAGE] = module
    spec.loader.exec_module(module)
    return module


@cache
def messages() -> Any:
    """The module with every message class of the protocol."""
    return package().FunctionRpc_pb2
