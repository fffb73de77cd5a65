"""A connection: which ActiveCampaign account, which key, who may use it, who consented."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Text = Annotated[str, Field(min_length=1, max_length=200)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class Limits(_Strict):
    """Lower limits than ActiveCampaign's own, to leave room for other tools of the account."""

    bulk_per_minute: Annotated[int, Field(ge=1, le=100)] = 100
    requests_per_second: Annotated[float, Field(gt=0, le=5)] = 5


class ConsentInput(_Strict):
    """Acceptance of the text that says what leaves the company, as the caller gives it."""

    accepted: bool
    accepted_by: Text | None = None
    text_version: Text


class Consent(_Strict):
    """Who accepted which text, and when."""

    accepted_by: str
    accepted_at: datetime
    text_version: str


class ConnectionInput(_Strict):
    """What a new connection needs; `api_url` in any form people paste."""

    id: str | None = None
    display_name: Text
    api_url: Text
    api_key: Annotated[str, Field(min_length=1, max_length=500)] | None = None
    api_key_secret: Annotated[str, Field(min_length=1, max_length=127)] | None = None
    allow_contributors: bool = False
    consent: ConsentInput
    limits: Limits | None = None


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
    consent: Consent
    limits: Limits | None = None
    created_at: datetime
    updated_at: datetime
    updated_by: str
