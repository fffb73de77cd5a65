"""A connection: which ActiveCampaign account, which key, who may use it, who consented."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from shared.connections.consent import Consent, ConsentInput

Text = Annotated[str, Field(min_length=1, max_length=200)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class Limits(_Strict):
    """Lower limits than ActiveCampaign's own, to leave room for other tools of the account."""

    bulk_per_minute: Annotated[int, Field(ge=1, le=100)] = 100
    requests_per_second: Annotated[float, Field(gt=0, le=5)] = 5


class ConnectionContent(_Strict):
    """What a person decides about a connection."""

    display_name: Text
    api_url: Annotated[
        Text,
        Field(
            description="From Settings > Developer in ActiveCampaign: a host name, or with https://, / or "
            "/api/3. Another host also needs the key and the consent anew",
            examples=["https://youraccount.api-us1.com"],
        ),
    ]
    api_key: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=500,
            pattern=r"^[ -~]+$",
            description="Stored in the vault and never shown; or give `api_key_secret`",
        ),
    ] = None
    api_key_secret: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=127,
            pattern=r"^[0-9A-Za-z-]+$",
            description="Name of a secret in the vault that holds the key; or give `api_key`",
        ),
    ] = None
    allow_contributors: Annotated[bool, Field(description="Whether contributors may use it too")] = False
    consent: Annotated[ConsentInput | None, Field(description="null withdraws it: no consent, no run")] = None
    limits: Limits | None = None
    active: Annotated[
        bool, Field(description="false pauses it: its runs stop at the next chunk, none starts")
    ] = True


class ConnectionInput(ConnectionContent):
    """A new connection, with the id it shall have if wanted."""

    id: str | None = None
    consent: ConsentInput


class Connection(_Strict):
    """The stored document; the key itself is in the vault under `api_key_secret`."""

    id: str
    display_name: str
    api_url: str
    """Normalised: scheme and host, without a path."""
    account: str
    """The account's name; both host names of an account give the same."""
    api_key_secret: str
    allow_contributors: bool
    consent: Consent | None
    """None once it was withdrawn."""
    limits: Limits | None = None
    active: bool = True
    created_at: datetime
    updated_at: datetime
    updated_by: str

    @property
    def blocked(self) -> str | None:
        """Why nothing may run over it; None where it may."""
        if not self.active:
            return f"the connection {self.id!r} is paused"
        return None if self.consent else f"the consent to connection {self.id!r} was withdrawn"
