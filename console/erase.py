"""`erase`: a person's request to be forgotten, done or, while a debt or a law stands against it, restricted."""

from datetime import UTC, datetime, timedelta

from casedb.engine import reading
from casedb.erasure import Erasability, erase, mark_restricted
from casedb.inbox import InboundFact, InboundKind, receive
from casedb.people import find_jurisdiction
from config.retention import Kept, retention_in
from config.rules import load_rules
from console.output import plain, say, write_json
from console.session import Session, session
from console.telling import heard, tell_cases
from domain.calendar import start_of_day
from domain.vocabulary import HoldKind

RESTRICTED = 1
"""Exit code when nothing was erased and the person is restricted instead."""
PRIVACY_DESK = "privacy"
LOOK_AGAIN = timedelta(days=30)
"""After which a human decides whether a person whose debt is open stays restricted."""


def erase_person(person_id: str, by: str, *, as_json: bool) -> int:
    """Blank name and addresses; or restrict the person, say why not, and end with 1. Twice is once."""
    now = datetime.now(UTC)
    with session() as opened:
        with reading(opened.engine) as connection:
            jurisdiction = find_jurisdiction(connection, person_id)
        kept = retention_in(jurisdiction, load_rules(opened.settings).profiles)
        found = erase(opened.engine, person_id, now, years_kept=kept.years)
        told = _restrict(opened, found, by, now) if found.reasons else ()
    if as_json:
        write_json(plain(found) | {"erased": not found.reasons, "reasons": list(found.reasons), "law": kept.source})
    else:
        _show(found, kept, told)
    return RESTRICTED if found.reasons else 0


def _restrict(opened: Session, found: Erasability, by: str, now: datetime) -> tuple[str, ...]:
    """A hold on all contact, whose review is the day of erasure or, with a debt open, a human's decision."""
    look_again = now + LOOK_AGAIN
    if found.kept_until is not None and not (found.owing or found.open_cases):
        look_again = start_of_day(found.kept_until + timedelta(days=1), "UTC")
    fact = InboundFact(
        event_id=f"restrict:{found.person_id}",
        source="console",
        kind=InboundKind.HOLD_PLACED,
        at=now,
        person_id=found.person_id,
        hold_id=f"{found.person_id}:restricted",
        hold_kind=HoldKind.CUSTOM,
        owner=PRIVACY_DESK,
        reason="erasure was asked for and is not possible yet",
        by=by,
        review_at=look_again,
    )
    receipt = receive(opened.engine, fact, received_at=now)
    mark_restricted(opened.engine, found.person_id, now)
    return tell_cases(opened, receipt, now)


def _show(found: Erasability, kept: Kept, told: tuple[str, ...]) -> None:
    if found.erased_at is not None:
        say(f"person {found.person_id} was erased at {found.erased_at:%Y-%m-%d %H:%M} UTC, nothing changed")
    elif not found.reasons:
        say(f"person {found.person_id} is erased: name and addresses are gone; ids and the sealed audit stay")
    else:
        say(f"person {found.person_id} is not erased: {'; '.join(found.reasons)}")
        say(f"restricted instead: no contact, and only legal and compliance may look; {heard(told)}")
        say(f"the law: {kept.source}")
