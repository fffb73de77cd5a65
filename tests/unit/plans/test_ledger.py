from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.plans.keys import LedgerKeys
from shared.plans.ledger import Entry, History, Known, Ledger, Outcome
from tests.builders import KEYS

NEW_KEYS = LedgerKeys.derive("another secret that is also long enough", "v2")
MEMORY = Path(":memory:")


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    with Ledger(MEMORY) as opened:
        yield opened


def entry(
    address: str, outcome: Outcome = "imported", *, content: bytes = b"c" * 16, digest: bytes | None = None
) -> Entry:
    return Entry(digest=digest or KEYS.digest(address), content=content, outcome=outcome, address=address)


def everything(ledger: Ledger) -> dict[bytes, Known]:
    return {address: known for number in range(256) for address, known in ledger.bucket(number).items()}


def test_a_new_ledger_knows_nobody(ledger: Ledger) -> None:
    assert (len(ledger), ledger.key_version) == (0, None)
    assert everything(ledger) == {}
    assert ledger.history(KEYS.digest("ann@example.com")) is None


def test_only_what_was_imported_counts_as_arrived(ledger: Ledger) -> None:
    outcomes: list[Outcome] = ["imported", "failed", "refused"]
    ledger.record("run-1", "now", [entry(outcome, outcome) for outcome in outcomes], KEYS)

    known = everything(ledger)

    assert [known[KEYS.digest(outcome)].arrived for outcome in outcomes] == [True, False, False]


def test_recording_a_run_twice_changes_nothing(ledger: Ledger) -> None:
    entries = [entry("ann@example.com"), entry("bob@example.com", "failed")]
    ledger.record("run-1", "monday", entries, KEYS)
    before = everything(ledger), ledger.history(entries[0].digest)

    ledger.record("run-1", "tuesday", entries, KEYS)

    assert (everything(ledger), ledger.history(entries[0].digest)) == before
    assert len(ledger) == 2


def test_history_tells_the_last_run_that_sent_an_address(ledger: Ledger) -> None:
    ledger.record("run-1", "monday", [entry("ann@example.com"), entry("bob@example.com")], KEYS)
    ledger.record("run-2", "tuesday", [entry("ann@example.com", "refused")], KEYS)

    assert ledger.history(KEYS.digest("ann@example.com")) == History(
        outcome="refused", run="run-2", at="tuesday"
    )
    assert ledger.history(KEYS.digest("bob@example.com")) == History(
        outcome="imported", run="run-1", at="monday"
    )


@pytest.mark.parametrize("number", [0x00, 0x01, 0x7F, 0xFE, 0xFF])
def test_a_bucket_reaches_from_its_first_to_its_last_digest(ledger: Ledger, number: int) -> None:
    edges = [bytes([first]) + rest * 15 for first in range(256) for rest in (b"\x00", b"\xff")]
    ledger.record("run-1", "now", [entry("ann", digest=digest) for digest in edges], KEYS)

    assert list(ledger.bucket(number)) == [bytes([number]) + b"\x00" * 15, bytes([number]) + b"\xff" * 15]


@settings(max_examples=25)
@given(
    st.lists(st.tuples(st.integers(0, 20), st.sampled_from(["imported", "failed", "refused"])), max_size=30)
)
def test_the_buckets_together_hold_the_last_entry_of_every_address(
    recorded: list[tuple[int, Outcome]],
) -> None:
    with Ledger(MEMORY) as ledger:
        for run, (number, outcome) in enumerate(recorded):
            ledger.record(f"run-{run}", "now", [entry(f"{number}@example.com", outcome)], KEYS)

        expected = {KEYS.digest(f"{number}@example.com"): outcome for number, outcome in recorded}
        assert everything(ledger).keys() == expected.keys()
        histories = {digest: ledger.history(digest) for digest in expected}
        assert {digest: found.outcome for digest, found in histories.items() if found} == expected


def test_a_ledger_is_kept_in_its_file(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger") as first:
        first.record("run-1", "now", [entry("ann@example.com")], KEYS)

    with Ledger(tmp_path / "ledger") as again:
        assert (len(again), again.key_version) == (1, "v1")
        assert again.history(KEYS.digest("ann@example.com")) is not None


def test_no_address_can_be_read_in_the_file(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger") as ledger:
        ledger.record("run-1", "now", [entry("ann@example.com")], KEYS)

    assert b"ann@" not in (tmp_path / "ledger").read_bytes()


def test_under_another_key_the_addresses_are_the_same_ones(ledger: Ledger) -> None:
    addresses = [f"{number}@example.com" for number in range(300)]
    ledger.record("run-1", "now", [entry(address, "failed") for address in addresses], KEYS)

    ledger.rekey(KEYS, NEW_KEYS)

    assert (len(ledger), ledger.key_version) == (300, "v2")
    assert everything(ledger).keys() == {NEW_KEYS.digest(address) for address in addresses}
    assert ledger.history(NEW_KEYS.digest("7@example.com")) == History(
        outcome="failed", run="run-1", at="now"
    )


def test_a_key_can_be_changed_there_and_back(ledger: Ledger) -> None:
    ledger.record("run-1", "now", [entry("ann@example.com")], KEYS)
    before = everything(ledger)

    ledger.rekey(KEYS, NEW_KEYS)
    ledger.rekey(NEW_KEYS, KEYS)

    assert everything(ledger) == before
