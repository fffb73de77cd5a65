"""Step: the report of the first run, beside what the sandbox noted by itself."""

import csv
import io
from collections import Counter

from tools.demo.people import COLUMNS, Profile
from tools.demo.play import Json, Play

_SHOWN = 5


async def report(play: Play, run: Json) -> None:
    """Shows the counts, the reasons, the first rejections, and one person on both sides."""
    play.screen.heading(
        "The report says of every single profile what became of it, and why",
        "Rows and contacts add up; every profile that did not arrive is a line of a CSV, with its position, "
        "the reason and a hint.",
    )
    counts = run["counts"]
    play.screen.say(f"{run['state']}, imported {counts['imported']:,} of {counts['planned']:,} contacts")
    rejections = await _rejections(play, run)
    reasons = Counter((line["stage"], line["reason"]) for line in rejections)
    lines = [("duplicate", "another row of the segment has this address", counts["duplicate"])]
    lines += [(stage, reason, number) for (stage, reason), number in reasons.most_common()]
    play.screen.table(
        ("became", "reason", "profiles"),
        [(stage, reason, f"{number:,}") for stage, reason, number in lines],
        right=[2],
    )
    play.screen.say(
        f"The first {_SHOWN} of {len(rejections):,} lines of GET /api/runs/{run['id']}/rejections:"
    )
    play.screen.table(
        ("position", "reason", "hint"),
        [(line["position"], line["reason"], line["hint"]) for line in rejections[:_SHOWN]],
    )
    _show_conversion(play, run, play.segment.sample)


async def _rejections(play: Play, run: Json) -> list[dict[str, str]]:
    text = await play.stage.api.text(f"runs/{run['id']}/rejections")
    return list(csv.DictReader(io.StringIO(text)))


def _show_conversion(play: Play, run: Json, person: Profile) -> None:
    contact = play.stage.sandbox.contact(person.email) or {"fields": {}}
    titles = {id: title for title, id in play.stage.fields.items()}
    fields = {titles[id]: value for id, value in contact["fields"].items()}
    play.screen.say("One invented customer, in the segment and in ActiveCampaign:")
    cells = dict(zip(COLUMNS, person.row(), strict=True))
    play.screen.table(
        ("column", "value in the segment", "value in ActiveCampaign"),
        [
            ("FirstName", cells["FirstName"], str(contact.get("first_name"))),
            ("LastName", cells["LastName"], str(contact.get("last_name"))),
            ("City", cells["City"], fields.get("City", "")),
            ("LastPurchase", cells["LastPurchase"], fields.get("Last purchase", "")),
            ("LoyaltyLevel", cells["LoyaltyLevel"], fields.get("Loyalty level", "")),
        ],
    )
    for field, number in run["unconverted"].items():
        play.screen.say(f"{number:,} values do not fit the field {field}; these people went without it")
