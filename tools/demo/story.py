"""The demo's course: the steps, one after another."""

import asyncio
from contextlib import AsyncExitStack

from tools.demo.checks import Checks
from tools.demo.delivery import deliver
from tools.demo.grown import grow
from tools.demo.invitation import invite
from tools.demo.landing import land
from tools.demo.next_day import change, start_again
from tools.demo.options import Options
from tools.demo.play import Play
from tools.demo.report import report
from tools.demo.screen import Screen
from tools.demo.segment import Segment
from tools.demo.stage import LEASE_SECONDS, stage
from tools.demo.summary import limits, verify


async def tell(options: Options, screen: Screen) -> bool:
    """Shows everything; whether every claim held. With `keep` it never returns by itself."""
    screen.heading(
        "Everything an installation has starts on this machine, on free ports",
        "Real storage (Azurite), a Key Vault and a managed identity, the Functions host with the app's real "
        "functions, and an ActiveCampaign that enforces the documented limits.",
    )
    async with AsyncExitStack() as stack:
        running = await stack.enter_async_context(stage(options))
        play = Play(
            options=options,
            screen=screen,
            stage=running,
            checks=Checks(),
            segment=Segment.of(options.profiles),
        )
        _introduce(play)
        await _acts(play)
        _judge(play)
        if options.keep:
            await invite(play)
            await asyncio.Event().wait()
        return play.checks.all_hold


def _introduce(play: Play) -> None:
    stage, scale = play.stage, play.options.time_scale
    play.screen.say(f"app       {stage.deployment.host.url}  ({stage.workers[0][1]})")
    play.screen.say(f"sandbox   {stage.sandbox.url}  (100 imports a minute of at most 250 contacts)")
    play.screen.say(f"storage   {stage.deployment.azurite.blob_url}")
    play.screen.say(
        f"Shortened for the demo: the timer fires every 3 s instead of 5 min, leases last {LEASE_SECONDS} s "
        f"instead of 60, outcomes are first asked for after {2 / scale:g} s instead of 30."
    )
    if scale > 1:
        play.screen.say(
            f"Time scale {scale:g}: the sandbox's minute lasts {60 / scale:.3g} s, and the app's limits are "
            f"set {scale:g} times as high to match. Rates and times left are in real minutes and seconds."
        )


async def _acts(play: Play) -> None:
    run = await land(play)
    run = await deliver(play, run)
    await report(play, run)
    verify(play, run)
    await change(play)
    await start_again(play)
    await grow(play)
    limits(play)


def _judge(play: Play) -> None:
    made = play.checks.made
    wrong = sum(not check.holds for check in made)
    play.screen.heading(
        f"All {len(made)} checks hold" if not wrong else f"{wrong} of {len(made)} checks do NOT hold",
        "The app's reports against what the sandbox noted by itself, request by request.",
    )
    for check in made:
        play.screen.say(f"{'✓' if check.holds else '✗'} {check.claim}: {check.measured}")
