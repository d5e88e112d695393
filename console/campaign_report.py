"""`campaign report`: what each arm of a campaign came to, and what can be said about the difference."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console, Group
from sqlalchemy import Connection

from casedb.campaign_report import read_arms, sent_texts
from casedb.campaign_totals import CampaignRecord, require_campaign
from casedb.engine import reading
from config.prices import MICROS, Prices
from config.segments import segments
from console.campaign_cost import NO_PRICE
from console.forest import Row, line_of, reach_of, scale_of, svg_of
from console.output import plain, say, screen, table, write_json
from console.session import session
from domain.errors import InvalidInput
from domain.experiments.proportions import Difference, Interval, Share
from domain.experiments.report import ArmFigures, Comparison, Report, compare
from domain.money import in_words
from domain.vocabulary import Channel


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """What the messages of an arm cost: texts by their parts, others one by one."""

    prices: Prices
    sms_parts: Counter[str]

    def micros(self, figures: ArmFigures) -> int:
        """In millionths of the currency; a channel without a price adds nothing."""
        pieces = {Channel(name): number for name, number in figures.messages.items()}
        if Channel.SMS in pieces:
            pieces[Channel.SMS] = self.sms_parts[figures.arm.name]
        return sum(self.prices.micros.get(channel, 0) * number for channel, number in pieces.items())


def report_campaign(campaign_id: str, *, detect_points: float, svg: Path | None, as_json: bool) -> int:
    """The arms side by side, each challenger against the champion, and plainly when nothing can be said."""
    with session() as opened:
        prices = opened.settings.prices()
        with reading(opened.engine) as connection:
            campaign = require_campaign(connection, campaign_id)
            bill = Bill(prices=prices, sms_parts=_sms_parts(connection, campaign, prices))
            report = compare(read_arms(connection, campaign), detect=detect_points / 100)
    if svg is not None:
        _draw(svg, campaign, report)
    if as_json:
        write_json(_as_json(campaign, report, bill))
    else:
        _show(screen(), campaign, report, bill)
    return 0


def _draw(svg: Path, campaign: CampaignRecord, report: Report) -> None:
    if not report.comparisons:
        raise InvalidInput(f"campaign {campaign.campaign_id} is not split: there is no difference to draw")
    champion = report.arms[0].arm.name
    try:
        svg.write_text(svg_of(f"{campaign.campaign_id}: cure rate against {champion}", _rows(report)), encoding="utf-8")
    except OSError as error:
        raise InvalidInput(f"file {svg} cannot be written: {error.strerror}") from None


def _rows(report: Report) -> list[Row]:
    return [
        Row(
            name=each.arm,
            by=each.cure.by * 100,
            low=each.cure.interval.low * 100,
            high=each.cure.interval.high * 100,
            says=f"{_points(each.cure)}, {_p(each.cure_adjusted_p)}",
        )
        for each in report.comparisons
    ]


def _show(out: Console, campaign: CampaignRecord, report: Report, bill: Bill) -> None:
    out.print(_people_table(f"Campaign {campaign.campaign_id}, by people", report))
    out.print()
    out.print(_harm_table(report))
    out.print()
    out.print(table("Money recovered", ("arm", "in all", "per person (95 %)"), _money(report), right=("in all",)))
    out.print()
    cost = [(_name(each), _messages(each), _cost(each, bill), f"{each.actions:,}") for each in report.arms]
    columns = ("arm", "messages", "cost", "billable actions, about")
    out.print(table("Cost", columns, cost, right=(columns[-1],)))
    if report.comparisons:
        out.print()
        _compared(out, report)


def _people_table(title: str, report: Report) -> Group:
    rows = [
        (_name(each), f"{each.arm.weight}", f"{each.people:,}", f"{each.cases:,}", _rate(each.cure), _open(each))
        for each in report.arms
    ]
    columns = ("arm", "weight", "people", "cases", "cured (95 %)", "still open")
    return table(title, columns, rows, right=("weight", "people", "cases"))


def _harm_table(report: Report) -> Group:
    rows = [
        (
            _name(each),
            f"{each.contacts:,}",
            _estimate(each.contacts_per_cure),
            _estimate(each.per_contacts(each.complaints)),
            _estimate(each.per_contacts(each.opt_outs)),
        )
        for each in report.arms
    ]
    columns = ("arm", "contacts", "per cure", "complaints per 1,000", "opt-outs per 1,000")
    return table("Contacts, and people who complained or opted out", columns, rows, right=("contacts",))


def _compared(out: Console, report: Report) -> None:
    rows, champion = _rows(report), _name(report.arms[0])
    reach = reach_of(rows)
    plotted = [(row.name, line_of(row, reach), row.says) for row in rows] + [("", scale_of(reach), "percent points")]
    out.print(table(f"Cure rate against {champion}", ("arm", "worse   no difference   better", ""), plotted))
    money = [
        (each.arm, f"{_amount(by.by, currency)} ({_span(by.interval, currency)}), {_p(by.p)}")
        for each in report.comparisons
        for currency, by in each.money.items()
    ]
    if money:
        out.print()
        out.print(table(f"Money per person against {champion}", ("arm", "difference (95 %)"), money))
    out.print()
    for sentence in _sentences(report):
        say(sentence)


def _sentences(report: Report) -> list[str]:
    told = []
    if report.is_mismatched:
        told.append(
            f"people did not come into the arms by the weights ({_p(report.mismatch_p or 0.0)}): something lost people "
            "of one arm, and no difference is fair before that is found"
        )
    elif report.mismatch_p is None:
        told.append("too few people to tell whether they came into the arms by the weights")
    else:
        told.append(f"people came into the arms by the weights ({_p(report.mismatch_p)})")
    for each in report.comparisons:
        told.append(each.says)
        told.append(f"so many people would show a difference of {each.least_visible * 100:.1f} points or more")
    undecided = sum(each.undecided for each in report.arms)
    if undecided:
        told.append(f"{undecided:,} people have an open case still: rates are as of now, and may rise")
    return told


def _name(figures: ArmFigures) -> str:
    return figures.arm.name or figures.arm.strategy


def _open(figures: ArmFigures) -> str:
    moved = f", {figures.moved:,} cases moved" if figures.moved else ""
    return f"{figures.undecided:,} people{moved}"


def _rate(share: Share) -> str:
    if not share.of:
        return "nobody"
    low, high = share.interval.low, share.interval.high
    return f"{share.count:,}: {share.rate:.1%} ({low:.1%} to {high:.1%})"


def _estimate(found: tuple[float, Interval] | None) -> str:
    if found is None:
        return "none"
    value, interval = found
    return f"{value:.1f} ({interval.low:.1f} to {interval.high:.1f})"


def _points(found: Difference) -> str:
    return f"{found.by * 100:+.1f} ({found.interval.low * 100:+.1f} to {found.interval.high * 100:+.1f})"


def _p(p: float) -> str:
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def _money(report: Report) -> list[tuple[str, str, str]]:
    found = []
    for each in report.arms:
        for currency, amounts in sorted(each.money.items()):
            span = _span(amounts.interval, currency) if amounts.interval else "too few people for an interval"
            mean = f"{_amount(amounts.mean, currency)} ({span})"
            found.append((_name(each), in_words(amounts.total, currency), mean))
    return found or [("none", "", "")]


def _amount(minor: float, currency: str) -> str:
    return in_words(round(minor), currency)


def _span(interval: Interval, currency: str) -> str:
    return f"{_amount(interval.low, currency)} to {_amount(interval.high, currency)}"


def _messages(figures: ArmFigures) -> str:
    return ", ".join(f"{channel} {number:,}" for channel, number in figures.messages.items()) or "none"


def _sms_parts(connection: Connection, campaign: CampaignRecord, prices: Prices) -> Counter[str]:
    """Parts of texts by arm; every text is read for it, so only where a part has a price."""
    parts = Counter[str]()
    if Channel.SMS in prices.micros:
        for arm, body in sent_texts(connection, campaign.campaign_id):
            parts[arm] += segments(body)
    return parts


def _cost(figures: ArmFigures, bill: Bill) -> str:
    prices = bill.prices
    if not prices.micros:
        return NO_PRICE
    spent = bill.micros(figures) / MICROS
    free = [name for name in figures.messages if Channel(name) not in prices.micros]
    without = f", without {', '.join(free)}" if free else ""
    each = f"; {spent / figures.cured:,.2f} per cure" if figures.cured else ""
    return f"{prices.currency} {spent:,.2f}{each}{without}"


def _as_json(campaign: CampaignRecord, report: Report, bill: Bill) -> dict[str, Any]:
    return {
        "campaign_id": campaign.campaign_id,
        "detect_points": report.detect * 100,
        "sample_ratio": {"p": report.mismatch_p, "mismatch": report.is_mismatched},
        "arms": [_arm_as_json(each, bill) for each in report.arms],
        "comparisons": [_comparison_as_json(each) for each in report.comparisons],
    }


def _arm_as_json(figures: ArmFigures, bill: Bill) -> dict[str, Any]:
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
        "cost_micros": bill.micros(figures) if bill.prices.micros else None,
        "cost_currency": bill.prices.currency or None,
        "sms_parts": bill.sms_parts[figures.arm.name] if Channel.SMS in bill.prices.micros else None,
    }


def _comparison_as_json(each: Comparison) -> dict[str, Any]:
    told: dict[str, Any] = plain(each)
    return told
