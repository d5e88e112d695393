"""`compliance explain`: may a live account be contacted, when, and why not; every rule that has something to say."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import tzdata

from activities.gatekeeping import Gatekeeper
from activities.house_rules import stale
from casedb.engine import reading
from casedb.snapshot import Point, Snapshot, read_snapshot
from config.jurisdictions import load_profiles
from console.output import pairs, plain, say, screen, table, wall_time, write_json
from console.session import Session, session
from domain.compliance.verdict import Effect, Fired, Verdict
from domain.errors import InvalidInput
from domain.vocabulary import Channel


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the gate says of one address; of none, what it says of the channel."""

    contact_point_id: str
    """Empty: the person has no such address that can be used."""
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """Everything that is told about an account, a channel and an instant."""

    snapshot: Snapshot
    channel: Channel
    at: datetime
    answers: tuple[Answer, ...]
    besides: tuple[str, ...]
    """What stops a contact before the gate is asked."""


def explain_account(account_id: str, at: str, channel: Channel, *, as_json: bool) -> int:
    """Tell what the gate says of a contact with the account's person by that channel at that instant.

    Nothing is sent and nothing is recorded. Raises NotKnown for an unknown account, InvalidInput for an instant
    without a zone.
    """
    with session() as opened:
        explained = _explained(opened, account_id, _instant(at), channel)
    if as_json:
        write_json(_as_json(explained))
    else:
        _show(explained)
    return 0


def _instant(text: str) -> datetime:
    if not text:
        return datetime.now(UTC)
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise InvalidInput(f"--at {text!r} is not an instant with a zone, such as 2026-06-03T15:00Z")
    return instant.astimezone(UTC)


def _explained(opened: Session, account_id: str, at: datetime, channel: Channel) -> Explained:
    with reading(opened.engine) as connection:
        snapshot = read_snapshot(connection, account_id, "", "", at, lock=False)
    profiles = load_profiles(opened.settings.jurisdictions_dir)
    keeper = Gatekeeper(profiles=profiles, channels=(channel,), tzdata=tzdata.IANA_VERSION)
    points: Sequence[Point | None] = [each for each in snapshot.points if each.channel is channel and each.deliverable]
    answers = tuple(
        Answer(
            contact_point_id=point.contact_point_id if point else "",
            verdict=keeper.verdict_of(snapshot, channel, at, point=point),
        )
        for point in points or [None]
    )
    stale_hours = opened.settings.ledger_stale_after_hours
    limit = timedelta(hours=stale_hours) if stale_hours else None
    besides = _besides(snapshot, at, stale(snapshot, at, limit, tzdata.IANA_VERSION))
    return Explained(snapshot=snapshot, channel=channel, at=at, answers=answers, besides=besides)


def _besides(snapshot: Snapshot, at: datetime, old: Verdict | None) -> tuple[str, ...]:
    off = [each.says for each in snapshot.switches]
    held = [f"hold {hold.hold_id} ({hold.kind.value}) stands" for hold in snapshot.holds if hold.active_at(at)]
    return (*off, *held, *([old.why] if old else []))


def _show(explained: Explained) -> None:
    out, home = screen(), _zone(explained.snapshot)
    for answer in explained.answers:
        out.print(_header(explained, answer, home))
        if answer.verdict.fired:
            rows = [_row(each, home) for each in answer.verdict.fired]
            out.print()
            out.print(table("Every rule that fired", ("rule", "says", "until", "class", "why and source"), rows))
        out.print()
    for each in explained.besides:
        say(f"Besides: {each}")


def _header(explained: Explained, answer: Answer, home: str) -> object:
    verdict = answer.verdict
    rows = [
        ("account", f"{explained.snapshot.account_id} in {explained.snapshot.jurisdiction}"),
        ("contact", f"{explained.channel.value} at {wall_time(explained.at, home)}"),
        ("address", answer.contact_point_id or f"none that can be used for {explained.channel.value}"),
        ("may I", _says(answer, home)),
        ("decided by", verdict.decided_by or "no rule forbids it"),
    ]
    if verdict.warnings:
        rows.append(("warnings", ", ".join(verdict.warnings)))
    rows.append(("by", f"{verdict.profile or 'no profile'}, tzdata {verdict.tzdata}"))
    return pairs(f"The gate's answer (times in {home})", rows)


def _says(answer: Answer, home: str) -> str:
    verdict = answer.verdict
    if verdict.decision == "allow" and not answer.contact_point_id:
        return "the law allows it, but there is no address"
    if verdict.decision == "defer":
        return f"no, not before {wall_time(verdict.until, home)}"
    reason = f" ({verdict.reason})" if verdict.reason else ""
    override = "; a named approver with a reason may override" if verdict.override_allowed else ""
    return "yes" if verdict.decision == "allow" else f"no{reason}{override}"


def _row(fired: Fired, home: str) -> tuple[str, str, str, str, str]:
    source = f" [{fired.citation}]" if fired.citation else ""
    until = wall_time(fired.until, home) if fired.effect is Effect.DEFER else ""
    return fired.rule, fired.effect.value, until, fired.rule_class.value, f"{fired.why}{source}"


def _zone(snapshot: Snapshot) -> str:
    return snapshot.zones[0] if snapshot.zones else "UTC"


def _as_json(explained: Explained) -> dict[str, Any]:
    return {
        "account_id": explained.snapshot.account_id,
        "jurisdiction": explained.snapshot.jurisdiction,
        "channel": explained.channel.value,
        "at": plain(explained.at),
        "answers": [_answer_as_json(answer) for answer in explained.answers],
        "besides": list(explained.besides),
    }


def _answer_as_json(answer: Answer) -> dict[str, Any]:
    verdict = answer.verdict
    return {
        "contact_point_id": answer.contact_point_id or None,
        "decision": verdict.decision,
        "until": plain(verdict.until),
        "rule": verdict.decided_by,
        "reason": verdict.reason,
        "override_allowed": verdict.override_allowed,
        "warn": list(verdict.warnings),
        "fired": [
            {
                "rule": each.rule,
                "effect": each.effect.value,
                "class": each.rule_class.value,
                "until": plain(each.until),
                "why": each.why,
                "citation": each.citation,
            }
            for each in verdict.fired
        ],
        "profile": verdict.profile,
        "tzdata": verdict.tzdata,
    }
