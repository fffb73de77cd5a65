"""Azurite, Microsoft's storage emulator, as a process that ends when its owner does."""

from tools.azurite.output import AzuriteError
from tools.azurite.process import Azurite

__all__ = ["Azurite", "AzuriteError"]
