import pytest

from shared.activecampaign.fields import find_field
from shared.activecampaign.model import CustomField
from shared.errors import FieldNotFound


def field(field_id: int, title: str, perstag: str) -> CustomField:
    return CustomField(field_id=field_id, title=title, perstag=perstag, type="text")


FIELDS = [
    field(1, "City", "CITY"),
    field(2, "Birthday", "DATE_OF_BIRTH"),
    field(3, "Date of birth", "BIRTHDAY"),
    field(4, "Region", "REGION_A"),
    field(5, "region", "REGION_B"),
    field(6, "2024", "YEAR"),
    field(7, "Colour", "COLOUR_1"),
    field(8, "Colour", "COLOUR_2"),
    field(9, " Padded ", "PADDED_"),
]


@pytest.mark.parametrize(
    ("name", "field_id"),
    [
        pytest.param(1, 1, id="id"),
        pytest.param("1", 1, id="id as text"),
        pytest.param("%CITY%", 1, id="tag in percent signs"),
        pytest.param("%city%", 1, id="tag in small letters"),
        pytest.param("CITY", 1, id="bare tag"),
        pytest.param(" City ", 1, id="spaces around"),
        pytest.param("Birthday", 3, id="tag before title"),
        pytest.param("%BIRTHDAY%", 3, id="percent signs mean the tag"),
        pytest.param("date of birth", 3, id="title in another case"),
        pytest.param("Region", 4, id="exact title before any case"),
        pytest.param("region", 5, id="exact title in small letters"),
        pytest.param("2024", 6, id="title of digits that is no id"),
        pytest.param("Padded", 9, id="title with spaces"),
    ],
)
def test_a_field_is_found_by_id_tag_or_title(name: str | int, field_id: int) -> None:
    assert find_field(name, FIELDS).field_id == field_id


def test_an_unknown_name_suggests_close_ones() -> None:
    with pytest.raises(FieldNotFound, match=r"no custom field 'Citty': did you mean 'City'"):
        find_field("Citty", FIELDS)


@pytest.mark.parametrize("name", ["Shoe size", "", "%", "%%", "%SHOES%", 99])
def test_an_unknown_name_is_named(name: str | int) -> None:
    with pytest.raises(FieldNotFound, match=f"no custom field '{name}'"):
        find_field(name, FIELDS)


@pytest.mark.parametrize(("name", "ids"), [("Colour", "7, 8"), ("colour", "7, 8"), ("REGION", "4, 5")])
def test_an_ambiguous_name_tells_the_ids(name: str, ids: str) -> None:
    with pytest.raises(
        FieldNotFound, match=f"several custom fields named '{name}': use one of the ids {ids}"
    ):
        find_field(name, FIELDS)


def test_percent_signs_never_mean_a_title() -> None:
    with pytest.raises(FieldNotFound, match="no custom field '%Colour%'"):
        find_field("%Colour%", FIELDS)


def test_without_fields_nothing_is_suggested() -> None:
    with pytest.raises(FieldNotFound, match="create it there"):
        find_field("City", [])
