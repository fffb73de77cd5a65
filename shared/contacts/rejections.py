"""Rejections: rows and contacts that did not arrive, with the reason and a way out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from shared.contacts.addresses import HINTS as ADDRESS_HINTS

Stage = Literal["rejected", "refused", "failed", "unconfirmed", "unsent"]
"""rejected here, refused by the API, failed in the import, or without a known outcome."""

HINTS: Mapping[str, str] = {
    **ADDRESS_HINTS,
    "column_count": "the row has another number of columns than the header; look for an unescaped delimiter",
    "unclosed_quote": "a quotation mark is opened and never closed; quotes inside a value must be doubled",
    "field_too_long": "a value is longer than the reader accepts; leave the column out of the segment",
    "record_too_long": "the row is longer than the reader accepts; leave long columns out of the segment",
    "bad_encoding": "the row is not valid UTF-8; correct the value in its source system",
    "contact_too_large": "the contact alone exceeds ActiveCampaign's 400,000 bytes; map fewer long columns",
    "refused": "ActiveCampaign refused this contact; correct the value in its source system",
    "import_failed": (
        "ActiveCampaign gave no reason; usual ones: unsubscribed from the list, bounced, excluded, contact "
        "limit reached"
    ),
    "unsubscribed": "who unsubscribed from a list is not put back on it; only they themselves can do that",
    "bounced": "mail to the address came back; correct it in its source system",
    "excluded": "the address is on ActiveCampaign's exclusion list; take it off there if that is wrong",
    "contact_limit": "the account has as many contacts as it may have; raise the limit or remove contacts",
    "batch_failed": "ActiveCampaign could not process the request that held it; retry the run",
    "unconfirmed": "ActiveCampaign had not finished in time; the contact is sent again with the next run",
    "unsent": "the run ended before its turn; the contact is sent with the next run",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """One profile that did not arrive; `row` counts the data rows of its partition from 1."""

    segment: str
    primary_key: str
    partition: str
    row: int
    stage: Stage
    reason: str
    detail: str = ""
    """What ActiveCampaign said, where it is known to hold nothing personal."""

    @property
    def position(self) -> str:
        """Partition and row, as an operator finds it."""
        return f"{self.partition}:{self.row}"

    @property
    def hint(self) -> str:
        """What to do about it."""
        hint = HINTS.get(self.reason, "")
        return f"{self.detail}; {hint}" if self.detail else hint
