"""Consent: the text that says what leaves the company, and who accepted it."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from shared.errors import InvalidInput

_Text = Annotated[str, Field(min_length=1, max_length=200)]


class ConsentInput(BaseModel):
    """Acceptance of the text that GET /api/consent shows."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    accepted: bool
    accepted_by: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=200,
            description="Who accepts, where a function key calls; otherwise it is who signed in",
            examples=["Ann Example"],
        ),
    ] = None
    text_version: Annotated[_Text, Field(description="Which text was read", examples=["1"])]


class Consent(BaseModel):
    """Who accepted which text, and when."""

    accepted_by: str
    accepted_at: datetime
    text_version: str


class ConsentText(BaseModel):
    """What is accepted with a connection; a change of its meaning gives it another version."""

    version: str
    text: str


CURRENT = ConsentText(
    version="1",
    text=(
        "With every run of an export, this connection sends personal data out of your company, on your "
        "instruction, to the ActiveCampaign account it names: the e-mail addresses of the people in the "
        "exported segments, and the names, phone numbers, tags and other columns that the export maps. "
        "ActiveCampaign is a third party. You answer for the right to send these data there and for what "
        "these people have agreed to.\n\n"
        "ActiveCampaign keeps a person off a list only if that person unsubscribed from that very list. It "
        "does not protect more: who unsubscribed from another list, or from all others, is added to the "
        "list of the export, unless the export honours the opt-outs of those lists. Everybody is added as "
        "an active subscriber at once; nobody is asked to confirm (no double opt-in). Where an export "
        "allows automations, they may write to the people it adds.\n\n"
        "What was sent is not taken back: who leaves a segment stays in ActiveCampaign, and pausing or "
        "removing an export or this connection only ends further sending."
    ),
)


def accepted(given: ConsentInput, caller: str | None, at: datetime) -> Consent:
    """The acceptance to keep; whoever signed in (`caller`) is who accepts. Raises InvalidInput."""
    if not given.accepted:
        raise InvalidInput(
            "a connection sends personal data to ActiveCampaign; it needs consent.accepted to be true",
            pointer="/consent/accepted",
        )
    if given.text_version != CURRENT.version:
        raise InvalidInput(
            f"the text to accept is version {CURRENT.version!r}; GET /api/consent shows it",
            pointer="/consent/text_version",
        )
    accepted_by = caller or given.accepted_by
    if not accepted_by:
        raise InvalidInput("say who accepts, by name", pointer="/consent/accepted_by")
    return Consent(accepted_by=accepted_by, accepted_at=at, text_version=given.text_version)
