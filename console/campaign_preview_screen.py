"""A preview as a page for a person."""

from collections import Counter
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.text import Text

from config.prices import Prices
from console.campaign_cost import Cost, CostEstimate, estimate_cost
from console.campaign_outlook import Expected, Preview, Sampled
from console.output import pairs, say, table, wall_time
from domain.eligibility import Exclusion
from domain.money import in_words
from domain.vocabulary import Channel

WIDEST_BAR = 40
MOST_TIMES = 24
MOST_MESSAGES = 12
UNITS = ((86_400, "days"), (3_600, "h"), (60, "min"))


def show_preview(out: Console, preview: Preview, prices: Prices, *, asks: bool, written: Path | None) -> None:
    """Print it, from who is meant to what it costs."""
    _show_members(out, preview)
    if preview.totals.exclusions:
        out.print()
        _show_exclusions(out, preview)
    if preview.outlook.looked_at:
        out.print()
        if preview.arms:
            _show_arms(out, preview, prices)
            out.print()
        _show_times(out, preview)
        _show_silence(out, preview)
        _show_messages(out, preview)
        out.print()
        _show_cost(out, preview, estimate_cost(preview.whole, prices))
    out.print()
    if written is not None:
        say(f"every account, with what would become of it: {written}")
    say("nothing was sent and nothing recorded; campaign start with the same filters chooses the same way")
    if asks:
        say("it will ask for a typed confirmation")


def _show_members(out: Console, preview: Preview) -> None:
    totals = preview.totals
    left_out = sum(totals.exclusions.values())
    rows = [
        ("asked for", preview.selection or "everybody who owes"),
        ("strategy", preview.strategy),
        ("as of", f"{wall_time(preview.at)} UTC"),
        (
            "would enrol",
            f"{totals.members:,} accounts that owe {_owed(totals.members_minor)}" if totals.members else "nobody",
        ),
        ("would leave out", f"{left_out:,} accounts"),
        *([("started", _pace(preview))] if totals.members else []),
    ]
    out.print(pairs("Campaign preview", rows))


def _pace(preview: Preview) -> str:
    """How long starting takes: the times of first messages are reckoned by it."""
    seconds, pace = preview.starting_seconds, f"at {preview.starts_per_second:g} a second"
    for unit, name in UNITS:
        if seconds >= 2 * unit:
            return f"over about {seconds / unit:.0f} {name} {pace}; longer where workers open cases more slowly"
    return f"within two minutes {pace}"


def _owed(amounts: dict[str, int]) -> str:
    return ", ".join(in_words(amount, currency) for currency, amount in sorted(amounts.items()))


def _show_exclusions(out: Console, preview: Preview) -> None:
    totals = preview.totals
    rows = [
        (
            Exclusion(reason).words,
            f"{number:,}",
            _owed(totals.excluded_minor.get(reason, {})),
        )
        for reason, number in sorted(totals.exclusions.items(), key=lambda pair: -pair[1])
    ]
    out.print(table("Left out", ("why", "accounts", "who owe"), rows, right=("accounts",)))


def _show_arms(out: Console, preview: Preview, prices: Prices) -> None:
    """Side by side: how many accounts are in each arm, and what they would be sent and cost."""
    rows = [_arm(name, each, prices) for name, each in preview.arms.items()]
    columns = ("arm", "accounts", "first messages", "all messages", "cost in all")
    title = f"Arms{_of_a_sample(preview)}"
    shown = len(columns) if any(row[-1] for row in rows) else len(columns) - 1
    out.print(table(title, columns[:shown], [row[:shown] for row in rows], right=("accounts", "all messages")))


def _arm(name: str, its: Expected, prices: Prices) -> tuple[str, ...]:
    cost, sampled = estimate_cost(its, prices), bool(its.outlook.looked_at or not its.members)
    return (
        name,
        f"{its.members:,}",
        _counted(its, its.outlook.by_channel, cost.first_sms_parts) if sampled else "none of the sample is in it",
        f"{its.scaled(its.outlook.planned.total()):,}" if sampled else "",
        cost.whole.in_words(cost.currency) if cost.whole.priced and sampled else "",
    )


def _show_times(out: Console, preview: Preview) -> None:
    starts = sorted(preview.outlook.starts.items())
    shown, later = starts[:MOST_TIMES], sum(number for _, number in starts[MOST_TIMES:])
    most = max((number for _, number in shown), default=1)
    rows = [
        (when, f"{preview.whole.scaled(number):,}", Text("█" * max(1, round(WIDEST_BAR * number / most))))
        for when, number in shown
    ]
    if later:
        rows.append(("later", f"{preview.whole.scaled(later):,}", Text("")))
    title = "First messages by the account's own clock"
    out.print(table(f"{title}{_of_a_sample(preview)}", ("half hour", "accounts", ""), rows, right=("accounts",)))


def _of_a_sample(preview: Preview) -> str:
    outlook = preview.outlook
    if outlook.looked_at == preview.totals.members:
        return ""
    return f" (from a sample of {outlook.looked_at:,})"


def _show_silence(out: Console, preview: Preview) -> None:
    for title, counts in (
        ("First messages that a rule moves", preview.outlook.put_off),
        ("No first message", preview.outlook.held_back),
    ):
        if counts:
            out.print()
            rows = [(f"{preview.whole.scaled(number):,}", why) for why, number in Counter(counts).most_common()]
            out.print(table(title, ("accounts", "by"), rows, right=("accounts",)))


def _show_messages(out: Console, preview: Preview) -> None:
    found = sorted(preview.outlook.messages.values(), key=lambda each: -each.count)
    for each in found[:MOST_MESSAGES]:
        out.print()
        out.print(Text(_titled(each, preview), style="bold"))
        if each.subject:
            out.print(Text(each.subject))
        out.print(Text(each.body.strip()))
    if len(found) > MOST_MESSAGES:
        out.print()
        say(f"and {len(found) - MOST_MESSAGES} kinds of message more: --json has them all")


def _titled(each: Sampled, preview: Preview) -> str:
    parts = f", {each.sms_parts} SMS parts" if each.sms_parts > 1 else ""
    kind = f"{each.template} by {each.channel.value} in {each.locale} for {each.jurisdiction}{parts}"
    if not preview.arms:
        number = preview.whole.scaled(each.count)
        return f"{kind}: {number:,} {'account' if number == 1 else 'accounts'}"
    told = (f"{name} {its.scaled(each.by_arm.get(name, 0)):,}" for name, its in preview.arms.items())
    return f"{kind}: {', '.join(told)}"


def _show_cost(out: Console, preview: Preview, cost: CostEstimate) -> None:
    outlook, told = preview.outlook, partial(Cost.in_words, currency=cost.currency)
    rows = [
        ("first messages", _counted(preview.whole, outlook.by_channel, cost.first_sms_parts), told(cost.first)),
        ("all messages", _counted(preview.whole, outlook.planned, cost.planned_sms_parts), told(cost.planned)),
        ("Temporal", f"about {preview.whole.scaled(outlook.actions):,} billable actions", told(cost.actions)),
        *([("in all", "", told(cost.whole))] if cost.whole.priced else []),
    ]
    out.print(table(f"Estimated cost{_of_a_sample(preview)}", ("of", "how many", "cost"), rows))
    say("all messages and Temporal's actions: about, to a person's decision, if nobody pays or answers")
    if outlook.planned[Channel.SMS.value]:
        say(f"an SMS is taken to have {outlook.parts_of_a_text:,.1f} parts, as the first ones have on average")


def _counted(expected: Expected, counts: Counter[str], sms_parts: int) -> str:
    parts = {Channel.SMS.value: f" in {sms_parts:,} parts"}
    listed = ", ".join(
        f"{name} {expected.scaled(number):,}{parts.get(name, '')}" for name, number in sorted(counts.items())
    )
    return f"{expected.scaled(counts.total()):,} ({listed})" if listed else "none"
