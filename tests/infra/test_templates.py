"""What the compiler says about the templates, and what holds for all of them."""

import json
import re
import shutil
from pathlib import Path

import pytest

from tests.infra.compiler import INFRA, Bicep, Outcome
from tests.infra.template import Json, members, resources, templates

SECRET = re.compile(r"secret|password|connectionstring|accountkey|sharedkey|token", re.IGNORECASE)
NO_SECRETS = {
    "LEDGER_SECRET_NAME": "a name",
    "connectionString": "of telemetry, which opens nothing: local authentication is off",
}
FILES = sorted(INFRA.rglob("*.bicep"))


@pytest.fixture(scope="module")
def values(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of `infra` in which nobody makes up parameter files."""
    folder = tmp_path_factory.mktemp("values") / "infra"
    shutil.copytree(INFRA, folder)
    return folder


@pytest.fixture(scope="module")
def parameters(bicep: Bicep, values: Path) -> Outcome:
    """What the compiler said of every parameter file; what they say is written beside them."""
    return bicep.build_parameters(values, {"AZURE_ENV_NAME": "test", "AZURE_LOCATION": "westeurope"})


def test_the_compiler_has_nothing_to_say(built: Outcome) -> None:
    assert (built.status, built.said) == (0, "")


def test_the_linter_has_nothing_to_say(bicep: Bicep) -> None:
    linted = bicep.lint()

    assert (linted.status, linted.output + linted.said) == (0, "")


def test_every_parameter_file_compiles_without_a_word(parameters: Outcome, values: Path) -> None:
    files = sorted(values.rglob("*.bicepparam"))

    assert (parameters.status, parameters.output + parameters.said) == (0, "")
    assert all(each.with_suffix(".json").exists() for each in files)
    assert len(files) == 4


def test_a_rule_of_the_linter_that_is_broken_is_an_error() -> None:
    rules = json.loads((INFRA / "bicepconfig.json").read_text())["analyzers"]["core"]["rules"]

    assert {rule["level"] for rule in rules.values()} == {"error"}
    assert {"no-unused-params", "use-recent-api-versions", "outputs-should-not-contain-secrets"} <= set(rules)


def test_a_rule_is_left_aside_only_with_a_reason() -> None:
    lines = [line for file in FILES for line in file.read_text().splitlines() if "#disable" in line]

    assert [line for line in lines if not re.search(r"#disable-next-line [a-z-]+ // \w.{20,}", line)] == []


def test_the_compiler_knows_the_types_of_every_api_version(template: Json, built: Outcome) -> None:
    versions = {each["type"]: each["apiVersion"] for each in resources(template)}

    assert "BCP081" not in built.said
    assert len(versions) > 20
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d(-preview)?", version) for version in versions.values())


def test_every_parameter_and_output_is_described(template: Json) -> None:
    bare = [
        name
        for each in templates(template)
        for name, declared in {**each.get("parameters", {}), **each.get("outputs", {})}.items()
        if len(declared.get("metadata", {}).get("description", "")) < 5
    ]

    assert bare == []


def test_no_output_carries_a_secret(template: Json) -> None:
    outputs = [
        (name, value) for each in templates(template) for name, value in each.get("outputs", {}).items()
    ]

    suspicious = {name for name, _ in outputs if SECRET.search(name)}

    assert suspicious == set(NO_SECRETS)
    assert not any("secure" in value.get("type", "").lower() for _, value in outputs)


def test_no_parameter_takes_a_secret_or_defaults_to_one(template: Json) -> None:
    declared = [item for each in templates(template) for item in each.get("parameters", {}).items()]
    identifier = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"

    defaults = json.dumps([value.get("defaultValue") for _, value in declared])

    assert not any(value.get("type", "").lower().startswith("secure") for _, value in declared)
    assert re.findall(r"[A-Za-z0-9+/]{32,}", re.sub(identifier, "", defaults)) == []


def test_no_template_asks_azure_for_a_key(template: Json) -> None:
    text = json.dumps(template)

    found = re.findall(r"list(?:AccountSas|ServiceSas|Keys?|Secrets)\(|AccountKey=|SharedAccess", text, re.I)

    assert found == []


def test_nothing_depends_on_the_time_or_on_chance(template: Json) -> None:
    assert re.findall(r"utcNow\(|newGuid\(", json.dumps(template)) == []


def test_the_parameters_of_the_environment_have_the_defaults_of_the_template(
    parameters: Outcome, values: Path, template: Json
) -> None:
    assert parameters.status == 0, parameters.said
    given = json.loads((values / "main.json").read_text())["parameters"]

    different = {
        name: value["value"]
        for name, value in given.items()
        if value["value"] != template["parameters"][name].get("defaultValue")
    }
    assert different == {"environmentName": "test", "location": "westeurope"}


def test_members_of_a_document_are_found_however_deep() -> None:
    assert list(members({"a": [{"b": 1}]})) == [("a", [{"b": 1}]), ("b", 1)]
