"""An HTTP proxy that lets single requests go wrong, in front of Azurite or the sandbox."""

from tools.proxy.faults import Fault
from tools.proxy.proxy import Proxy

__all__ = ["Fault", "Proxy"]
