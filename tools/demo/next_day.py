"""Steps: the next day's snapshot, and the same start over HTTP."""

from datetime import timedelta

from tools.demo.people import iso_date, us_date
from tools.demo.play import Play
from tools.demo.stage import EXPORT
from tools.demo.summary import add_up


async def change(play: Play) -> None:
    """One in a hundred changed: the timer notices, and one small request goes."""
    play.screen.heading(
        "The next day's snapshot comes, with one profile in a hundred changed",
        "The ledger knows what every contact was last sent, so that only changes go; and who failed for a "
        "lasting reason is not tried again unless something changed.",
    )
    purchase = us_date(play.began - timedelta(hours=5))
    play.segment, buyers = play.segment.with_purchases(purchase)
    before = play.stage.evidence()
    await play.write(days=0)
    run, seconds = await play.next_run()
    run = await play.ended(run)
    after, counts = play.stage.evidence(), run["counts"]
    requests = after["batches_accepted"] - before["batches_accepted"]
    contacts = after["contacts_accepted"] - before["contacts_accepted"]
    play.screen.say(
        f"noticed after {seconds:.1f} s; {counts['unchanged']:,} unchanged, {counts['withheld']:,} withheld, "
        f"{counts['planned']:,} sent in {requests} request"
    )
    add_up(play, run, "next day's run")
    field = play.stage.fields["Last purchase"]
    contact = [play.stage.sandbox.contact(buyer.email) for buyer in buyers]
    arrived = sum(bool(found and found["fields"][field] == iso_date(purchase)) for found in contact)
    play.checks.note(
        "the next day costs one small request",
        requests == 1 and contacts == counts["imported"] == arrived == len(buyers),
        f"{len(buyers):,} changed, {requests} request with {contacts:,} contacts, {arrived:,} arrived",
    )


async def start_again(play: Play) -> None:
    """The same snapshot once more, on demand: there is nothing to do."""
    play.screen.heading(
        "The same export is started over HTTP, on demand",
        "Started twice is not sent twice: everything is known to have arrived.",
    )
    play.screen.say(f"POST /api/exports/{EXPORT}/runs")
    before = play.stage.evidence()["batches_accepted"]
    run = await play.start()
    requests, counts = play.stage.evidence()["batches_accepted"] - before, run["counts"]
    play.screen.say(
        f"{run['state']}: {counts['unchanged']:,} unchanged, {counts['withheld']:,} withheld, "
        f"{counts['planned']:,} to be sent, {requests} requests"
    )
    add_up(play, run, "run on demand")
    play.checks.note(
        "a run with nothing to do sends nothing",
        counts["planned"] == 0 and requests == 0,
        f"{counts['planned']:,} planned, {requests} requests",
    )
