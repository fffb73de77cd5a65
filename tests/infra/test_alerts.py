"""What wakes somebody up, and that it is written what to do."""

import json
import re

import pytest

from tests.infra.template import Deployment, Json
from tools.local import ROOT

RUNBOOK = ROOT / "docs" / "operating.md"
EVENTS = {
    "run ended",
    "run held",
    "stale segment",
    "poison message",
    "run did not start",
    "run too long",
    "key expires",
}
SOURCES = "".join(each.read_text() for each in sorted((ROOT / "shared").rglob("*.py")))


def rules(deployment: Deployment) -> list[Json]:
    return [each["properties"] for each in deployment.of("Microsoft.Insights/scheduledQueryRules")]


def query(rule: Json) -> str:
    return str(rule["criteria"]["allOf"][0]["query"])


def workbook(deployment: Deployment) -> str:
    return str(deployment.one("Microsoft.Insights/workbooks")["properties"]["serializedData"])


def test_there_is_an_alert_for_every_event_that_wants_somebody(deployment: Deployment) -> None:
    asked = {
        event for rule in rules(deployment) for event in re.findall(r"message == '([^']+)'", query(rule))
    }

    assert asked == EVENTS


def test_an_alert_for_rejections_looks_at_the_share_that_was_set(deployment: Deployment) -> None:
    [rule] = [rule for rule in rules(deployment) if "rejected.share" in query(rule)]

    assert "| where percent > 5" in query(rule)
    assert "{" not in query(rule)


def test_an_app_that_says_nothing_is_noticed(deployment: Deployment) -> None:
    [rule] = [rule for rule in rules(deployment) if "signs == 0" in query(rule)]

    assert rule["windowSize"] == "PT1H"
    assert rule["severity"] == 0


def test_every_alert_leads_to_a_section_that_says_what_to_do(deployment: Deployment) -> None:
    sections = set(re.findall(r"^#+ (.+)$", RUNBOOK.read_text(), re.MULTILINE))

    named = {re.findall(r'section "(.+)"', rule["description"])[0] for rule in rules(deployment)}

    assert len(named) == len(rules(deployment)) == 9
    assert named | {"The budget is used up"} <= sections


def test_every_alert_tells_the_operators(deployment: Deployment) -> None:
    group = deployment.one("Microsoft.Insights/actionGroups")

    assert {tuple(rule["actions"]["actionGroups"]) for rule in rules(deployment)} == {(group["id"],)}
    assert {rule["enabled"] for rule in rules(deployment)} == {True}


def test_the_operators_are_told_by_mail_where_an_address_is_given(deployments: dict[str, Deployment]) -> None:
    receivers = {
        name: [
            each["emailAddress"]
            for each in deployed.one("Microsoft.Insights/actionGroups")["properties"]["emailReceivers"]
        ]
        for name, deployed in deployments.items()
    }

    assert receivers["public"] == ["operators@example.com"]
    assert receivers["existing-segments"] == []


def test_queries_ask_for_metrics_and_events_that_there_are(deployment: Deployment) -> None:
    queries = [*(query(rule) for rule in rules(deployment)), workbook(deployment)]

    metrics = {name for text in queries for name in re.findall(r"'(segment_export\.[\w.]+)'", text)}
    events = {
        event
        for text in queries
        for found in re.findall(r"message in \(([^)]+)\)", text)
        for event in re.findall(r"'([^']+)'", found)
    }

    assert metrics <= set(re.findall(r'"(segment_export\.[a-z_.]+)"', SOURCES))
    assert len(metrics) == 6
    assert events <= EVENTS


def test_the_code_tells_every_event_that_wants_somebody() -> None:
    told = set(re.findall(r'(?:"|logging\.\w+,\s*")([a-z]+(?: [a-z]+)+)",', SOURCES))

    assert told >= EVENTS


def test_queries_look_at_what_the_code_says_of_an_event(deployment: Deployment) -> None:
    queries = " ".join([*(query(rule) for rule in rules(deployment)), workbook(deployment)])

    asked = set(re.findall(r"customDimensions\.(\w+)", queries))

    said = set(re.findall(r'(\w+)=|"(\w+)"', SOURCES))
    assert asked <= {name for pair in said for name in pair}


def test_the_workbook_draws_the_limit_that_is_set(deployment: Deployment) -> None:
    text = workbook(deployment)

    assert "| extend Limit = 100" in text
    assert "{importsPerMinute}" not in text
    assert "{component}" not in text
    assert len(json.loads(text)["items"]) > 8


@pytest.mark.parametrize("variant", ["public", "private"])
def test_the_budget_tells_at_four_points_and_begins_where_it_was_told(
    deployments: dict[str, Deployment], variant: str
) -> None:
    budget = deployments[variant].one("Microsoft.Consumption/budgets")["properties"]

    told = {(each["threshold"], each["thresholdType"]) for each in budget["notifications"].values()}

    assert told == {(50, "Actual"), (80, "Actual"), (100, "Actual"), (100, "Forecasted")}
    assert budget["timePeriod"] == {"startDate": "2026-11-01"}
    assert budget["amount"] == 50


def test_without_a_first_day_there_is_no_budget(deployments: dict[str, Deployment]) -> None:
    assert deployments["existing-segments"].of("Microsoft.Consumption/budgets") == []


def test_who_used_which_secret_is_logged(deployment: Deployment) -> None:
    logs = deployment.one("Microsoft.Insights/diagnosticSettings")

    assert "/vaults/kv-" in logs["id"]
    assert logs["properties"]["logs"] == [{"categoryGroup": "audit", "enabled": True}]
