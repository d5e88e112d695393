"""What a consent covers: call-backs for a few days, given to this collector and not to another."""

from datetime import date, datetime

from domain.calendar import local_date, start_of_day
from domain.compliance.facts import Act, Consent
from domain.compliance.vocabulary import CONVERSATION, VOICE

CALL_BACK_DAYS = 7
"""Prior consent excludes calls for at most seven days, the day of receipt being day 1: 12 CFR 1006.14(b)(3)(i)."""
_OTHERS = ("creditor", "prior", "earlier", "former", "other")


def is_direct(consent: Consent) -> bool:
    """Whether it was given to this collector, not to the creditor or to an earlier collector."""
    return consent.given_to is None or not any(word in consent.given_to for word in _OTHERS)


def standing(act: Act, consent_type: str, at: datetime, *, direct: bool = False) -> Consent | None:
    """The consent of that type that was given, is not revoked, and covers every debt of the act."""
    for consent in act.consents:
        given = consent.type == consent_type and consent.holds_at(at) and (not direct or is_direct(consent))
        if given and _covers_debts(act, consent, act.debt_ids):
            return consent
    return None


def call_is_consented(act: Act, consent_type: str, at: datetime, debt_ids: tuple[str, ...]) -> bool:
    """Whether a call at that instant about those debts is one that the person asked for."""
    return any(
        consent.type == consent_type
        and consent.holds_at(at)
        and is_direct(consent)
        and _covers_debts(act, consent, debt_ids)
        and all(_is_day(consent, local_date(at, name), name) for name in act.zone_names)
        and not _was_used(act, consent, at)
        for consent in act.consents
    )


def next_consented_day(act: Act, consent_type: str, at: datetime) -> datetime | None:
    """The start of the next local day that the person named for a call."""
    days = [
        max(start_of_day(consent.on_date, name) for name in act.zone_names)
        for consent in act.consents
        if consent.type == consent_type and consent.on_date is not None
    ]
    later = sorted(day for day in days if day > at and call_is_consented(act, consent_type, day, act.debt_ids))
    return later[0] if later else None


def _is_day(consent: Consent, on: date, zone_name: str) -> bool:
    received = local_date(consent.at, zone_name)
    inside = 0 <= (on - received).days < CALL_BACK_DAYS
    return inside and (consent.on_date is None or on == consent.on_date)


def _was_used(act: Act, consent: Consent, at: datetime) -> bool:
    """A conversation about the debt, after the consent, uses it up."""
    return any(
        past.outcome == CONVERSATION
        and not past.misdirected
        and past.channel in VOICE
        and consent.at < past.at < at
        and act.concerns(past.debt_ids)
        for past in act.history
    )


def _covers_debts(act: Act, consent: Consent, debt_ids: tuple[str, ...]) -> bool:
    if not consent.debt_ids:
        return True
    groups = act.debt_groups
    covered = {groups.get(debt, debt) for debt in consent.debt_ids}
    return bool(debt_ids) and {groups.get(debt, debt) for debt in debt_ids} <= covered
