"""`campaign report`: what each arm of a campaign came to, and what can be said about the difference."""

from functools import partial
from pathlib import Path

from rich.console import Console, Group

from casedb.campaign_report import read_arms
from casedb.campaign_totals import CampaignRecord, require_campaign
from casedb.engine import reading
from config.prices import SETTING, Prices
from console.campaign_bill import exact, whole_cost, with_bills
from console.campaign_cost import NO_PRICE
from console.campaign_report_data import report_as_json
from console.forest import Row, line_of, reach_of, scale_of, svg_of
from console.output import say, screen, table, write_json
from console.session import session
from domain.errors import InvalidInput
from domain.experiments.means import LEAST_PEOPLE
from domain.experiments.proportions import Difference, Interval, Share
from domain.experiments.report import ArmFigures, Report, compare
from domain.money import in_words
from domain.vocabulary import Channel

FEW = "too few people for an interval"


def report_campaign(campaign_id: str, *, detect_points: float, svg: Path | None, as_json: bool) -> int:
    """The arms side by side, each challenger against the champion, and plainly when nothing can be said."""
    with session() as opened:
        prices = opened.settings.prices()
        with reading(opened.engine) as connection:
            campaign = require_campaign(connection, campaign_id)
            arms = with_bills(connection, campaign_id, read_arms(connection, campaign), prices)
            report = compare(arms, detect=detect_points / 100)
    if svg is not None:
        _draw(svg, campaign, report)
    if as_json:
        write_json(report_as_json(campaign, report, prices))
    else:
        _show(screen(), campaign, report, prices)
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


def _show(out: Console, campaign: CampaignRecord, report: Report, prices: Prices) -> None:
    out.print(_people_table(f"Campaign {campaign.campaign_id}, by people", report))
    out.print()
    out.print(_harm_table(report))
    out.print()
    out.print(table("Money recovered", ("arm", "in all", "per person (95 %)"), _money(report), right=("in all",)))
    out.print()
    _show_cost(out, report, prices)
    if report.comparisons:
        out.print()
        _compared(out, report, prices)


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


def _show_cost(out: Console, report: Report, prices: Prices) -> None:
    rows = [(_name(each), f"{each.actions:,}", _messages(each)) for each in report.arms]
    columns = ("arm", "billable actions, about", "messages")
    out.print(table("Messages and actions", columns, rows, right=columns[1:2]))
    out.print()
    told = [(_name(each), *_cost(each, prices)) for each in report.arms]
    out.print(table("Cost", ("arm", "in all", "per cure", "per person (95 %)"), told, right=("in all", "per cure")))
    free = dict.fromkeys(name for each in report.arms for name in whole_cost(each, prices).unpriced)
    if free and prices.currency:
        say(f"without {', '.join(free)}: no price set ({SETTING})")


def _compared(out: Console, report: Report, prices: Prices) -> None:
    rows, champion = _rows(report), _name(report.arms[0])
    reach = reach_of(rows)
    plotted = [(row.name, line_of(row, reach), row.says) for row in rows] + [("", scale_of(reach), "percent points")]
    out.print(table(f"Cure rate against {champion}", ("arm", "worse   no difference   better", ""), plotted))
    out.print()
    harm = [(each.arm, _tested(each.complaints), _tested(each.opt_outs)) for each in report.comparisons]
    columns = ("arm", "complaints (95 %)", "opt-outs (95 %)")
    out.print(table(f"Complaints and opt-outs per 100 people against {champion}", columns, harm))
    for what, differences in (("Money", _money_compared(report)), ("Cost", _cost_compared(report, prices))):
        if differences:
            out.print()
            out.print(table(f"{what} per person against {champion}", ("arm", "difference (95 %)"), differences))
    out.print()
    for sentence in _sentences(report):
        say(sentence)


def _money_compared(report: Report) -> list[tuple[str, str]]:
    return [
        (each.arm, f"{_amount(by.by, currency)} ({_span(by.interval, currency)}), {_p(by.p)}")
        for each in report.comparisons
        for currency, by in each.money.items()
    ]


def _cost_compared(report: Report, prices: Prices) -> list[tuple[str, str]]:
    """Nothing without prices; of few people that they are few."""
    if not prices.currency:
        return []
    told = partial(exact, currency=prices.currency, signed=True)
    return [
        (
            each.arm,
            f"{told(by.by)} ({told(by.interval.low)} to {told(by.interval.high)}), {_p(by.p)}"
            if (by := each.cost) is not None
            else f"too few people: it takes {LEAST_PEOPLE} in each arm",
        )
        for each in report.comparisons
    ]


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


def _tested(found: Difference) -> str:
    return f"{_points(found)}, {_p(found.p)}"


def _p(p: float) -> str:
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def _money(report: Report) -> list[tuple[str, str, str]]:
    found = []
    for each in report.arms:
        for currency, amounts in sorted(each.money.items()):
            span = _span(amounts.interval, currency) if amounts.interval else FEW
            mean = f"{_amount(amounts.mean, currency)} ({span})"
            found.append((_name(each), in_words(amounts.total, currency), mean))
    return found or [("none", "", "")]


def _amount(minor: float, currency: str) -> str:
    return in_words(round(minor), currency)


def _span(interval: Interval, currency: str) -> str:
    return f"{_amount(interval.low, currency)} to {_amount(interval.high, currency)}"


def _messages(figures: ArmFigures) -> str:
    parts = {Channel.SMS.value: f" in {figures.sms_parts:,} parts"} if figures.sms_parts is not None else {}
    listed = (f"{channel} {number:,}{parts.get(channel, '')}" for channel, number in figures.messages.items())
    return ", ".join(listed) or "none"


def _cost(figures: ArmFigures, prices: Prices) -> tuple[str, str, str]:
    """In all, per cure, and per person with its interval."""
    if figures.cost is None:
        return NO_PRICE, "", ""
    whole, told = whole_cost(figures, prices), partial(exact, currency=prices.currency)
    per_cure = told(whole.micros / figures.cured) if figures.cured else ""
    if (interval := figures.cost.interval) is None:
        return whole.sum_in_words(prices.currency), per_cure, f"{told(figures.cost.mean)} ({FEW})"
    span = f"{told(interval.low)} to {told(interval.high)}"
    return whole.sum_in_words(prices.currency), per_cure, f"{told(figures.cost.mean)} ({span})"
