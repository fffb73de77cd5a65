"""What the test of a connection found."""

from typing import Literal

from pydantic import BaseModel

from shared.activecampaign.model import AccountLimits
from shared.errors import (
    AccessDenied,
    ActiveCampaignError,
    ConfigurationError,
    RateLimited,
    StateUnavailable,
    WrongAddress,
)

Subject = Literal["host", "credentials", "lists", "import_permission", "contact_allowance"]
Result = Literal["passed", "failed", "unknown"]


class Finding(BaseModel):
    """What one part of the test found, and what to change where it failed."""

    subject: Subject
    result: Result
    message: str


class ConnectionTest(BaseModel):
    """The whole test: one finding for each subject, in their order."""

    passed: bool
    """Whether all is right; the contact allowance may be unknown, as many keys may not see it."""
    findings: list[Finding]


def passed(subject: Subject, message: str) -> Finding:
    """A finding that nothing is wrong."""
    return Finding(subject=subject, result="passed", message=message)


def failed(subject: Subject, message: str) -> Finding:
    """A finding with what to change."""
    return Finding(subject=subject, result="failed", message=message)


def unknown(subject: Subject, message: str) -> Finding:
    """A finding that nothing was found out, with the reason."""
    return Finding(subject=subject, result="unknown", message=message)


def lets_run(finding: Finding) -> bool:
    """Whether a run may succeed as far as this finding goes."""
    return finding.result == "passed" or (
        finding.subject == "contact_allowance" and finding.result == "unknown"
    )


def reached(error: ActiveCampaignError | ConfigurationError | StateUnavailable) -> list[Finding]:
    """What it means for host and credentials that the first question failed."""
    if isinstance(error, ConfigurationError):
        return [unknown("host", "not asked, because there is no key"), failed("credentials", str(error))]
    if isinstance(error, StateUnavailable):
        return [unknown("host", str(error)), unknown("credentials", str(error))]
    if isinstance(error, AccessDenied):
        return [passed("host", "it answers like ActiveCampaign"), failed("credentials", str(error))]
    if isinstance(error, RateLimited):
        busy = f"{error} Other programs use the account now; try again later"
        return [passed("host", "it answers like ActiveCampaign"), unknown("credentials", busy)]
    hint = "" if isinstance(error, WrongAddress) else " Check the API URL; if it is right, try again later"
    return [failed("host", f"{error}{hint}")]


def allowance(limits: AccountLimits | None) -> Finding:
    """Whether the account may have more contacts than it has."""
    if limits is None or limits.subscriber_limit is None or limits.subscriber_total is None:
        return unknown(
            "contact_allowance",
            "the account does not tell it to the key's user; an administrator's key may see it",
        )
    used = f"{limits.subscriber_total:,} of {limits.subscriber_limit:,} contacts are used"
    if limits.subscriber_total < limits.subscriber_limit:
        return passed("contact_allowance", used)
    return failed(
        "contact_allowance", f"{used}: remove contacts in ActiveCampaign or enlarge the account's plan"
    )
