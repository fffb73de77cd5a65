"""A local Key Vault and the managed identity to open it with, for the real Azure SDK clients."""

from tools.vault.certificates import Certificates
from tools.vault.identity import Identity
from tools.vault.tenant import Tenant
from tools.vault.vault import Vault

__all__ = ["Certificates", "Identity", "Tenant", "Vault"]
