"""Step: a dry run of a segment that grew tenfold."""

from tools.demo.play import Play
from tools.demo.stage import EXPORT

FACTOR = 10


async def grow(play: Play) -> None:
    """Somebody has loosened the segment's rules: the plan is held before anything is sent."""
    segment = play.segment.grown(FACTOR)
    play.screen.heading(
        f"The segment has grown {FACTOR} times, to {segment.size:,} profiles; a dry run looks first",
        "A guard holds the plan until a person approves it: a slip in the segment's rules does not reach "
        "ActiveCampaign. The export's schedule is switched off before, so that the timer leaves it to us.",
    )
    await play.stage.api.patch(f"exports/{EXPORT}", {"schedule": "off"})
    play.segment = segment
    await play.write(days=0)
    before = play.stage.evidence()["contacts_accepted"]
    run = await play.start(dry_run=True)
    sent, counts = play.stage.evidence()["contacts_accepted"] - before, run["counts"]
    seconds = 60 * run["minutes"]
    play.screen.say(
        f"{run['state']}: {counts['planned']:,} contacts planned ({seconds:.0f} s of sending), {sent} sent"
    )
    holding = [finding for finding in run["findings"] if finding["holds"]]
    for finding in holding:
        play.screen.say(f"held, {finding['code']}: {finding['message']}")
    play.checks.note(
        "a segment grown tenfold is held, and nothing is sent",
        run["state"] == "held" and sent == 0 and [finding["code"] for finding in holding] == ["growth"],
        f"{run['state']}, {counts['planned']:,} planned, {sent} sent",
    )
