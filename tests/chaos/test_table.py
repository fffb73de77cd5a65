from pathlib import Path

import pytest

from tests.chaos.table import BEGIN, END, Line, renew, table

LINE = Line(
    scenario="killed", struck=100, expected=1248, delivered=1248, sent_twice=750, outcome="successful"
)


def test_a_line_says_the_outcome_or_what_is_broken() -> None:
    broken = Line(scenario="killed", broken=("1 contacts are missing", "ended failed"))

    assert str(LINE) == "| killed | 100 | 1,248 | 1,248 | 750 | 0 | successful |"
    assert str(broken).endswith("| **broken**: 1 contacts are missing; ended failed |")


def test_a_table_takes_the_place_of_the_last_one_and_leaves_the_rest(tmp_path: Path) -> None:
    document = tmp_path / "reliability.md"
    document.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")

    renew(document, table([LINE], "about"))

    text = document.read_text()
    assert text.startswith(f"before\n{BEGIN}\nabout\n")
    assert text.endswith(f"{LINE}\n{END}\nafter\n")
    assert "old" not in text


def test_a_file_that_is_not_there_is_made(tmp_path: Path) -> None:
    renew(tmp_path / "new.md", "text\n")

    assert (tmp_path / "new.md").read_text() == f"{BEGIN}\ntext\n{END}\n"


def test_a_document_without_the_marks_is_left_as_it_is(tmp_path: Path) -> None:
    document = tmp_path / "other.md"
    document.write_text("other\n")

    with pytest.raises(ValueError, match="no place for the table"):
        renew(document, "text\n")

    assert document.read_text() == "other\n"
