import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.activecampaign.address import host_allowed, parse_address
from shared.errors import WrongAddress


@pytest.mark.parametrize(
    "pasted",
    [
        "acme.api-us1.com",
        "acme.api-us1.com/",
        "acme.api-us1.com/api/3",
        "https://acme.api-us1.com",
        "https://acme.api-us1.com/",
        "https://acme.api-us1.com/api/3",
        "https://acme.api-us1.com/api/3/",
        "  HTTPS://Acme.API-us1.com  ",
        "https://acme.api-us1.com:443/api/3",
        "https://acme.api-us1.com./",
    ],
)
def test_every_pasted_form_is_one_address(pasted: str) -> None:
    address = parse_address(pasted)

    assert address.base_url == "https://acme.api-us1.com/api/3"
    assert address.host == "acme.api-us1.com"
    assert address.account == "acme"


@pytest.mark.parametrize(
    ("pasted", "account"),
    [
        ("acme.activehosted.com", "acme"),
        ("acme.api-us2.com", "acme"),
        ("acme-corp.api-eu1.com", "acme-corp"),
        ("mail.acme.example", "mail.acme.example"),
        ("a.b.api-us1.com", "a.b.api-us1.com"),
        ("acme.api-us1.com:8443", "acme.api-us1.com-8443"),
        ("acme.api-us1.com.evil.example", "acme.api-us1.com.evil.example"),
    ],
)
def test_the_host_names_of_one_account_are_one_account(pasted: str, account: str) -> None:
    assert parse_address(pasted).account == account


@pytest.mark.parametrize(
    ("pasted", "words"),
    [
        pytest.param("", "missing", id="nothing"),
        pytest.param("   ", "missing", id="spaces"),
        pytest.param("acme", "whole host name", id="account name only"),
        pytest.param("http://acme.api-us1.com", "https", id="plain http"),
        pytest.param("ftp://acme.api-us1.com", "https", id="other scheme"),
        pytest.param("javascript://acme.api-us1.com", "https", id="script"),
        pytest.param("https://acme.activehosted.com/app/settings", "must end", id="user interface"),
        pytest.param("https://acme.api-us1.com/api/3//", "must end", id="two slashes"),
        pytest.param("https://acme.api-us1.com/api/2", "must end", id="other version"),
        pytest.param("https://acme.api-us1.com/API/3", "must end", id="path in capitals"),
        pytest.param("https://user:pw@acme.api-us1.com", "no user", id="user"),
        pytest.param("https://acme.api-us1.com?x=1", "no query", id="query"),
        pytest.param("https://acme.api-us1.com/api/3?", "no query", id="empty query"),
        pytest.param("https://acme.api-us1.com#x", "no fragment", id="fragment"),
        pytest.param("https://acme api-us1.com", "characters", id="space within"),
        pytest.param("https://acme.api-us1.com\\@evil.example", "characters", id="backslash"),
        pytest.param("https://acme%2eapi-us1.com", "characters", id="percent sign"),
        pytest.param("https://acmé.api-us1.com", "characters", id="letters beyond ASCII"),
        pytest.param("https://acme.api-us1.com\x00", "characters", id="control character"),
        pytest.param("https://acme.api-us1.com:99999", "port", id="port too large"),
        pytest.param("https://acme.api-us1.com:x", "port", id="port of letters"),
        pytest.param("https://", "host name", id="no host"),
        pytest.param("https://-acme.api-us1.com", "host name", id="hyphen first"),
        pytest.param("https://acme..api-us1.com", "host name", id="empty label"),
        pytest.param("https://[::1", "not a URL", id="open bracket"),
        pytest.param("https://2130706433", "host name", id="address as one number"),
        pytest.param("https://127.1", "host name", id="short address"),
        pytest.param("https://0x7f.0.0.0x1", "host name", id="hexadecimal address"),
        pytest.param("https://127.0.0.1", "this machine", id="loopback"),
        pytest.param("https://localhost", "this machine", id="localhost"),
        pytest.param("https://[::ffff:127.0.0.1]", "this machine", id="mapped loopback"),
        pytest.param("https://10.0.0.1", "private", id="private"),
        pytest.param("https://192.168.1.1", "private", id="private C"),
        pytest.param("https://169.254.169.254", "private", id="link-local metadata service"),
        pytest.param("https://100.64.0.1", "private", id="shared address space"),
        pytest.param("https://224.0.0.1", "private", id="multicast"),
        pytest.param("https://0.0.0.0", "private", id="unspecified"),
        pytest.param("https://[fe80::1]", "private", id="link-local v6"),
        pytest.param("https://[fd00::1]", "private", id="unique local v6"),
        pytest.param("https://[::ffff:10.0.0.1]", "private", id="mapped private"),
        pytest.param("https://168.63.129.16", "private", id="services of the platform"),
        pytest.param("https://104.16.1.1", "host name", id="public address"),
        pytest.param("https://[2606:4700::1111]", "host name", id="public v6 address"),
    ],
)
def test_anything_else_is_refused_with_the_form_that_would_be_right(pasted: str, words: str) -> None:
    with pytest.raises(WrongAddress) as caught:
        parse_address(pasted)

    assert words in str(caught.value)
    assert "https://youraccount.api-us1.com" in str(caught.value)


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost:8080", "[::1]:8080"])
def test_plain_http_is_for_loopback_where_it_is_allowed(host: str) -> None:
    assert parse_address(f"http://{host}/api/3", allow_loopback_http=True).base_url == f"http://{host}/api/3"
    with pytest.raises(WrongAddress):
        parse_address(f"http://{host}")


@pytest.mark.parametrize("pasted", ["http://acme.api-us1.com", "http://10.0.0.1", "https://10.0.0.1"])
def test_allowing_loopback_allows_nothing_else(pasted: str) -> None:
    with pytest.raises(WrongAddress):
        parse_address(pasted, allow_loopback_http=True)


def test_a_message_never_repeats_what_was_pasted() -> None:
    key = "0123456789abcdef" * 4

    with pytest.raises(WrongAddress) as caught:
        parse_address(key)

    assert key[:8] not in str(caught.value)


@pytest.mark.parametrize(
    ("host", "allow_loopback", "allowed"),
    [
        ("104.16.1.1", False, True),
        ("2606:4700::1111", False, True),
        ("127.0.0.1", False, False),
        ("127.0.0.1", True, True),
        ("::1", True, True),
        ("10.1.2.3", True, False),
        ("172.16.0.1", False, False),
        ("169.254.169.254", True, False),
        ("233.252.0.1", False, False),
        ("240.0.0.1", False, False),
        ("fe80::1%eth0", False, False),
        ("ff02::1", False, False),
        ("::ffff:192.168.0.1", False, False),
        ("168.63.129.16", True, False),
        ("64:ff9b::a00:1", False, False),
        ("2130706433", True, False),
        ("acme.api-us1.com", False, True),
    ],
)
def test_connections_lead_to_public_addresses(host: str, allow_loopback: bool, allowed: bool) -> None:
    assert host_allowed(host, allow_loopback=allow_loopback) is allowed


@given(st.one_of(st.text(max_size=60), st.from_regex(r"https?://[a-z0-9.:\[\]@/-]{0,40}", fullmatch=True)))
def test_whatever_is_pasted_gives_an_address_or_wrong_address(pasted: str) -> None:
    try:
        address = parse_address(pasted)
    except WrongAddress:
        return

    assert address.base_url == f"https://{address.host}/api/3"
    assert parse_address(address.base_url) == address
    assert set(address.account) <= set("abcdefghijklmnopqrstuvwxyz0123456789._-")
