"""Verdicts for tests of the case database."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from casedb.verdicts import ChainHead, VerdictAbout, record_verdict
from domain.compliance.gate import Fired, Verdict
from domain.vocabulary import Channel


def a_verdict(**changed: Any) -> Verdict:
    """A plain allow."""
    stated: dict[str, Any] = {
        "decision": "allow",
        "until": None,
        "decided_by": "",
        "fired": (),
        "profile": "US@2026.11",
        "tzdata": "2026.6",
    }
    return Verdict(**(stated | changed))


def a_deferral(until: datetime) -> Verdict:
    """A deferral by the cap, with words that are not ASCII."""
    fired = Fired(rule="HOUSE-CAP-1", citation="", why="三次 contacts within 7 days", until=until)
    return a_verdict(decision="defer", until=until, decided_by=fired.rule, fired=(fired,))


def put_on_record(
    connection: Connection,
    case_id: str,
    at: datetime,
    verdict: Verdict | None = None,
    *,
    person_id: str = "p",
    head: ChainHead | None = None,
) -> ChainHead:
    """One more verdict about an SMS of the case."""
    about = VerdictAbout(case_id=case_id, person_id=person_id, touch_key="reminder/one", channel=Channel.SMS, at=at)
    return record_verdict(connection, about, verdict or a_verdict(), head)
