"""The whole app on this machine: storage, vault, identity and the Functions host, as deployed on Azure."""

from tools.deployment.api import Api, ApiError
from tools.deployment.deployment import Deployment

__all__ = ["Api", "ApiError", "Deployment"]
