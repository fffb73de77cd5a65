"""What reading a partition gives: rows, and what stands in for a row that cannot be read."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Malformed:
    """A row that cannot be read; `reason` is a stable code.

    `column_count`: it has too many or too few fields. `unclosed_quote`: a quote is opened and the partition
    ends. `record_too_long`: it is longer than the limit. After the last two, reading goes on at the line
    after the one where the bad row began, so that one stray quote does not swallow the rows behind it.
    """

    reason: str


type Row = tuple[str, ...] | Malformed
"""The selected values, untrimmed, "" where missing. Undecodable bytes are lone surrogates in them."""

COLUMN_COUNT: Final = Malformed(reason="column_count")
UNCLOSED_QUOTE: Final = Malformed(reason="unclosed_quote")
RECORD_TOO_LONG: Final = Malformed(reason="record_too_long")


@dataclass(frozen=True, slots=True, kw_only=True)
class RowBatch:
    """Consecutive rows; `first_row` is the number, from 1, of the first among the partition's data rows.

    The header, skipped lines and blank lines are not counted; malformed rows are.
    """

    partition: str
    first_row: int
    rows: list[Row]
