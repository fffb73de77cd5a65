from collections.abc import Mapping

import pytest

from shared.activecampaign.model import AccountLimits
from shared.connections.findings import Finding, allowance, failed, lets_run, passed, reached, unknown
from shared.errors import (
    AccessDenied,
    ActiveCampaignError,
    ConfigurationError,
    RateLimited,
    StateUnavailable,
    Unavailable,
    WrongAddress,
)


@pytest.mark.parametrize(
    ("error", "results"),
    [
        (AccessDenied("denied"), {"host": "passed", "credentials": "failed"}),
        (WrongAddress("redirected"), {"host": "failed"}),
        (Unavailable("not reached."), {"host": "failed"}),
        (RateLimited("busy.", retry_after=1), {"host": "passed", "credentials": "unknown"}),
        (ConfigurationError("no secret"), {"host": "unknown", "credentials": "failed"}),
        (StateUnavailable("no vault"), {"host": "unknown", "credentials": "unknown"}),
    ],
)
def test_a_first_question_that_fails_blames_what_is_to_blame(
    error: ActiveCampaignError | ConfigurationError | StateUnavailable, results: Mapping[str, str]
) -> None:
    findings = reached(error)

    assert {finding.subject: finding.result for finding in findings} == results
    assert any(str(error) in finding.message for finding in findings)


@pytest.mark.parametrize(
    ("limits", "result", "words"),
    [
        (None, "unknown", "does not tell"),
        (AccountLimits(subscriber_limit=None, subscriber_total=3), "unknown", "does not tell"),
        (AccountLimits(subscriber_limit=2500, subscriber_total=2499), "passed", "2,499 of 2,500"),
        (AccountLimits(subscriber_limit=2500, subscriber_total=2500), "failed", "enlarge"),
    ],
)
def test_an_account_is_full_when_its_limit_is_reached(
    limits: AccountLimits | None, result: str, words: str
) -> None:
    finding = allowance(limits)

    assert finding.result == result
    assert words in finding.message


@pytest.mark.parametrize(
    ("finding", "so"),
    [
        (passed("host", "fine"), True),
        (failed("contact_allowance", "full"), False),
        (unknown("contact_allowance", "hidden"), True),
        (unknown("credentials", "busy"), False),
    ],
)
def test_only_the_allowance_may_stay_unknown(finding: Finding, so: bool) -> None:
    assert lets_run(finding) is so
