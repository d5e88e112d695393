"""`inbox list|show|retry|assign|dismiss`: outside facts that wait, trying them again, and saying whose they are."""

from datetime import UTC, datetime

from casedb import parking
from casedb.engine import reading
from casedb.inbox import take_effect
from casedb.waiting import InboxRecord, Waiting, find_fact, list_waiting
from console.output import pairs, plain, say, screen, table, wall_time, write_json
from console.session import Session, session
from console.telling import heard, tell_cases


def show_inbox(limit: int, *, as_json: bool) -> int:
    """What waits longest first."""
    now = datetime.now(UTC)
    with session() as opened, reading(opened.engine) as connection:
        facts, total = list_waiting(connection, limit)
    if as_json:
        write_json({"total": total, "facts": [_as_json(fact, now) for fact in facts]})
        return 0
    if not facts:
        say("no fact waits: every one had its effect, and its case was told")
        return 0
    columns = ("fact", "kind", "account", "age", "failures", "waits because")
    screen().print(table("Facts that wait", columns, (_row(fact, now) for fact in facts), right=("failures",)))
    if total > len(facts):
        say(f"{len(facts):,} of {total:,} facts: --limit {total} shows all")
    return 0


def show_fact(event_id: str, *, as_json: bool) -> int:
    """One fact: where it came from and what became of it."""
    now = datetime.now(UTC)
    with session() as opened, reading(opened.engine) as connection:
        fact, receipt = find_fact(connection, event_id)
    if as_json:
        write_json(_as_json(fact, now) | {"accounts_to_tell": list(receipt.account_ids)})
        return 0
    told = f"{wall_time(fact.told_at)} UTC" if fact.told_at is not None else "not yet"
    rows = [
        ("kind", fact.kind),
        ("from", fact.source),
        ("account", fact.account_id or ""),
        ("happened", f"{wall_time(fact.at)} UTC"),
        ("came in", f"{wall_time(fact.received_at)} UTC"),
        ("told", told),
        ("failures", str(fact.failures)),
        ("state", f"{fact.state.value}: {fact.why}"),
    ]
    screen().print(pairs(f"Fact {event_id}", rows))
    return 0


def retry_fact(event_id: str, *, as_json: bool) -> int:
    """Wake a parked fact if its account is known by now, and tell its cases; a fact that is done stays as it is."""
    now = datetime.now(UTC)
    with session() as opened:
        fact = _woken(opened, event_id, now)
        with reading(opened.engine) as connection:
            _, receipt = find_fact(connection, event_id)
        told = tell_cases(opened, receipt, now) if fact.state is Waiting.UNTOLD else ()
    if as_json:
        write_json({"event_id": event_id, "parked": fact.state is Waiting.PARKED, "cases_told": list(told)})
        return 0
    if fact.state is Waiting.PARKED:
        say(f"fact {event_id} stays parked: {fact.why}; its task says more: python starter.py task list")
    else:
        say(f"fact {event_id} had its effect; {heard(told)}")
    return 0


def assign_fact(event_id: str, account_id: str, by: str, *, as_json: bool) -> int:
    """Give a parked fact, and all that waits for the same payment, to an account; its case is told."""
    now = datetime.now(UTC)
    with session() as opened:
        with reading(opened.engine) as connection:
            known, receipt = find_fact(connection, event_id)
        took = 0
        if known.state is Waiting.PARKED or receipt.account_id != account_id:
            took = parking.assign(opened.engine, event_id, account_id, take_effect, now, by=by)
            with reading(opened.engine) as connection:
                _, receipt = find_fact(connection, event_id)
        told = tell_cases(opened, receipt, now)
    if as_json:
        write_json({"event_id": event_id, "account_id": account_id, "facts": took, "cases_told": list(told)})
        return 0
    more = f", and {took - 1} more of its payment" if took > 1 else ""
    say(f"fact {event_id} is about account {account_id}{more}; {heard(told)}")
    return 0


def dismiss_fact(event_id: str, by: str, note: str, *, as_json: bool) -> int:
    """A parked fact is about none of our accounts: it is kept, and waits no longer."""
    now = datetime.now(UTC)
    with session() as opened:
        parking.dismiss(opened.engine, event_id, now, by=by, note=note)
    if as_json:
        write_json({"event_id": event_id, "dismissed_by": by})
    else:
        say(f"fact {event_id} is dismissed by {by}: it stays on record and moves nothing")
    return 0


def _woken(opened: Session, event_id: str, now: datetime) -> InboxRecord:
    with reading(opened.engine) as connection:
        fact, _ = find_fact(connection, event_id)
    if fact.state is not Waiting.PARKED:
        return fact
    parking.wake_known(opened.engine, take_effect, now)
    with reading(opened.engine) as connection:
        return find_fact(connection, event_id)[0]


def _as_json(fact: InboxRecord, now: datetime) -> dict[str, object]:
    fields: dict[str, object] = plain(fact)
    return fields | {"age_seconds": int(fact.age(now).total_seconds())}


def _row(fact: InboxRecord, now: datetime) -> tuple[str, ...]:
    age = f"{int(fact.age(now).total_seconds())} s"
    return fact.event_id, fact.kind, fact.account_id or "", age, str(fact.failures), fact.why
