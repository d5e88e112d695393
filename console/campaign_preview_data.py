"""A preview as a program reads it: what was counted, what the sample told, and what it comes to for everybody."""

from typing import Any

from config.prices import Prices
from console.campaign_cost import cost_as_json, estimate_cost
from console.campaign_outlook import Expected, Preview
from console.output import plain


def preview_as_json(preview: Preview, prices: Prices) -> dict[str, Any]:
    """One document."""
    totals, outlook = preview.totals, preview.outlook
    return {
        "at": plain(preview.at),
        "selection": preview.selection,
        "strategy": preview.strategy,
        "starts_per_second": preview.starts_per_second,
        "starting_seconds": round(preview.starting_seconds, 1),
        "members": totals.members,
        "members_by_arm": {name: each.members for name, each in preview.arms.items()},
        "members_by_currency": totals.by_currency,
        "owed_minor": totals.members_minor,
        "excluded": totals.exclusions,
        "excluded_minor": totals.excluded_minor,
        "sample": {
            "accounts": outlook.looked_at,
            "each_stands_for": round(preview.whole.scale, 6),
            "first_messages": [plain(each) for each in outlook.messages.values()],
            "first_messages_by_channel": dict(outlook.by_channel),
            "first_sms_parts": outlook.sms_parts,
            "first_send_times": dict(sorted(outlook.starts.items())),
            "put_off_by_rule": dict(outlook.put_off),
            "no_first_message": dict(outlook.held_back),
        },
        "estimate": _estimate_as_json(preview.whole, prices),
        "arms": [
            {
                "arm": name,
                "members": each.members,
                "sample": each.outlook.looked_at,
                "estimate": _estimate_as_json(each, prices),
            }
            for name, each in preview.arms.items()
        ],
    }


def _estimate_as_json(expected: Expected, prices: Prices) -> dict[str, Any]:
    outlook, cost = expected.outlook, estimate_cost(expected, prices)
    return {
        "first_messages": {name: expected.scaled(number) for name, number in outlook.by_channel.items()},
        "first_sms_parts": expected.scaled(outlook.sms_parts),
        "messages_if_nobody_pays": {name: expected.scaled(number) for name, number in outlook.planned.items()},
        "sms_parts_if_nobody_pays": cost.planned_sms_parts,
        "billable_actions_if_nobody_pays": expected.scaled(outlook.actions),
        "cost": cost_as_json(cost),
    }
