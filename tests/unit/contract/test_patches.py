from typing import Any

import pytest
from openapi_schema_validator import OAS31Validator
from pydantic import BaseModel, ConfigDict, Field

from shared.contract.patches import patch_name, patch_schemas
from shared.contract.schemas import components_of


class Wheel(BaseModel):
    model_config = ConfigDict(extra="forbid")

    inches: int
    spokes: int = 32


class Bicycle(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str
    gears: int | None = Field(default=None, description="None for a fixed one")
    front: Wheel
    spare: Wheel | None = None
    tags: list[str] = []
    prices: dict[str, int] = {}
    kits: list[Wheel] = []


def accepts(patch: object) -> bool:
    components = components_of([(Bicycle, "validation")]).schemas
    schemas = {**components, **patch_schemas("Bicycle", components)}
    document = {"$ref": "#/components/schemas/BicyclePatch", "components": {"schemas": schemas}}
    return bool(OAS31Validator(document).is_valid(patch))


@pytest.mark.parametrize(
    "patch",
    [
        {},
        {"name": "Red"},
        {"gears": None},
        {"front": {}},
        {"front": {"inches": 28}},
        {"front": {"spokes": None}},
        {"spare": {"spokes": 36}},
        {"spare": None},
        {"tags": ["a"]},
        {"prices": {"EUR": None, "USD": 5}},
        {"kits": [{"inches": 20}]},
    ],
)
def test_a_patch_says_what_changes_at_any_depth(patch: dict[str, Any]) -> None:
    assert accepts(patch)


@pytest.mark.parametrize(
    "patch",
    [
        [],
        None,
        {"name": None},
        {"front": None},
        {"front": {"inches": None}},
        {"name": 1},
        {"colour": "red"},
        {"front": {"colour": "red"}},
        {"prices": {"EUR": "five"}},
        {"kits": [{"spokes": 36}]},
        {"kits": [{"inches": None}]},
    ],
)
def test_a_patch_cannot_remove_what_is_needed_or_give_what_does_not_fit(patch: object) -> None:
    assert not accepts(patch)


def test_what_is_left_out_of_a_patch_is_no_default() -> None:
    components = components_of([(Bicycle, "validation")]).schemas

    fields = patch_schemas("Bicycle", components)["BicyclePatch"]["properties"]

    assert not any("default" in schema for schema in fields.values())
    assert fields["gears"]["description"] == "None for a fixed one"


def test_the_name_of_a_patch_says_nothing_of_pydantics_modes() -> None:
    assert patch_name("Guards-Input") == "GuardsPatch"
