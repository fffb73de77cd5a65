from email.utils import parsedate_to_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.integration.sandbox.api import people, person
from tests.integration.sandbox.conftest import Open
from tools.sandbox.evidence import Peak
from tools.sandbox.knobs import Window
from tools.sandbox.limits import Bucket

_GAPS = st.lists(st.integers(0, 40), max_size=200)


def _times(gaps: list[int]) -> list[float]:
    """Whole numbers, so that no rounding blurs the edges of windows."""
    return [float(sum(gaps[: position + 1])) for position in range(len(gaps))]


@given(gaps=_GAPS, limit=st.integers(1, 10))
def test_no_window_of_a_sliding_limit_ever_admits_more(gaps: list[int], limit: int) -> None:
    bucket, peak = Bucket(60), Peak(60)

    admitted = [now for now in _times(gaps) if bucket.admit(now, limit, "sliding")]
    for now in admitted:
        peak.add(now)

    assert peak.highest <= limit
    assert all(later - first >= 60 for first, later in zip(admitted, admitted[limit:], strict=False))


@given(gaps=_GAPS, limit=st.integers(1, 10))
def test_no_minute_of_a_fixed_limit_ever_admits_more(gaps: list[int], limit: int) -> None:
    bucket = Bucket(60)

    admitted = [now for now in _times(gaps) if bucket.admit(now, limit, "fixed")]

    minutes = [now // 60 for now in admitted]
    assert all(minutes.count(minute) <= limit for minute in minutes)


@given(gaps=_GAPS, limit=st.integers(1, 10), window=st.sampled_from(["sliding", "fixed"]))
def test_a_limit_refuses_only_when_its_window_is_full(gaps: list[int], limit: int, window: Window) -> None:
    bucket = Bucket(60)

    for now in _times(gaps):
        used = bucket.used(now, window)
        assert bucket.admit(now, limit, window) == (used < limit)


@given(gaps=_GAPS)
def test_the_peak_is_that_of_the_fullest_window(gaps: list[int]) -> None:
    times, peak = _times(gaps), Peak(60)

    for now in times:
        peak.add(now)

    assert peak.highest == max(
        (sum(start <= other < start + 60 for other in times) for start in times), default=0
    )


def test_a_fixed_window_lets_two_loads_pass_around_its_edge_and_a_sliding_one_does_not() -> None:
    fixed, sliding = Bucket(60), Bucket(60)
    times = [59.0] * 3 + [60.0] * 3

    assert sum(fixed.admit(now, 3, "fixed") for now in times) == 6
    assert sum(sliding.admit(now, 3, "sliding") for now in times) == 3


async def test_the_sixth_request_of_a_second_is_a_429_with_all_headers(open_api: Open) -> None:
    api = await open_api(lifted=False)

    replies = [await api.get("users/me") for _ in range(6)]
    api.clock.advance(1)
    after = await api.get("users/me")

    assert [reply.status for reply in replies] == [200] * 5 + [429]
    assert [reply.headers["RateLimit-Remaining"] for reply in replies] == ["4", "3", "2", "1", "0", "0"]
    assert replies[-1].headers["RateLimit-Limit"] == "5"
    assert replies[-1].headers["Retry-After"] == "30"
    assert replies[-1].json == {"message": "Too Many Requests"}
    assert after.status == 200
    assert api.sandbox.evidence()["over_limit"] == 1


@pytest.mark.parametrize(
    ("body", "content_type"),
    [("json", "application/json"), ("empty", "application/json"), ("html", "text/html; charset=UTF-8")],
)
async def test_the_answer_over_the_rate_is_a_knob(open_api: Open, body: str, content_type: str) -> None:
    api = await open_api(requests_per_second=1, rate_body=body, rate_status=503, retry_after=1)

    await api.get("users/me")
    refused = await api.get("users/me")

    assert refused.status == 503
    assert refused.headers["Content-Type"] == content_type
    assert refused.headers["Retry-After"] == "1"
    assert (refused.body == b"") == (body == "empty")


async def test_retry_after_may_be_a_date_or_absent(open_api: Open) -> None:
    api = await open_api(requests_per_second=1, retry_after_form="date")
    await api.get("users/me")

    dated = await api.get("users/me")
    api.sandbox.set_knobs(retry_after_form="absent")
    absent = await api.get("users/me")

    moment = parsedate_to_datetime(dated.headers["Retry-After"]).timestamp()
    assert moment == api.clock.now() + 30
    assert "Retry-After" not in absent.headers


@pytest.mark.parametrize(
    ("choice", "admitted", "refused"),
    [("always", True, True), ("refused", False, True), ("never", False, False)],
)
async def test_rate_headers_come_always_when_refused_or_never(
    open_api: Open, choice: str, admitted: bool, refused: bool
) -> None:
    api = await open_api(requests_per_second=1, rate_headers=choice)

    replies = [await api.get("users/me") for _ in range(2)]

    assert ["RateLimit-Limit" in reply.headers for reply in replies] == [admitted, refused]


async def test_the_101st_import_of_a_minute_is_the_documented_400(open_api: Open) -> None:
    api = await open_api(bulk_per_minute=100)
    for _ in range(100):
        assert (await api.bulk(*people(2))).status == 200

    refused = await api.bulk(*people(2))
    api.clock.advance(59.9)
    still = await api.bulk(*people(2))
    api.clock.advance(0.1)
    after = await api.bulk(*people(2))

    assert refused.status == still.status == 400
    assert refused.json == {
        "success": 0,
        "message": "Rate limit exceeded.",
        "failureReasons": [
            "Up to 100 imports may be requested per minute."
            "Please batch contacts into larger requests, or retry this request in a minute."
        ],
    }
    assert after.status == 200
    assert api.sandbox.evidence()["over_limit_by_kind"] == {"imports": 2}


async def test_imports_of_one_contact_have_a_limit_of_their_own(open_api: Open) -> None:
    api = await open_api(bulk_per_minute=100, single_per_minute=20, bulk_limit_status=429)
    for _ in range(20):
        assert (await api.bulk(person())).status == 200

    single, several = await api.bulk(person()), await api.bulk(*people(2))

    assert (single.status, several.status) == (429, 200)
    assert "Up to 20 imports" in single.json["failureReasons"][0]
    evidence = api.sandbox.evidence()
    assert evidence["most_single_imports_per_minute"] == 21
    assert evidence["most_imports_per_minute"] == 1


async def test_the_minute_of_imports_slides_or_is_fixed(open_api: Open) -> None:
    statuses = {}
    for window in ("sliding", "fixed"):
        api = await open_api(bulk_per_minute=1, bulk_window=window)
        api.clock.advance(59)
        await api.bulk(*people(2))
        api.clock.advance(1)
        statuses[window] = (await api.bulk(*people(2))).status

    assert statuses == {"sliding": 400, "fixed": 200}


@pytest.mark.parametrize(("counts", "status"), [(True, 429), (False, 200)])
async def test_imports_use_the_account_limit_or_do_not(open_api: Open, counts: bool, status: int) -> None:
    api = await open_api(requests_per_second=1, bulk_uses_request_limit=counts)

    await api.bulk(*people(2))

    assert (await api.bulk(*people(2))).status == status


async def test_a_wrong_key_uses_up_nothing(open_api: Open) -> None:
    api = await open_api(requests_per_second=1)

    await api.send("GET", "users/me", headers={"Api-Token": "wrong"})

    assert (await api.get("users/me")).status == 200


async def test_the_checks_of_an_import_come_in_their_order(open_api: Open) -> None:
    api = await open_api(requests_per_second=1, bulk_per_minute=1, oversize=413)

    async def status(body: bytes, key: str | None = None) -> int:
        headers = {} if key is None else {"Api-Token": key}
        reply = await api.send("POST", "import/bulk_import", data=body, headers=headers)
        api.clock.advance(0 if key else 1)
        return reply.status

    huge, broken, invalid = b"{" * 400_000, b"{", b'{"contacts": [{}, {}]}'
    statuses = [await status(huge, "wrong"), await status(huge), await status(broken), await status(invalid)]
    limited = await api.send("POST", "import/bulk_import", data=invalid)

    assert statuses == [403, 413, 400, 400]
    assert limited.json["message"] == "Rate limit exceeded."


async def test_evidence_counts_who_comes_before_retry_after(open_api: Open) -> None:
    api = await open_api(requests_per_second=1, retry_after=10)
    await api.get("users/me")
    await api.get("users/me")

    api.clock.advance(9)
    await api.get("users/me")
    api.clock.advance(1)
    await api.get("users/me")

    assert api.sandbox.evidence()["early_requests"] == 1
