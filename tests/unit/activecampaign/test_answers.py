import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.activecampaign import replies
from shared.activecampaign.answers import Answer, Question, understand
from shared.activecampaign.model import AccountLimits, MailingList
from shared.errors import (
    AccessDenied,
    ActiveCampaignError,
    ContactsRefused,
    ListNotFound,
    RateLimited,
    RequestRefused,
    RequestTooLarge,
    Unavailable,
    WrongAddress,
)

NOW = 1_788_259_200.0  # Tue, 01 Sep 2026 10:40:00 GMT

LIST = Question(subject="list 7", key="list", read=replies.mailing_list)
IMPORT = Question(subject="an import", key="batchId", read=lambda answer: str(answer["batchId"]), contacts=3)
ACCOUNT = Question[AccountLimits | None](
    subject="the contact allowance",
    key="subscriber_limit",
    read=replies.account_limits,
    otherwise={403: None, 404: None},
)

LOGIN_PAGE = '<html><head><title>Log In</title></head><form><input type="password" name="p"></form></html>'
OTHER_PAGE = "<html><body>Please log back in a minute: we are working on it</body></html>"
CLOUDFLARE = {"cloudflare_error": True, "retryable": True, "retry_after": 60}
LIMIT = {
    "success": 0,
    "message": "Rate limit exceeded.",
    "failureReasons": ["Up to 100 imports may be requested per minute."],
}


def answer(status: int, body: Any = "", **headers: str) -> Answer:
    text = body if isinstance(body, str) else json.dumps(body)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status=status, headers=named, body=text.encode())


def refused(*reasons: Any, message: str = "JSON payload did not pass validation.") -> dict[str, Any]:
    return {"success": 0, "message": message, "failureReasons": list(reasons)}


def raised(given: Answer, question: Question[Any]) -> ActiveCampaignError:
    with pytest.raises(ActiveCampaignError) as caught:
        understand(given, question, now=NOW)
    return caught.value


def test_success_is_2xx_and_json_and_the_key() -> None:
    body = {"list": {"id": "7", "name": "News"}}

    assert understand(answer(200, body), LIST, now=NOW) == MailingList(list_id=7, name="News")
    assert understand(answer(201, {"batchId": "b"}), IMPORT, now=NOW) == "b"


@pytest.mark.parametrize("status", [403, 404])
def test_a_status_may_have_a_value_of_its_own(status: int) -> None:
    assert understand(answer(status), ACCOUNT, now=NOW) is None


@pytest.mark.parametrize(
    ("given", "error"),
    [
        pytest.param(answer(200, LOGIN_PAGE), AccessDenied, id="200 login page"),
        pytest.param(answer(200, OTHER_PAGE), Unavailable, id="200 other page"),
        pytest.param(answer(200, "", x_ac_error="Code 9001"), Unavailable, id="200 empty with an error code"),
        pytest.param(answer(200, ""), Unavailable, id="200 empty"),
        pytest.param(answer(204), Unavailable, id="204"),
        pytest.param(answer(200, []), Unavailable, id="200 array"),
        pytest.param(answer(200, {"lists": []}), Unavailable, id="200 another key"),
        pytest.param(answer(200, {"list": None}), Unavailable, id="200 of another form"),
        pytest.param(answer(200, {"list": {"id": "x"}}), Unavailable, id="200 with a broken id"),
        pytest.param(answer(200, "[" * 100_000), Unavailable, id="200 too deep"),
        pytest.param(answer(301, location="https://x/"), WrongAddress, id="301"),
        pytest.param(answer(302, LOGIN_PAGE), WrongAddress, id="302"),
        pytest.param(answer(400, {"message": "bad"}), RequestRefused, id="400"),
        pytest.param(answer(401), AccessDenied, id="401 empty without a type"),
        pytest.param(answer(403), AccessDenied, id="403 empty without a type"),
        pytest.param(answer(403, {"message": "Forbidden"}), AccessDenied, id="403 json"),
        pytest.param(answer(403, "<html>"), AccessDenied, id="403 html"),
        pytest.param(
            answer(404, {"message": "No Result found for _List with id 7"}), ListNotFound, id="404 list"
        ),
        pytest.param(
            answer(404, {"message": "No Result found for Field with id 9"}), RequestRefused, id="404 field"
        ),
        pytest.param(answer(404, {"message": "Not here"}), WrongAddress, id="404 other json"),
        pytest.param(answer(404, [1]), WrongAddress, id="404 json array"),
        pytest.param(answer(404, "<html>lighttpd</html>"), WrongAddress, id="404 html"),
        pytest.param(answer(404), WrongAddress, id="404 empty"),
        pytest.param(answer(405), RequestRefused, id="405"),
        pytest.param(answer(408), Unavailable, id="408"),
        pytest.param(answer(413), RequestTooLarge, id="413"),
        pytest.param(answer(422, {"errors": [{"title": "Invalid"}]}), RequestRefused, id="422"),
        pytest.param(answer(429), RateLimited, id="429"),
        *(
            pytest.param(answer(status, "<html>"), Unavailable, id=str(status))
            for status in (500, 502, 503, 504, 520, 521, 522, 523, 524, 525, 526, 590)
        ),
    ],
)
def test_a_bad_answer_is_the_error_that_says_what_to_do(
    given: Answer, error: type[ActiveCampaignError]
) -> None:
    assert type(raised(given, LIST)) is error
    assert "list 7" in str(raised(given, LIST))


@pytest.mark.parametrize(
    ("given", "error"),
    [
        pytest.param(answer(400, LIMIT), RateLimited, id="limit"),
        pytest.param(
            answer(400, refused(message="Rate limit exceeded.")), RateLimited, id="limit, no reasons"
        ),
        pytest.param(answer(400, {"failureReasons": LIMIT["failureReasons"]}), RateLimited, id="no message"),
        pytest.param(answer(200, LIMIT), RateLimited, id="limit as 200"),
        pytest.param(answer(400, refused({"contact": 1})), ContactsRefused, id="contacts"),
        pytest.param(answer(200, refused({"contact": 1})), ContactsRefused, id="contacts as 200"),
        pytest.param(answer(422, refused({"contact": 1})), ContactsRefused, id="contacts as 422"),
        pytest.param(answer(400, refused("Invalid or unparsable json")), RequestRefused, id="not parsable"),
        pytest.param(answer(400, refused()), RequestRefused, id="no reasons"),
        pytest.param(answer(400, {"failureReasons": "x"}), RequestRefused, id="reasons are text"),
        pytest.param(answer(400, "<html>"), RequestRefused, id="400 html"),
        pytest.param(answer(400, refused("Body is over 399999 bytes")), RequestTooLarge, id="size as 400"),
        pytest.param(answer(400, refused("Too many contacts")), RequestTooLarge, id="count as 400"),
        pytest.param(answer(413, "<html>"), RequestTooLarge, id="413"),
        pytest.param(answer(429), RateLimited, id="429"),
        pytest.param(
            answer(404, {"message": "No Result found for _List with id 7"}), ListNotFound, id="list gone"
        ),
    ],
)
def test_a_refused_import_says_whether_to_wait_to_drop_or_to_split(
    given: Answer, error: type[ActiveCampaignError]
) -> None:
    assert type(raised(given, IMPORT)) is error


def test_refused_contacts_are_counted_from_zero() -> None:
    body = refused(
        {"contact": 1, "failureReason": "Field 'email' not found"},
        {"contact": "3", "failureReason": "Field 'email' incorrect format"},
    )

    error = raised(answer(400, body), IMPORT)

    assert isinstance(error, ContactsRefused)
    assert error.reasons == {0: "Field 'email' not found", 2: "Field 'email' incorrect format"}


@pytest.mark.parametrize("index", [0, 4, -1, "x", None, True, 1.5, [1]])
def test_one_impossible_index_makes_the_numbering_unusable(index: Any) -> None:
    body = refused({"contact": 1, "failureReason": "bad"}, {"contact": index, "failureReason": "bad"})

    error = raised(answer(400, body), IMPORT)

    assert isinstance(error, ContactsRefused)
    assert error.reasons == {}


def test_a_reason_is_short_and_names_no_address() -> None:
    body = refused(
        {"contact": 1, "failureReason": "Field 'email': \"jane@example.com\" is wrong"},
        {"contact": 2, "failureReason": "x" * 999},
        {"contact": 3, "failureReason": {"jane@example.com": 1}},
    )

    error = raised(answer(400, body), IMPORT)

    assert isinstance(error, ContactsRefused)
    assert error.reasons == {
        0: "Field 'email': \"(address)\" is wrong",
        1: "x" * 200,
        2: "refused without a reason",
    }


@pytest.mark.parametrize(
    ("given", "question", "wait"),
    [
        pytest.param(answer(429, retry_after="7"), LIST, 7.0, id="429 seconds"),
        pytest.param(answer(429, retry_after="Tue, 01 Sep 2026 10:40:20 GMT"), LIST, 20.0, id="429 date"),
        pytest.param(answer(429), LIST, 30.0, id="429 without"),
        pytest.param(answer(429, retry_after="0"), LIST, 1.0, id="429 at once"),
        pytest.param(answer(400, LIMIT), IMPORT, 60.0, id="limit of imports"),
        pytest.param(answer(400, LIMIT, retry_after="12"), IMPORT, 12.0, id="limit of imports with seconds"),
        pytest.param(answer(503, retry_after="120"), LIST, 120.0, id="503 seconds"),
        pytest.param(answer(503, retry_after="Tue, 01 Sep 2026 12:40:00 GMT"), LIST, 7200.0, id="503 date"),
        pytest.param(answer(503, OTHER_PAGE), LIST, None, id="503 without"),
        pytest.param(answer(502, CLOUDFLARE), LIST, 60.0, id="502 by Cloudflare"),
        pytest.param(answer(502, CLOUDFLARE, retry_after="5"), LIST, 5.0, id="header before body"),
        pytest.param(answer(502, {"retry_after": "soon"}), LIST, None, id="502 with words"),
        pytest.param(answer(502, {"retry_after": 10**400}), LIST, 86_400.0, id="502 without end"),
        pytest.param(answer(502, '{"retry_after": NaN}'), LIST, 0.0, id="502 with no number"),
        pytest.param(answer(200, OTHER_PAGE, retry_after="9"), LIST, 9.0, id="200 page with seconds"),
    ],
)
def test_the_wait_that_is_asked_for_comes_along(
    given: Answer, question: Question[Any], wait: float | None
) -> None:
    error = raised(given, question)

    assert isinstance(error, RateLimited | Unavailable)
    assert error.retry_after == wait


@pytest.mark.parametrize(
    ("given", "in_doubt"),
    [
        *(pytest.param(answer(s), True, id=str(s)) for s in (200, 408, 500, 502, 504, 520, 522, 524, 590)),
        *(pytest.param(answer(s), False, id=str(s)) for s in (503, 521, 523, 525, 526)),
        pytest.param(answer(200, OTHER_PAGE), True, id="page"),
        pytest.param(answer(200, {"batchId": 5}), True, id="another form"),
    ],
)
def test_an_import_is_in_doubt_unless_it_never_arrived(given: Answer, in_doubt: bool) -> None:
    question = Question(
        subject="an import", key="batchId", read=lambda found: replies.accepted(found, 3), contacts=3
    )
    error = raised(given, question)

    assert isinstance(error, Unavailable)
    assert error.in_doubt is in_doubt


@pytest.mark.parametrize("status", [200, 500, 504])
def test_a_question_is_never_in_doubt(status: int) -> None:
    error = raised(answer(status), LIST)

    assert isinstance(error, Unavailable)
    assert error.in_doubt is False


def test_only_digits_of_the_error_code_are_told() -> None:
    error = raised(answer(200, "", x_ac_error="Code 9001 for jane@example.com"), LIST)

    assert "9001" in str(error)
    assert "jane" not in str(error)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["jane@example.com", "7"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["list", "batchId", "message", "failureReasons", "contact", "retry_after", "id"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)


@given(
    status=st.integers(200, 599),
    body=JSON.map(json.dumps) | st.text(max_size=30),
    question=st.sampled_from([LIST, IMPORT]),
)
def test_any_answer_gives_a_value_or_one_of_our_errors_without_its_body(
    status: int, body: str, question: Question[Any]
) -> None:
    error = error_of(answer(status, body), question)

    assert "jane" not in str(error)
    assert error is None or error.__context__ is None
    assert not isinstance(error, ContactsRefused) or "jane" not in str(error.reasons)


def error_of(given: Answer, question: Question[Any]) -> ActiveCampaignError | None:
    try:
        understand(given, question, now=NOW)
    except ActiveCampaignError as error:
        return error
    return None
