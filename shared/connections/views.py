"""Connections as they are shown: never with the key, and to contributors by name and type only."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, RootModel

from shared.connections.connection import Connection, Limits
from shared.connections.consent import Consent


class ConnectionSummary(BaseModel):
    """What a contributor sees of a connection that is shared."""

    model_config = ConfigDict(extra="forbid")

    id: str
    display_name: str
    type: Literal["activecampaign"] = "activecampaign"


class ConnectionView(ConnectionSummary):
    """What an administrator sees of a connection."""

    api_url: str
    """As it was understood."""
    account: str
    api_key_secret: str
    """Name of the secret in the vault that holds the key."""
    allow_contributors: bool
    consent: Consent | None = None
    """Nothing once it was withdrawn; no consent, no run."""
    limits: Limits | None = None
    active: bool
    created_at: datetime
    updated_at: datetime
    updated_by: str


class ConnectionShown(RootModel[ConnectionView | ConnectionSummary]):
    """All of it for administrators, name and type for contributors."""


def view(connection: Connection) -> ConnectionView:
    """The connection as administrators and the audit log see it."""
    return ConnectionView.model_validate(connection.model_dump())


def summary(connection: Connection) -> ConnectionSummary:
    """The connection as contributors see it."""
    return ConnectionSummary(id=connection.id, display_name=connection.display_name)
