"""`residue waive`, `residue keep`: interest and fees that are left once the principal is paid."""

from datetime import UTC, datetime

from casedb.engine import reading
from casedb.inbox import InboundFact, InboundKind, receive
from casedb.residues import find_residue
from console.output import say, write_json
from console.session import session
from console.telling import heard, tell_cases
from domain.money import in_words


def decide_residue(account_id: str, by: str, note: str, *, waive: bool, as_json: bool) -> int:
    """Take what is left off the ledger, or go on asking for it; the case is told."""
    now = datetime.now(UTC)
    with session() as opened:
        with reading(opened.engine) as connection:
            residue = find_residue(connection, account_id)
        standing = residue.standing
        said = "waived" if waive else "kept"
        fact = InboundFact(
            event_id=f"residue:{residue.case_id}:{standing.version}:{said}",
            source="console",
            kind=InboundKind.RESIDUE_WAIVED if waive else InboundKind.RESIDUE_KEPT,
            at=now,
            account_id=account_id,
            by=by,
            note=note,
        )
        receipt = receive(opened.engine, fact, received_at=now)
        told = tell_cases(opened, receipt, now)
    if as_json:
        answer = {"account_id": account_id, "decided": said, "by": receipt.fact.by, "duplicate": receipt.duplicate}
        write_json(answer | {"balance_minor": receipt.balance_minor, "cases_told": list(told)})
        return 0
    left = in_words(standing.balance_minor, standing.currency)
    done = "are waived" if waive else "are chased"
    say(f"{left} of interest and fees on account {account_id} {done}, as {receipt.fact.by} decided; {heard(told)}")
    return 0
