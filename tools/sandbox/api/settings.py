"""Who the key belongs to, and what the account's plan allows."""

from tools.sandbox.account import Account
from tools.sandbox.api.paging import page
from tools.sandbox.calls import Answer, Call, answer, errors, message
from tools.sandbox.documents import exclusion, group_limit, plan, user


def get_me(account: Account, call: Call) -> Answer:
    """GET users/me: the documented test of a connection."""
    return answer({"user": user(call)})


def get_settings_account(account: Account, call: Call) -> Answer:
    """GET settings/account: plan limit and use; the endpoint is new, and for administrators only."""
    if account.knobs.settings_account == 403:
        return message("Forbidden", 403)
    if account.knobs.settings_account == 404:
        return message("Not Found", 404)
    subscribers = account.directory.memberships.subscribers
    return answer(plan(call, account.knobs.subscriber_limit, subscribers)).with_headers(
        {"Cache-Control": "private"}
    )


def get_group_limits(account: Account, call: Call) -> Answer:
    """GET groupLimits: limits of the key's group."""
    limits = [group_limit(call, account.knobs.subscriber_limit)]
    return answer({"groupLimits": page(call, limits), "meta": {"total": "1"}})


def get_exclusions(account: Account, call: Call) -> Answer:
    """GET lists/exclusions: addresses the account refuses; here the total is a number (documented)."""
    for name in call.query:
        if name.startswith("orders[") and name != "orders[id]":
            return errors(
                422, title="Invalid attribute", detail="", source={"pointer": f"/data/attributes/{name}"}
            )
    exclusions = account.directory.exclusions.all
    shown = [exclusion(one) for one in page(call, exclusions)]
    return answer({"exclusions": shown, "meta": {"total": len(exclusions)}})
