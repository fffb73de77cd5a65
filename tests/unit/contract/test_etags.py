import pytest

from shared.contract.etags import etag_of
from shared.errors import CallerError, InvalidInput, PreconditionFailed, PreconditionRequired


@pytest.mark.parametrize("header", ['"0x8DC8F5C4A1B2C3D"', '"1"', ' "0x1" '])
def test_an_etag_is_taken_as_it_came(header: str) -> None:
    assert etag_of(header) == header.strip()


@pytest.mark.parametrize(
    ("header", "refusal"),
    [
        pytest.param(None, PreconditionRequired, id="no header"),
        pytest.param("", PreconditionRequired, id="an empty one"),
        pytest.param("*", PreconditionRequired, id="any version"),
        pytest.param('W/"0x1"', PreconditionFailed, id="a weak one never matches"),
        pytest.param("0x1", InvalidInput, id="without quotes"),
        pytest.param("'0x1'", InvalidInput, id="in single quotes"),
        pytest.param('"0x1", "0x2"', InvalidInput, id="two of them"),
        pytest.param('"0x1","0x2"', InvalidInput, id="two headers, joined on the way"),
        pytest.param('""', InvalidInput, id="an empty version"),
        pytest.param('"0x1\n"', InvalidInput, id="a line break"),
        pytest.param('"é"', InvalidInput, id="no ASCII"),
        pytest.param(f'"{"0" * 101}"', InvalidInput, id="longer than any of ours"),
    ],
)
def test_anything_that_names_no_single_version_is_refused_by_name(
    header: str | None, refusal: type[CallerError]
) -> None:
    with pytest.raises(refusal, match="If-Match"):
        etag_of(header)
