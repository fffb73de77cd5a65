"""Every fault of ActiveCampaign: alone, in sequences, and at random."""

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from typing import Literal

from tests.chaos.scenario import WELL, Ground, Scenario
from tests.chaos.site import TOGETHER
from tests.chaos.trial import CONTACTS, Trial
from tests.e2e.scene import CHUNK
from tools.sandbox import Fault
from tools.sandbox.faults import Kind

IMPORT, STATUS, LISTS = "POST import/bulk_import", "GET import/info", "GET lists/*"
PAGES = (500, 502, 503, 504, 520, 521, 522, 523, 524, 525, 526, 590)
"""Of a server in trouble, Cloudflare's among them."""
PASSING: tuple[Kind, ...] = (
    "html_error", "cloudflare_json", "empty", "login_page", "forbidden", "rate_limited",
    "unavailable", "delay", "drop", "truncate", "cut",
)  # fmt: skip
"""What is over by itself, and answers soon."""
ENDS_BADLY = WELL | {"failed"}
_RUNS = 6
"""At most, until something has gone wrong by chance."""


async def struck_by(trial: Trial, faults: Iterable[Fault], contacts: int = CONTACTS) -> None:
    """One run, and faults at requests that are known beforehand."""
    errand = await trial.errand(contacts)
    for fault in faults:
        errand.sandbox.add_fault(fault)
    await trial.run(errand)


async def key_revoked(trial: Trial) -> None:
    """The run fails; with a new key in the vault the next one goes."""
    errand = await trial.errand()
    errand.sandbox.add_fault(Fault(kind="revoke_key", endpoint=IMPORT, at=(3,)))
    await trial.run(errand)
    await trial.renew_key(errand)


async def list_deleted(trial: Trial) -> None:
    """What was sent since has no list to go to; the export gets another list, and everybody goes there."""
    errand = await trial.errand()
    errand.sandbox.add_fault(Fault(kind="delete_list", endpoint=IMPORT, at=(3,), list_id=errand.list_id))
    await trial.run(errand)
    await trial.move_to_new_list(errand)


async def at_random(trial: Trial, share: float) -> None:
    """So many of all requests go wrong, in any of the ways that pass; run after run, until one did."""
    account = await trial.account()
    for fault in _random_faults(share):
        account.add_fault(fault)
    for _ in range(_RUNS):
        await trial.run(await trial.errand(CHUNK * _chunks(share), account))
        if account.account.faults.struck.total():
            return


def _chunks(share: float) -> int:
    """So many that something should go wrong."""
    return max(8, round(0.3 / share))


def _random_faults(share: float) -> Iterable[Fault]:
    kinds = [*PASSING, "drop"]
    for number, kind in enumerate(kinds):
        when: Literal["after"] | None = "after" if number == len(PASSING) else None
        yield Fault(kind=kind, probability=share / len(kinds), times=None, when=when, retry_after=2)
    for batch in ("batch_failed", "batch_interrupted"):
        yield Fault(kind=batch, endpoint=IMPORT, probability=share / 8, times=None, written=0.5)


def _alone(
    name: str, *faults: Fault, ends: frozenset[str] = WELL, quick: bool = False, contacts: int = CONTACTS
) -> Scenario:
    play = partial(struck_by, faults=faults, contacts=contacts)
    return Scenario(name=name, play=play, ends=ends, quick=quick)


def _strikes(kind: Kind, endpoint: str = IMPORT, at: tuple[int, ...] = (2, 4), **more: object) -> Fault:
    return replace(Fault(kind=kind, endpoint=endpoint, at=at), **more)  # type: ignore[arg-type]


_PAGES = [_strikes("html_error", at=(2 * number,), status=status) for number, status in enumerate(PAGES, 1)]
_ASKED_TO_WAIT = [
    _strikes("rate_limited", at=(2,), retry_after=3, retry_after_form="date"),
    _strikes("rate_limited", at=(3,), retry_after=3),
    _strikes("rate_limited", at=(4,), status=503, retry_after=3),
]
_SEQUENCE = [_strikes(kind, at=(2 * number,), retry_after=1) for number, kind in enumerate(PASSING, 1)]

GROUND = Ground(
    name="ActiveCampaign misbehaves",
    together=12,
    settings=TOGETHER | {"SLICE_SECONDS": "20"},
    scenarios=(
        # The longest first.
        *(
            Scenario(
                name=f"{share:.0%} of all requests go wrong",
                play=partial(at_random, share=share),
                patience=400,
            )
            for share in (0.3, 0.1, 0.01)
        ),
        _alone("no answer for ever", _strikes("hang", at=(2,)), _strikes("hang", at=(4,), when="after")),
        _alone("half an answer, then silence", _strikes("stall", at=(2,))),
        _alone("one error page after the other", *_PAGES, contacts=3 * CONTACTS),
        _alone("one fault after the other", *_SEQUENCE, contacts=3 * CONTACTS),
        _alone("a storm of throttling", _strikes("rate_limited", at=tuple(range(2, 12)), retry_after=1)),
        _alone("asked to wait, as a date, in seconds, by 503", *_ASKED_TO_WAIT),
        _alone("throttled, not told how long", _strikes("rate_limited", at=(2,), retry_after_form="absent")),
        _alone("error pages", _strikes("html_error", status=502)),
        _alone("error pages after acceptance", _strikes("html_error", status=504, when="after")),
        _alone("Cloudflare's problem document", _strikes("cloudflare_json", retry_after=2)),
        _alone("nothing with status 200", _strikes("empty")),
        _alone("a login page with status 200", _strikes("login_page")),
        _alone("redirected to a login page", _strikes("redirect", at=(3,)), ends=ENDS_BADLY),
        _alone("403 for a moment", _strikes("forbidden")),
        _alone("away with 503", _strikes("unavailable", retry_after=2)),
        _alone("answers three seconds late", _strikes("delay", seconds=3)),
        _alone("dropped before acceptance", _strikes("drop")),
        _alone("accepted, then the connection dropped", _strikes("drop", when="after"), quick=True),
        _alone("accepted, half of the JSON", _strikes("truncate")),
        _alone("accepted, half of the body", _strikes("cut")),
        _alone("batches end failed", _strikes("batch_failed", written=0.5)),
        _alone("batches end interrupted", _strikes("batch_interrupted", written=0.9)),
        _alone("a batch is never decided", _strikes("batch_undecided", at=(2,))),
        _alone("outcomes cannot be asked for", _strikes("html_error", STATUS, (1, 2, 4), status=500)),
        _alone("outcomes end in a dropped connection", _strikes("drop", STATUS, (1, 2, 3))),
        _alone("throttled when asking for outcomes", _strikes("rate_limited", STATUS, (2, 3), retry_after=2)),
        _alone("the list cannot be looked at", _strikes("unavailable", LISTS, (1, 2), retry_after=1)),
        Scenario(name="key revoked in the middle", play=key_revoked, ends=frozenset({"failed"})),
        Scenario(name="list deleted in the middle", play=list_deleted, ends=ENDS_BADLY),
    ),
)  # fmt: skip
