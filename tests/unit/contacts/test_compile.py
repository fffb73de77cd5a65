import pytest

from shared.contacts.compile import Target, compile_mapping, missing_columns, targets
from shared.errors import SegmentFormatError
from shared.exports.export import Mapping, Preference
from tests.builders import custom_field, snapshot

FIRST_NAME = Target(column="FirstName", name="first_name")
SCORE = Target(column="Score", name="SCORE", field=custom_field(7, "number"))
NOTE = Target(column="FirstName", name="NOTE", field=custom_field(8, "text"))
GONE = Target(column="Gone", name="phone")
CHANGED = Preference(column="Changed", take="smallest")


def test_targets_are_the_mapped_attributes_and_then_the_fields_by_id() -> None:
    mapping = Mapping(email="EMail", phone="Tel", first_name="Name", fields={"A": "CityA", "B": "CityB"})

    found = targets(mapping, {"A": custom_field(9), "B": custom_field(3)})

    assert [(target.column, target.place) for target in found] == [
        ("Name", "first_name"),
        ("Tel", "phone"),
        ("CityB", 3),
        ("CityA", 9),
    ]


def test_columns_are_selected_in_the_order_in_which_rows_are_read() -> None:
    made = compile_mapping(
        snapshot(partitions=("a", "b")), 2, email="EMail", wanted=[FIRST_NAME, SCORE], prefer=CHANGED
    )

    assert made.columns == ("EMail", "FirstName", "Score", "CustomerId", "Changed")
    assert (made.index, made.partitions, made.missing) == (2, ("a", "b"), ())
    assert (made.has_primary_key, made.has_preference) == (True, True)


def test_what_the_segment_lacks_is_not_selected_but_keeps_its_place() -> None:
    bare = snapshot(columns=("EMail", "Score"), primary_key=None)

    made = compile_mapping(bare, 0, email="EMail", wanted=[GONE, SCORE, FIRST_NAME], prefer=CHANGED)

    assert made.columns == ("EMail", "Score")
    assert made.missing == (1, 3)
    assert [(column.place, column.name) for column in made.typed] == [(2, "SCORE")]
    assert (made.has_primary_key, made.has_preference) == (False, False)


def test_only_fields_whose_type_asks_for_it_are_converted() -> None:
    made = compile_mapping(snapshot(), 0, email="EMail", wanted=[FIRST_NAME, NOTE, SCORE], prefer=None)

    (typed,) = made.typed
    assert (typed.place, typed.convert("1,000"), typed.convert("many")) == (3, "1000", None)


def test_options_of_a_field_are_known_to_its_conversion() -> None:
    size = Target(column="Score", name="SIZE", field=custom_field(9, "dropdown", ["Small", "Large"]))

    (typed,) = compile_mapping(snapshot(), 0, email="EMail", wanted=[size], prefer=None).typed

    assert (typed.convert("large"), typed.convert("huge")) == ("Large", None)


def test_without_the_address_column_there_is_no_mapping_and_near_names_are_given() -> None:
    with pytest.raises(SegmentFormatError) as refused:
        compile_mapping(snapshot(), 0, email="Email", wanted=[], prefer=None)

    assert str(refused.value) == (
        "the segment Vip has no column 'Email', which is mapped to email; it has EMail and others"
    )


def test_each_mapped_column_that_is_not_there_gets_a_sentence() -> None:
    other = Preference(column="Updated")

    sentences = missing_columns(snapshot(columns=("EMail", "Score")), [SCORE, FIRST_NAME, GONE], other)

    assert [sentence.split("; ")[0] for sentence in sentences] == [
        "the segment Vip has no column 'FirstName', which is mapped to first_name",
        "the segment Vip has no column 'Gone', which is mapped to phone",
        "the segment Vip has no column 'Updated', which is mapped to prefer",
    ]
    assert missing_columns(snapshot(), [SCORE, FIRST_NAME], CHANGED) == []


def test_a_sentence_names_no_more_than_twenty_columns() -> None:
    wide = snapshot(columns=[f"C{number}" for number in range(30)], primary_key=None)

    (sentence,) = missing_columns(wide, [GONE], None)

    assert sentence.endswith("C18, C19 and others")
