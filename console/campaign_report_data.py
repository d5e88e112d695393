"""A report as a program reads it: every figure, money in minor units, cost in millionths of the prices' currency."""

from typing import Any

from casedb.campaign_totals import CampaignRecord
from config.prices import Prices
from console.campaign_bill import whole_cost
from console.output import plain
from domain.experiments.means import Amounts
from domain.experiments.report import ArmFigures, Report


def report_as_json(campaign: CampaignRecord, report: Report, prices: Prices) -> dict[str, Any]:
    """One document."""
    return {
        "campaign_id": campaign.campaign_id,
        "detect_points": report.detect * 100,
        "sample_ratio": {"p": report.mismatch_p, "mismatch": report.is_mismatched},
        "arms": [_arm_as_json(each, prices) for each in report.arms],
        "comparisons": [plain(each) for each in report.comparisons],
    }


def _arm_as_json(figures: ArmFigures, prices: Prices) -> dict[str, Any]:
    per_cure = figures.contacts_per_cure
    harm = {
        "complaints_per_1000": figures.per_contacts(figures.complaints),
        "opt_outs_per_1000": figures.per_contacts(figures.opt_outs),
        "contacts_per_cure": per_cure,
    }
    money = {
        currency: {
            "total_minor": each.total,
            "people": each.count,
            "mean_minor": each.mean,
            "interval": plain(each.interval),
        }
        for currency, each in figures.money.items()
    }
    return {
        **plain(figures),
        "cure_rate": figures.cure.rate,
        "cure_interval": plain(figures.cure.interval),
        **{name: {"value": found[0], "interval": plain(found[1])} if found else None for name, found in harm.items()},
        "money": money,
        "cost_micros": figures.cost.total if figures.cost else None,
        "cost": _cost_as_json(figures.cost) if figures.cost else None,
        "cost_currency": prices.currency or None,
        "without_price": list(whole_cost(figures, prices).unpriced),
    }


def _cost_as_json(cost: Amounts) -> dict[str, Any]:
    return {
        "total_micros": cost.total,
        "people": cost.count,
        "mean_micros": cost.mean,
        "interval_micros": plain(cost.interval),
    }
