"""Kill switches on record: set, lifted, and read at the moment of every contact."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from casedb.engine import writing
from casedb.prepared import Prepared
from casedb.schema import campaign, contact_switch
from domain.errors import InvalidInput, NotKnown
from domain.switches import Switch
from domain.vocabulary import Channel, SwitchScope

ACTIVE = select(
    contact_switch.c.scope,
    contact_switch.c.key,
    contact_switch.c.reason,
    contact_switch.c.set_by,
    contact_switch.c.set_at,
).where(contact_switch.c.lifted_at.is_(None))
"""Every switch that is set; hardly ever more than a few rows, found through an index of only these."""
HOW_MANY = (
    select(func.count()).select_from(contact_switch).where(contact_switch.c.lifted_at.is_(None)).scalar_subquery()
)
"""For a column of a larger select: only when it is not 0, `active` need be asked."""
_ACTIVE = Prepared(ACTIVE)
_SET = insert(contact_switch)
_LIFT = (
    update(contact_switch)
    .where(
        contact_switch.c.scope == bindparam("of_scope"),
        contact_switch.c.key == bindparam("of_key"),
        contact_switch.c.lifted_at.is_(None),
    )
    .values(lifted_by=bindparam("by"), lifted_at=bindparam("at"))
    .returning(contact_switch.c.switch_id)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchRecord:
    """A switch with its end, if it was lifted."""

    switch: Switch
    lifted_by: str | None
    lifted_at: datetime | None


def active(connection: Connection) -> tuple[Switch, ...]:
    """Every switch that is set at this moment."""
    return tuple(_switch(row) for row in _ACTIVE.all(connection, {}))


def history(connection: Connection) -> list[SwitchRecord]:
    """Every switch that ever was set, the newest first."""
    rows = connection.execute(
        select(contact_switch).order_by(contact_switch.c.set_at.desc(), contact_switch.c.switch_id)
    )
    return [SwitchRecord(switch=_switch(row), lifted_by=row.lifted_by, lifted_at=row.lifted_at) for row in rows]


def set_switch(engine: Engine, switch: Switch, *, strategies: tuple[str, ...]) -> bool:
    """Stop contact from this moment; False when that switch is set already, which changes nothing.

    Raises InvalidInput for a key that stops nothing, NotKnown for an unknown campaign.
    """
    _require_key(switch, strategies)
    try:
        with writing(engine) as connection:
            if switch.scope is SwitchScope.CAMPAIGN:
                _require_campaign(connection, switch.key)
            connection.execute(
                _SET,
                {
                    "scope": switch.scope.value,
                    "key": switch.key,
                    "reason": switch.reason,
                    "set_by": switch.set_by,
                    "set_at": switch.set_at,
                },
            )
    except IntegrityError:
        return False
    return True


def lift_switch(engine: Engine, scope: SwitchScope, key: str, *, by: str, at: datetime) -> None:
    """Let contact go on. Raises NotKnown when that switch is not set."""
    with writing(engine) as connection:
        lifted = connection.execute(_LIFT, {"of_scope": scope.value, "of_key": key, "by": by, "at": at}).first()
    if lifted is None:
        name = f"{scope.value} {key}".strip()
        raise NotKnown(f"no switch on {name} is set: python starter.py switch show lists those that are")


def _require_key(switch: Switch, strategies: tuple[str, ...]) -> None:
    known = {
        SwitchScope.GLOBAL: ("",),
        SwitchScope.CHANNEL: tuple(channel.value for channel in Channel),
        SwitchScope.STRATEGY: strategies,
    }.get(switch.scope)
    if known is not None and switch.key not in known:
        says = f"no key, and was given {switch.key!r}" if known == ("",) else f"one of {', '.join(known)}"
        raise InvalidInput(f"a {switch.scope.value} switch takes {says}")


def _require_campaign(connection: Connection, campaign_id: str) -> None:
    if connection.execute(select(campaign.c.name).where(campaign.c.campaign_id == campaign_id)).first() is None:
        raise NotKnown(f"campaign {campaign_id} is not known: python starter.py campaign show lists them")


def _switch(row: Any) -> Switch:
    return Switch(scope=SwitchScope(row.scope), key=row.key, reason=row.reason, set_by=row.set_by, set_at=row.set_at)
