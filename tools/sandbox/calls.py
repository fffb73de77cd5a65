"""A request and its answer, without the HTTP library."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request to the API; `path` has no `/api/3/`, `origin` is the scheme and host it was sent to."""

    method: str
    path: str
    query: Mapping[str, str]
    body: bytes
    token: str | None
    arrived: float
    origin: str

    @property
    def endpoint(self) -> str:
        """Method and path, as faults and evidence name it."""
        return f"{self.method} {self.path}"

    def number(self, name: str, default: int) -> int:
        """A whole number of the query; what is no number counts as absent."""
        try:
            return int(self.query.get(name, default))
        except ValueError:
            return default

    def link(self, path: str) -> str:
        """The address of another resource."""
        return f"{self.origin}/api/3/{path}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is sent back; without a content type the header is left out altogether."""

    status: int = 200
    body: bytes = b""
    content_type: str | None = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)

    def with_headers(self, headers: Mapping[str, str]) -> Self:
        """The same answer with more headers."""
        return replace(self, headers={**self.headers, **headers})


def php_json(document: object) -> bytes:
    """JSON as PHP writes it: no spaces, `\\/`, and `\\u00f1` for what is not ASCII (recorded)."""
    return json.dumps(document, separators=(",", ":")).replace("/", "\\/").encode()


def answer(document: object, status: int = 200) -> Answer:
    """A JSON answer."""
    return Answer(status=status, body=php_json(document))


def message(text: str, status: int) -> Answer:
    """The envelope of 404 and plain 403: `{"message": ...}`."""
    return answer({"message": text}, status)


def errors(http_status: int, /, **error: Any) -> Answer:
    """The envelope `{"errors": [{...}]}` with one error."""
    return answer({"errors": [error]}, http_status)


def import_refused(status: int, text: str, reasons: list[Any]) -> Answer:
    """The envelope of bulk import; reasons are strings, or objects that name a contact."""
    return answer({"success": 0, "message": text, "failureReasons": reasons}, status)


def not_found(class_name: str, id: int | str) -> Answer:
    """The recorded 404 of an unknown id; `class_name` is PHP's, such as `_List` or `Subscriber`."""
    return message(f"No Result found for {class_name} with id {id}", 404)


def html(status: int, title: str, headers: Mapping[str, str] | None = None) -> Answer:
    """A page for people, where a program expects JSON."""
    page = f"<!DOCTYPE html>\n<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>\n"
    return Answer(
        status=status,
        body=page.encode(),
        content_type="text/html; charset=UTF-8",
        headers=headers or {},
    )


def login_page() -> Answer:
    """The 200 with a login form that an invalid or expired key gets on some accounts (recorded)."""
    return html(200, "Login")


def login_redirect(status: int = 301) -> Answer:
    """The redirect that a wrong account name gets (recorded)."""
    return Answer(
        status=status,
        content_type="text/html; charset=UTF-8",
        headers={"Location": "https://www.activecampaign.com/login"},
    )


def nothing_forbidden() -> Answer:
    """A 403 with an empty body and no Content-Type (recorded for a recycled key)."""
    return Answer(status=403, content_type=None)
