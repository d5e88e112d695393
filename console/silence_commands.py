"""The command lines about silence: `hold`, `switch`, `consent` and `erase`. What they do stands in files of their own.

A module is imported when its command runs, as in `starter.py`.
"""

from datetime import date, datetime
from typing import Annotated

import typer

from console.command_line import Json, example
from domain.vocabulary import Channel, HoldKind, SwitchScope

# ruff: noqa: PLC0415 - imports stand inside the commands; see above

hold = typer.Typer(help="Silence a person, an account or one amount due, and end the silence.")
switch = typer.Typer(help="Stop all contact at once, or that of one channel, campaign or strategy.")
consent = typer.Typer(help="Keep what a person said about a channel, and where that can be looked up.")

Whose = Annotated[str, typer.Argument(metavar="ACCOUNT|PERSON", help="An account's id, or a person's.")]
By = Annotated[str, typer.Option(envvar="USER", help="Who does it, for the record.")]
_DAY = ["%Y-%m-%d"]
Scope = Annotated[SwitchScope, typer.Argument(metavar="SCOPE", help="global, channel, campaign or strategy.")]
Key = Annotated[str, typer.Argument(metavar="[KEY]", help="The channel, campaign or strategy; none for global.")]
PointId = Annotated[
    str | None, typer.Option("--point", metavar="ID", help="One address, by the id of its contact point; else all.")
]
Evidence = Annotated[str, typer.Option(help="Where it can be looked up, as a message's id; never the text itself.")]


def _day(at: datetime | None) -> date | None:
    return at.date() if at else None


@hold.command("place", epilog=example("hold place LW-0001 --kind dispute --owner care --review 2030-01-15"))
def hold_place(
    about: Whose,
    *,
    kind: Annotated[HoldKind, typer.Option(help="Why nothing may be sent.")],
    owner: Annotated[str, typer.Option(help="Whose task its review is.")],
    reason: Annotated[str, typer.Option(help="In a few words, for people; no personal data.")] = "",
    by: By = "console",
    due_on: Annotated[
        datetime | None, typer.Option(help="Only the amount that fell due on this day.", formats=_DAY)
    ] = None,
    starts_on: Annotated[
        datetime | None, typer.Option("--from", help="Its first day, also a past one; now if not given.", formats=_DAY)
    ] = None,
    ends_on: Annotated[
        datetime | None, typer.Option("--until", help="The first day that is not held any more.", formats=_DAY)
    ] = None,
    review_on: Annotated[
        datetime | None, typer.Option("--review", help="Without --until: when its owner looks at it.", formats=_DAY)
    ] = None,
    count_days: Annotated[bool, typer.Option("--count-days", help="Its days count as past due all the same.")] = False,
    code: Annotated[str, typer.Option(help="What it is about, as a code of config/holds; no health details.")] = "",
    as_json: Json = False,
) -> int:
    """Stop contact with a person, about an account or about one amount due; its days do not count as past due.

    Days are days of the account's calendar. A start in the past counts the days past due anew. The same command
    again on the same day is safe.
    """
    from console.hold import NewHold, place_hold

    new = NewHold(
        about=about,
        kind=kind,
        reason=reason,
        owner=owner,
        by=by,
        due_on=_day(due_on),
        starts_on=_day(starts_on),
        ends_on=_day(ends_on),
        review_on=_day(review_on),
        pauses_dpd=not count_days,
        code=code,
    )
    return place_hold(new, as_json=as_json)


@hold.command("release", epilog=example("hold release LW-0001:dispute:2026-11-21 --by dana"))
def hold_release(
    hold_id: Annotated[str, typer.Argument(metavar="HOLD", help="Its id, as hold list shows it.")],
    by: By = "console",
    as_json: Json = False,
) -> int:
    """End a hold now; the case goes on with its next step."""
    from console.hold import release_hold

    return release_hold(hold_id, by, as_json=as_json)


@hold.command("list", epilog=example("hold list LW-0001"))
def hold_list(
    about: Annotated[str | None, typer.Argument(metavar="[ACCOUNT|PERSON]", help="All if not given.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Those that are over as well.")] = False,
    as_json: Json = False,
) -> int:
    """List holds, the next end or review first."""
    from console.hold import show_holds

    return show_holds(about, everything=everything, as_json=as_json)


@switch.command("set", epilog=example('switch set channel sms --reason "provider incident" --by dana'))
def switch_set(
    scope: Scope,
    key: Key = "",
    *,
    reason: Annotated[str, typer.Option(help="Why; whoever asks why nothing is sent reads it.")],
    by: By = "console",
    as_json: Json = False,
) -> int:
    """Stop contact from this moment on; what is being sent already is not called back."""
    from console.switch import set_switch

    return set_switch(scope, key, reason, by, as_json=as_json)


@switch.command("lift", epilog=example("switch lift channel sms --by dana"))
def switch_lift(scope: Scope, key: Key = "", *, by: By = "console", as_json: Json = False) -> int:
    """Let contact go on."""
    from console.switch import lift_switch

    return lift_switch(scope, key, by, as_json=as_json)


@switch.command("show", epilog=example("switch show --all"))
def switch_show(
    everything: Annotated[bool, typer.Option("--all", help="Those that were lifted as well.")] = False,
    as_json: Json = False,
) -> int:
    """Show the switches that are set, since when, by whom and why."""
    from console.switch import show_switches

    return show_switches(everything=everything, as_json=as_json)


@consent.command("give", epilog=example("consent give P-0001 --channel voice --source form --evidence form-7"))
def consent_give(
    about: Whose,
    *,
    channel: Annotated[Channel, typer.Option(help="For which channel.")],
    source: Annotated[str, typer.Option(help="By what it was given, such as form, call or letter.")],
    evidence: Evidence,
    point: PointId = None,
    until: Annotated[datetime | None, typer.Option(help="The first day it no longer stands.", formats=_DAY)] = None,
    by: By = "console",
    as_json: Json = False,
) -> int:
    """Record that a person wants to be reached on a channel, or at one address of it."""
    from casedb.inbound import InboundKind
    from console.consent import NewStatement, state

    new = NewStatement(
        about=about,
        channel=channel,
        contact_point_id=point,
        source=source,
        evidence=evidence,
        by=by,
        ends_on=_day(until),
    )
    return state(InboundKind.OPT_IN, new, as_json=as_json)


@consent.command("withdraw", epilog=example("consent withdraw P-0001 --channel sms --source call --by dana"))
def consent_withdraw(
    about: Whose,
    *,
    channel: Annotated[Channel, typer.Option(help="Of which channel.")],
    source: Annotated[str, typer.Option(help="By what it was said, such as call, letter or branch.")],
    evidence: Evidence = "",
    point: PointId = None,
    wrong_number: Annotated[bool, typer.Option("--wrong-number", help="The address is somebody else's.")] = False,
    by: By = "console",
    as_json: Json = False,
) -> int:
    """Record that a person does not want to be reached on a channel, or at one address; in force at once."""
    from casedb.inbound import InboundKind
    from console.consent import NewStatement, state

    new = NewStatement(
        about=about,
        channel=channel,
        contact_point_id=point,
        source=source,
        evidence=evidence,
        by=by,
        wrong_number=wrong_number,
    )
    return state(InboundKind.OPT_OUT, new, as_json=as_json)


@consent.command("show", epilog=example("consent show P-0001"))
def consent_show(about: Whose, as_json: Json = False) -> int:
    """Show all that a person said about channels, oldest first."""
    from console.consent import show_statements

    return show_statements(about, as_json=as_json)


def erase(
    person_id: Annotated[str, typer.Argument(metavar="PERSON", help="The person's id.")],
    by: By = "console",
    as_json: Json = False,
) -> int:
    """Forget a person; refused while a debt is open or a law keeps the record, and then restricted: ends with 1.

    Name and addresses are blanked. Ids and the sealed audit stay, and a refusal to be contacted survives as a
    salted hash of the address.
    """
    from console.erase import erase_person

    return erase_person(person_id, by, as_json=as_json)
