import pytest

from shared.errors import SegmentMisplaced
from shared.segments.locations import Location, locate

AZURE = "https://acct.blob.core.windows.net/segments"
AZURITE = "http://127.0.0.1:10000/devstoreaccount1/segments"


@pytest.mark.parametrize(
    ("location", "container", "blob"),
    [
        (f"{AZURE}/CI_1/Vip/Vip_1.csv", AZURE, "CI_1/Vip/Vip_1.csv"),
        ("https://acct.dfs.core.windows.net/segments/a.csv", AZURE, "a.csv"),
        ("https://ACCT.blob.core.windows.net:443/segments/a.csv", AZURE, "a.csv"),
        ("http://acct.blob.core.windows.net/segments/a.csv", AZURE, "a.csv"),
        (f"{AZURE}/My%20Export/%C3%A9+1%25.csv", AZURE, "My Export/é+1%.csv"),
        (f"{AZURE}/a.csv?sv=2024&sig=abc", AZURE, "a.csv"),
        (f"{AZURE}/a.csv", f"{AZURE}?sig=abc", "a.csv"),
        (f" {AZURE}/a.csv ", AZURE, "a.csv"),
        ("CI_1/Vip/Vip%201.csv", AZURE, "CI_1/Vip/Vip 1.csv"),
        ("/CI_1/Vip_1.csv", AZURE, "CI_1/Vip_1.csv"),
        (f"{AZURITE}/a/b.csv", AZURITE, "a/b.csv"),
    ],
)
def test_a_location_in_the_container_gives_the_blob(location: str, container: str, blob: str) -> None:
    assert locate(location, container_url=container) == Location(blob=blob)


def test_a_location_may_name_a_snapshot() -> None:
    place = locate(f"{AZURE}/a.csv?snapshot=2018-11-14T19:37:51.7526830Z", container_url=AZURE)

    assert place == Location(blob="a.csv", blob_snapshot="2018-11-14T19:37:51.7526830Z")


@pytest.mark.parametrize(
    ("location", "container"),
    [
        ("https://other.blob.core.windows.net/segments/a.csv", AZURE),
        ("https://acct.blob.core.windows.net/segments2/a.csv", AZURE),
        ("https://acct.blob.core.windows.net/elsewhere/a.csv", AZURE),
        ("https://acct.blob.core.windows.net.evil.example/segments/a.csv", AZURE),
        ("https://acct.blob.core.windows.net@evil.example/segments/a.csv", AZURE),
        ("https://user@acct.blob.core.windows.net/segments/a.csv", AZURE),
        ("https://acct.blob.core.windows.net:8443/segments/a.csv", AZURE),
        ("//other.blob.core.windows.net/segments/a.csv", AZURE),
        ("file:///segments/a.csv", AZURE),
        (f"{AZURE}/../elsewhere/a.csv", AZURE),
        (f"{AZURE}/%2e%2e/elsewhere/a.csv", AZURE),
        ("../elsewhere/a.csv", AZURE),
        (f"{AZURE}/", AZURE),
        (AZURE, AZURE),
        ("https://[broken/segments/a.csv", AZURE),
        ("http://127.0.0.1:10000/otheraccount/segments/a.csv", AZURITE),
        ("http://127.0.0.1:10001/devstoreaccount1/segments/a.csv", AZURITE),
        (f"{AZURE}/a.csv", AZURITE),
    ],
)
def test_a_location_outside_the_container_is_refused(location: str, container: str) -> None:
    with pytest.raises(SegmentMisplaced):
        locate(location, container_url=container)


def test_the_refusal_does_not_repeat_a_signature() -> None:
    with pytest.raises(SegmentMisplaced) as caught:
        locate("https://other.blob.core.windows.net/c/a.csv?sig=hidden", container_url=f"{AZURE}?sig=ours")

    assert "sig" not in str(caught.value)
    assert "'a.csv' on other.blob.core.windows.net lies outside" in str(caught.value)
