"""What is claimed of the first run, put to the test against the sandbox's own evidence."""

from math import ceil

from tools.demo.names import LEVELS
from tools.demo.people import iso_date
from tools.demo.play import Json, Play
from tools.sandbox import Status

CONTACTS_PER_REQUEST = 250
IN_FLIGHT = 3
"""Requests at a time, and so the most that a crash can send twice."""
BULK_PER_MINUTE, REQUESTS_PER_SECOND = 100, 5


def verify(play: Play, run: Json) -> None:
    """Notes what can be known once the first run is over."""
    add_up(play, run, "first run")
    _arrived(play, run)
    _opted_out(play, run)
    _twice(play, run)
    _converted(play, run)


def add_up(play: Play, run: Json, name: str) -> None:
    """Rows and contacts, each of them counted once."""
    counts = run["counts"]
    rows = counts["rejected"] + counts["duplicate"] + counts["contacts"]
    contacts = counts["unchanged"] + counts["withheld"] + counts["suppressed"] + counts["planned"]
    fates = sum(counts[fate] for fate in ("imported", "failed", "refused", "unconfirmed", "unsent"))
    play.checks.note(
        f"the report of the {name} adds up",
        (rows, contacts, fates) == (counts["read"], counts["contacts"], counts["planned"])
        and counts["read"] == play.segment.size,
        f"{counts['read']:,} rows, {counts['contacts']:,} contacts, {counts['planned']:,} planned",
    )


def limits(play: Play) -> None:
    """The limits so far, over any window."""
    evidence = play.stage.evidence()
    play.checks.note(
        "no limit was ever broken",
        evidence["over_limit"] == evidence["early_requests"] == 0
        and evidence["most_imports_per_minute"] <= BULK_PER_MINUTE
        and evidence["most_requests_per_second"] <= REQUESTS_PER_SECOND,
        f"in any minute at most {evidence['most_imports_per_minute']} of {BULK_PER_MINUTE} imports, in any "
        f"second {evidence['most_requests_per_second']} of {REQUESTS_PER_SECOND} requests; "
        f"{evidence['over_limit']} refused",
    )


def _arrived(play: Play, run: Json) -> None:
    """Nobody is lost, nobody is made up, and the report knows it."""
    members, reachable = play.stage.sandbox.members(play.stage.list_id), play.segment.reachable
    play.checks.note(
        "nobody is lost, and nobody else is on the list",
        members == reachable,
        f"{len(members):,} on the list, {len(reachable - members):,} missing, "
        f"{len(members - reachable):,} too many",
    )
    counts = run["counts"]
    evidence = play.stage.evidence()
    play.checks.note(
        "the report agrees with the sandbox's own evidence",
        counts["imported"] == len(members)
        and counts["planned"] == evidence["addresses_accepted"]
        and counts["rejected"] == len(play.segment.bad)
        and counts["duplicate"] == len(play.segment.duplicates),
        f"imported {counts['imported']:,}, on the list {len(members):,}; planned {counts['planned']:,}, "
        f"different addresses received {evidence['addresses_accepted']:,}",
    )


def _opted_out(play: Play, run: Json) -> None:
    out = play.stage.sandbox.members(play.stage.list_id, Status.UNSUBSCRIBED)
    resubscribed = play.stage.evidence()["resubscribed"]
    play.checks.note(
        "who had opted out is still out, and reported as failed",
        out == play.segment.opted_out and not resubscribed and run["counts"]["failed"] == len(out),
        f"{len(out):,} unsubscribed, {run['counts']['failed']:,} reported, {resubscribed} put back",
    )


def _twice(play: Play, run: Json) -> None:
    evidence = play.stage.evidence()
    needed = ceil(run["counts"]["planned"] / CONTACTS_PER_REQUEST)
    twice = evidence["batches_accepted"] - needed
    play.checks.note(
        f"the crash sent at most {IN_FLIGHT} requests twice",
        0 <= twice <= IN_FLIGHT and evidence["repeated_changed"] == 0,
        f"{evidence['batches_accepted']} accepted, {needed} needed; {evidence['repeated_same']:,} contacts "
        f"came twice, {evidence['repeated_changed']:,} with other content",
    )


def _converted(play: Play, run: Json) -> None:
    fields = play.stage.fields
    fit = [person for person in play.segment.people if person.email not in play.segment.opted_out]
    wrong = 0
    for person in fit:
        contact = play.stage.sandbox.contact(person.email) or {"fields": {}}
        level = person.loyalty_level.capitalize()
        wanted = {fields["City"]: person.city, fields["Last purchase"]: iso_date(person.last_purchase)}
        wanted |= {fields["Loyalty level"]: level} if level in LEVELS else {}
        wrong += contact["fields"] != wanted
    play.checks.note(
        "every value arrived in its field's own form",
        not wrong and run["unconverted"] == {"Loyalty level": play.segment.unfitting},
        f"{len(fit):,} people compared, {wrong} differ; {play.segment.unfitting:,} unfitting levels left out",
    )
