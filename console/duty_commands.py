"""The command lines of duties of holds, and of complaints. What they do stands in `console.duty`, `console.complaint`.

A module is imported when its command runs, as in `starter.py`.
"""

from datetime import datetime
from typing import Annotated

import typer

from console.command_line import Json, example
from console.silence_commands import hold
from domain.duties import Outcome
from domain.vocabulary import Channel

# ruff: noqa: PLC0415 - imports stand inside the commands; see above

complaint = typer.Typer(help="Number complaints, keep their deadlines, and put the answers on record.")

HoldId = Annotated[str, typer.Argument(metavar="HOLD", help="Its id, as hold list shows it.")]
Number = Annotated[str, typer.Argument(metavar="COMPLAINT", help="Its number, as C-2026-000123.")]
By = Annotated[str, typer.Option(help="Who did it, for the record.")]
Evidence = Annotated[str, typer.Option(help="Where it can be looked up, as a letter's id; never the text itself.")]
Everything = Annotated[bool, typer.Option("--all", help="Those that are over as well.")]


@hold.command("duties", epilog=example("hold duties LW-0001"))
def hold_duties(
    about: Annotated[str | None, typer.Argument(metavar="[ACCOUNT|PERSON|HOLD]", help="All if not given.")] = None,
    everything: Everything = False,
    as_json: Json = False,
) -> int:
    """List what holds oblige us to, the first one due first."""
    from console.duty import show_duties

    return show_duties(about, everything=everything, as_json=as_json)


@hold.command("fulfil", epilog=example("hold fulfil LW-0001:dispute:2026-11-21 verify --by dana --evidence letter-77"))
def hold_fulfil(
    hold_id: HoldId,
    duty: Annotated[str, typer.Argument(metavar="DUTY", help="As hold duties shows it.")],
    *,
    by: By,
    evidence: Evidence = "",
    on: Annotated[
        datetime | None, typer.Option(help="The day it was done; today if not given.", formats=["%Y-%m-%d"])
    ] = None,
    as_json: Json = False,
) -> int:
    """Put on record that a duty is done; one that a decision left behind ends the hold."""
    from console.duty import fulfil_duty

    return fulfil_duty(hold_id, duty, by, evidence, on.date() if on else None, as_json=as_json)


@hold.command(
    "decide",
    epilog=example('hold decide LW-0001:dispute:2026-11-21 --outcome rejected --by dana --reason "contract shown"'),
)
def hold_decide(
    hold_id: HoldId,
    *,
    outcome: Annotated[Outcome, typer.Option(help="What was decided.")],
    by: By,
    reason: Annotated[str, typer.Option(help="In a few words, for people; no personal data.")],
    as_json: Json = False,
) -> int:
    """Decide about a hold: it ends, or one more thing is to be done before it does."""
    from console.duty import decide_hold

    return decide_hold(hold_id, outcome, by, reason, as_json=as_json)


@complaint.command("open", epilog=example("complaint open LW-0001 --channel letter --by dana --evidence letter-12"))
def complaint_open(
    about: Annotated[str, typer.Argument(metavar="ACCOUNT|PERSON", help="An account's id, or a person's.")],
    *,
    channel: Annotated[Channel | None, typer.Option(help="By which it came.")] = None,
    owner: Annotated[str | None, typer.Option(help="Who answers it; the rules' owner if not given.")] = None,
    by: By,
    evidence: Evidence = "",
    as_json: Json = False,
) -> int:
    """Give a complaint a number, an owner and its deadlines; the person is left alone meanwhile."""
    from console.complaint import NewComplaint, open_complaint

    new = NewComplaint(about=about, channel=channel, owner=owner, by=by, evidence=evidence)
    return open_complaint(new, as_json=as_json)


@complaint.command("list", epilog=example("complaint list"))
def complaint_list(everything: Everything = False, as_json: Json = False) -> int:
    """List complaints without an outcome, the first answer due first."""
    from console.complaint import show_complaints

    return show_complaints(everything=everything, as_json=as_json)


@complaint.command("show", epilog=example("complaint show C-2026-000123"))
def complaint_show(number: Number, as_json: Json = False) -> int:
    """Show a complaint with its deadlines and what became of it."""
    from console.complaint import show_complaint

    return show_complaint(number, as_json=as_json)


@complaint.command("acknowledge", epilog=example("complaint acknowledge C-2026-000123 --by dana --evidence mail-88"))
def complaint_acknowledge(number: Number, *, by: By, evidence: Evidence = "", as_json: Json = False) -> int:
    """Put on record that the person was told that the complaint is here."""
    from console.complaint import acknowledge_complaint

    return acknowledge_complaint(number, by, evidence, as_json=as_json)


@complaint.command(
    "answer", epilog=example("complaint answer C-2026-000123 --outcome upheld --by dana --evidence letter-90")
)
def complaint_answer(
    number: Number,
    *,
    outcome: Annotated[Outcome, typer.Option(help="upheld, partly_upheld or rejected.")],
    by: By,
    evidence: Evidence,
    as_json: Json = False,
) -> int:
    """Put the final answer and its outcome on record; the silence ends."""
    from console.complaint import answer_complaint

    return answer_complaint(number, outcome, by, evidence, as_json=as_json)
