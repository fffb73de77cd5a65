import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from tools.segments.partition import Quote, to_csv

FIELDS = st.text('ab",\r\n é', max_size=4)


@given(
    st.integers(1, 4).flatmap(lambda width: st.lists(st.lists(FIELDS, min_size=width, max_size=width))),
    st.sampled_from(["minimal", "all"]),
    st.sampled_from(["\n", "\r\n"]),
)
def test_partitions_are_written_as_the_standard_library_writes_them(
    rows: list[list[str]], quote: Quote, newline: str
) -> None:
    file = io.StringIO(newline="")
    quoting = csv.QUOTE_ALL if quote == "all" else csv.QUOTE_MINIMAL
    csv.writer(file, quoting=quoting, lineterminator=newline).writerows(rows)  # type: ignore[arg-type]

    assert to_csv(rows, quote=quote, newline=newline) == file.getvalue()
