"""What a person can do with everything still running."""

from tools.demo.play import Play
from tools.demo.stage import EXPORT


async def invite(play: Play) -> None:
    """Prints where everything is, and what to try."""
    deployment, sandbox = play.stage.deployment, play.stage.sandbox
    newest = (await play.stage.api.get(f"runs?export={EXPORT}"))["runs"][0]["id"]
    play.screen.heading(
        "Everything is left running; Ctrl-C ends it",
        "The lines below can be pasted into another terminal.",
    )
    for line in (
        f"URL={deployment.host.url}/api",
        f"KEY={deployment.host.keys.master}",
        'curl -s -H "x-functions-key: $KEY" $URL/health',
        'curl -s -H "x-functions-key: $KEY" $URL/exports',
        f'curl -s -H "x-functions-key: $KEY" "$URL/runs?export={EXPORT}"',
        f'curl -s -H "x-functions-key: $KEY" $URL/runs/{newest}/rejections',
        f'curl -s -H "x-functions-key: $KEY" $URL/exports/{EXPORT}/runs -d \'{{"dry_run": true}}\'',
        f"curl -s {sandbox.url}/control/state",
        f"curl -s {sandbox.url}/control/evidence",
    ):
        play.screen.say(line)
    settings = deployment.settings()
    play.screen.say(f"containers  {settings['SEGMENTS_CONTAINER']}, {settings['STATE_CONTAINER']}")
    play.screen.say(f"storage     {deployment.azurite.connection_string}")
