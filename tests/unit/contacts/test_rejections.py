from typing import get_args

import pytest

from shared.contacts.addresses import HINTS as ADDRESS_HINTS
from shared.contacts.rejections import HINTS, Rejection, Stage
from shared.segments.rows import COLUMN_COUNT, RECORD_TOO_LONG, UNCLOSED_QUOTE


def rejection(reason: str, *, detail: str = "", stage: Stage = "rejected") -> Rejection:
    return Rejection(
        segment="Vip", primary_key="42", partition="Vip_1", row=7, stage=stage, reason=reason, detail=detail
    )


@pytest.mark.parametrize(
    "reason",
    [malformed.reason for malformed in (COLUMN_COUNT, RECORD_TOO_LONG, UNCLOSED_QUOTE)]
    + [reason for reason in ADDRESS_HINTS if reason != "bad_encoding"]
    + ["contact_too_large", "refused", "import_failed", "batch_failed", "unconfirmed", "unsent"],
)
def test_every_reason_that_is_given_has_a_hint(reason: str) -> None:
    assert rejection(reason).hint == HINTS[reason]
    assert rejection(reason).hint != ""


def test_what_activecampaign_said_comes_before_the_hint() -> None:
    refused = rejection("refused", detail="The phone is invalid", stage="refused")

    assert refused.hint == f"The phone is invalid; {HINTS['refused']}"


def test_the_position_is_partition_and_row() -> None:
    assert rejection("refused").position == "Vip_1:7"


def test_no_stage_is_called_like_a_success() -> None:
    assert set(get_args(Stage)) == {"rejected", "refused", "failed", "unconfirmed", "unsent"}
