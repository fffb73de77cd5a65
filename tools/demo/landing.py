"""Steps: an export is set up, the segment lands, the timer starts the run, the plan is there."""

from tools.demo.play import Json, Play
from tools.demo.segment import NAME
from tools.demo.stage import EXPORT
from tools.sandbox import Person

CONNECTION = "main"
_USUAL_GROWTH = 10_000
"""Contacts by which a segment must have grown to be held, unless an export says otherwise."""


async def land(play: Play) -> Json:
    """Gives the run, planned."""
    await _set_up(play)
    await _segment(play)
    return await _notice(play)


async def _set_up(play: Play) -> None:
    play.screen.heading(
        "A connection and an export are made over HTTP",
        "The API key goes into the vault. The export names its columns; the types of the custom fields are "
        "read from ActiveCampaign.",
    )
    stage = play.stage
    for address in play.segment.opted_out:
        stage.sandbox.add_person(Person(email=address, lists={stage.list_id: "unsubscribed"}))
    await stage.deployment.connect(stage.sandbox.url, stage.sandbox.api_key, CONNECTION)
    await stage.api.post("exports", _export(play))
    play.screen.say(f"export {EXPORT}: segment {NAME} to list {stage.list_id}, matched by EMail")
    play.screen.say(
        f"{len(play.segment.opted_out):,} people of this segment had unsubscribed from the list long before"
    )


def _export(play: Play) -> Json:
    growth = min(_USUAL_GROWTH, 4 * play.options.profiles)
    return {
        "id": EXPORT,
        "name": "Active customers",
        "connection": CONNECTION,
        "list_id": play.stage.list_id,
        "segments": [{"name": NAME}],
        "mapping": {
            "email": "EMail",
            "first_name": "FirstName",
            "last_name": "LastName",
            "phone": "Telephone",
            "fields": {"City": "City", "Last purchase": "LastPurchase", "Loyalty level": "LoyaltyLevel"},
        },
        "guards": {"growth_contacts": growth},
    }


async def _segment(play: Play) -> None:
    segment = play.segment
    play.screen.heading(
        f"A segment of {segment.size:,} profiles lands in storage, as Customer Insights would write it",
        "CSV partitions first; model.json, which says that the snapshot is complete, comes last.",
    )
    names = await play.write(days=1)
    for name in (*names, f"{names[0].split(f'/{NAME}/')[0]}/model.json"):
        play.screen.say(name)
    play.screen.say(
        f"Among the rows: {len(segment.bad):,} without a usable address, {len(segment.duplicates):,} "
        f"duplicates, {segment.unfitting:,} with a loyalty level that ActiveCampaign does not know"
    )


async def _notice(play: Play) -> Json:
    play.screen.heading(
        "The timer notices, starts the run, and the run makes its plan",
        "Nobody presses a button. Before the first request, what will be sent is fixed and counted, and "
        "guards look at it.",
    )
    run, seconds = await play.next_run()
    play.screen.say(
        f"after {seconds:.1f} s: run {run['id']}, started by {run['requested_by']} ({run['trigger']})"
    )
    run = await play.planned(run)
    counts = run["counts"]
    play.screen.say(
        f"plan {run['plan']}: {counts['read']:,} rows read = {counts['rejected']:,} rejected "
        f"+ {counts['duplicate']:,} duplicate + {counts['contacts']:,} contacts; "
        f"{counts['planned']:,} to send, which takes {60 * run['minutes']:.0f} s at the account's limits"
    )
    return run
