"""The command line for ops and engineers: `python starter.py --help`.

This file says what the commands are called and take; `console` does them. A module is imported when its command
runs, because Temporal's SDK and the database take longer to load than most commands to run.
"""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from config.garbage import collect_seldom
from config.leaving import leave
from console.agency_commands import placement, remittance
from console.bureau_commands import furnishing
from console.campaign_commands import campaign
from console.case_commands import case, invariants, replay
from console.command_line import PROGRAM, Json, example
from console.deployment_commands import deployment
from console.duty_commands import complaint
from console.evidence_commands import evidence
from console.inbox_commands import inbox
from console.key_commands import keys
from console.law_commands import approvals, escalation
from console.negotiation_commands import plan, promise, relief
from console.reply_commands import replies
from console.residue_commands import residue
from console.silence_commands import consent, erase, hold, switch
from console.strategy_commands import strategy
from console.sweep_commands import report, schedule
from console.task_commands import task
from console.template_commands import templates
from domain.errors import AmicableError
from domain.vocabulary import Channel

# ruff: noqa: PLC0415 - imports stand inside the commands; see above

FAILED = 2
"""Exit code of a command that could not do what was asked."""
INTERRUPTED = 130

app = typer.Typer(
    help="Amicable: import overdue accounts, start and steer their collection, and see why each case is where it is.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"max_content_width": 100},
)
app.add_typer(campaign, name="campaign")
app.add_typer(case, name="case")
app.command(epilog=example("replay --all-running 500"))(replay)
app.command(epilog=example("invariants --days 7"))(invariants)
audit = typer.Typer(help="Prove that what is on record is what was written.")
app.add_typer(deployment, name="deployment")
app.add_typer(audit, name="audit")
app.add_typer(evidence, name="evidence")
app.add_typer(hold, name="hold")
app.add_typer(complaint, name="complaint")
app.add_typer(switch, name="switch")
app.add_typer(consent, name="consent")
app.command(epilog=example("erase P-0001 --by dana"))(erase)
app.add_typer(approvals, name="approvals")
app.add_typer(escalation, name="escalation")
app.add_typer(promise, name="promise")
app.add_typer(plan, name="plan")
app.add_typer(relief, name="relief")
app.add_typer(task, name="task")
app.add_typer(inbox, name="inbox")
app.add_typer(report, name="report")
app.add_typer(schedule, name="schedule")
app.add_typer(templates, name="templates")
app.add_typer(replies, name="replies")
app.add_typer(residue, name="residue")
app.add_typer(keys, name="keys")
app.add_typer(strategy, name="strategy")
app.add_typer(placement, name="placement")
app.add_typer(remittance, name="remittance")
app.add_typer(furnishing, name="furnishing")
compliance = typer.Typer(help="Ask the compliance gate: about worked cases, or about a live account.")
app.add_typer(compliance, name="compliance")

AccountId = Annotated[str, typer.Argument(metavar="ACCOUNT", help="The account's id, such as LW-0001.")]
StrategyName = Annotated[str, typer.Option("--strategy", help="A strategy of config/strategies.")]


@app.command(epilog=example("migrate"))
def migrate(as_json: Json = False) -> int:
    """Bring the case database to the newest schema; twice is once."""
    from console.schema import migrate_database

    return migrate_database(as_json=as_json)


@app.command("import", epilog=example("import examples/overdue_accounts.csv"))
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A CSV file of overdue accounts.")],
    rejects: Annotated[
        Path | None, typer.Option(help="Where rejected rows go; FILE.rejects.csv when not given.")
    ] = None,
    as_json: Json = False,
) -> int:
    """Bring a book of overdue accounts into the case database.

    Bad rows go to a file with their reason, and the good ones go on. Ends with 0 when any good row went on, with
    1 when every row was rejected. An import that was interrupted goes on where it stopped.
    """
    from console.book import import_file

    return import_file(file, rejects, as_json=as_json)


@app.command(epilog=example("trigger LW-0001"))
def trigger(account_id: AccountId, strategy: StrategyName = "wallet-standard", as_json: Json = False) -> int:
    """Start collecting one account now, or find its running workflow."""
    from console.trigger import trigger_account

    return trigger_account(account_id, strategy, as_json=as_json)


@app.command("record-payment", epilog=example("record-payment LW-0001 --amount 12.50 --currency USD --event-id pay-77"))
def record_payment(
    account_id: AccountId,
    amount: Annotated[str, typer.Option(help="In major units, as 12.50.")],
    currency: Annotated[str, typer.Option(help="ISO 4217, as USD; the account's own.")],
    event_id: Annotated[str, typer.Option(help="The payment's id where it came from: twice is once.")],
    as_json: Json = False,
) -> int:
    """Record a payment and tell its case; the same event id is taken once."""
    from console.payment import record_payment as record

    return record(account_id, amount, currency, event_id, as_json=as_json)


@audit.command("verify", epilog=example("audit verify"))
def audit_verify(
    wanted: Annotated[str | None, typer.Argument(metavar="[CASE]", help="A case or account; all if not given.")] = None,
    as_json: Json = False,
) -> int:
    """Walk the chains of verdicts, and name the first broken one of each; ends with 1 when one is broken."""
    from console.audit import verify

    return verify(wanted, as_json=as_json)


@app.command(epilog=example("demo --once"))
def demo(
    *,
    once: Annotated[bool, typer.Option("--once", help="Exit after the summary; not 0 if an invariant broke.")] = False,
    directory: Annotated[Path, typer.Option(help="Where its databases live.")] = Path(".amicable/demo"),
    start: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The first virtual day.")] = None,
    days: Annotated[int, typer.Option(min=1, max=400, help="How many virtual days.")] = 120,
    seed: Annotated[int, typer.Option(help="Two runs of one seed are equal.")] = 0,
    as_json: Json = False,
) -> int:
    """Rehearse four months with 60 accounts on this machine; nobody is reached."""
    from rehearsal.demo import run_demo

    first_day = start.replace(tzinfo=UTC).date() if start else None
    code: int = run_demo(once=once, directory=directory, start=first_day, days=days, seed=seed, as_json=as_json)
    return code


@compliance.command("check", epilog=example("compliance check --cases cases.jsonl --expect"))
def compliance_check(
    cases: Annotated[Path, typer.Option(metavar="FILE", help="Worked cases, one JSON object a line.")],
    expect: Annotated[bool, typer.Option("--expect", help="Compare with what each case expects.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON line a case, also with --expect.")] = False,
) -> int:
    """Run worked cases through the gate, by the law alone: one JSON line each, or what differs.

    Ends with 1 when a verdict is not the expected one, with 2 when a line is no case and nothing else is wrong.
    """
    from console.compliance import check_cases

    return check_cases(cases, expect=expect, as_json=as_json)


@compliance.command("explain", epilog=example("compliance explain LW-0001 --at 2026-06-03T15:00Z --channel sms"))
def compliance_explain(
    account_id: AccountId,
    at: Annotated[str, typer.Option(metavar="INSTANT", help="With a zone; now when not given.")] = "",
    channel: Annotated[Channel, typer.Option(help="How the person would be reached.")] = Channel.SMS,
    as_json: Json = False,
) -> int:
    """Tell whether the account's person may be contacted, when, and why not; nothing is sent or recorded."""
    from console.compliance_explain import explain_account

    return explain_account(account_id, at, channel, as_json=as_json)


def main(arguments: list[str] | None = None) -> int:
    """Run one command. What a person can mend is one line on standard error and exit code 2, never a traceback."""
    collect_seldom()
    given = sys.argv[1:] if arguments is None else arguments
    try:
        return int(app(args=given or ["--help"], prog_name=PROGRAM, standalone_mode=False) or 0)
    except typer.exceptions.TyperException as wrong:
        return _fail(_usage(wrong))
    except AmicableError as error:
        return _fail("; ".join(str(error).splitlines()))
    except (typer.Abort, KeyboardInterrupt):
        print("stopped before the end: what was done stays done", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has seen enough, as `head` does; closing it quietly is what they expect.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _usage(wrong: typer.exceptions.TyperException) -> str:
    path = getattr(getattr(wrong, "ctx", None), "command_path", PROGRAM)
    words = " ".join(wrong.format_message().replace("Value error, ", "").rstrip(".").split())
    return f"{words}: see {path} --help"


def _fail(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return FAILED


if __name__ == "__main__":
    leave(main())
