"""`switch set`, `switch lift`, `switch show`: stopping all contact, or that of a channel, campaign or strategy."""

from datetime import UTC, datetime

from casedb import switches
from casedb.engine import reading
from casedb.switches import SwitchRecord
from config.rules import load_rules
from console.output import plain, say, screen, table, wall_time, write_json
from console.session import session
from domain.switches import Switch
from domain.vocabulary import SwitchScope


def set_switch(scope: SwitchScope, key: str, reason: str, by: str, *, as_json: bool) -> int:
    """Stop contact from now on; the next contact of every worker reads it. Set already, nothing changes."""
    switch = Switch(scope=scope, key=key, reason=reason, set_by=by, set_at=datetime.now(UTC))
    with session() as opened:
        strategies = tuple(sorted(load_rules(opened.settings).strategies)) if scope is SwitchScope.STRATEGY else ()
        changed = switches.set_switch(opened.engine, switch, strategies=strategies)
    if as_json:
        write_json(plain(switch) | {"changed": changed})
    elif changed:
        say(f"{switch.says}; nothing is sent until it is lifted")
    else:
        say(f"{switch.name} is switched off already, nothing changed: python starter.py switch show")
    return 0


def lift_switch(scope: SwitchScope, key: str, by: str, *, as_json: bool) -> int:
    """Let contact go on; every case goes by its own next step, and none catches up on what it missed."""
    at = datetime.now(UTC)
    with session() as opened:
        switches.lift_switch(opened.engine, scope, key, by=by, at=at)
    if as_json:
        write_json({"scope": scope.value, "key": key, "lifted_by": by, "lifted_at": plain(at)})
    else:
        say(f"{scope.value} {key}".strip() + f" is on again, lifted by {by}")
    return 0


def show_switches(*, everything: bool, as_json: bool) -> int:
    """The switches that are set; `everything` adds those that were lifted."""
    with session() as opened, reading(opened.engine) as connection:
        records = [each for each in switches.history(connection) if everything or each.lifted_at is None]
    if as_json:
        write_json(
            [plain(each.switch) | {"lifted_by": each.lifted_by, "lifted_at": plain(each.lifted_at)} for each in records]
        )
        return 0
    if not records:
        say("no switch is set: contact goes by strategy and law")
        return 0
    columns = ("stopped", "since", "by", "lifted", "why")
    screen().print(table("Switches (times in UTC)", columns, map(_row, records)))
    return 0


def _row(record: SwitchRecord) -> tuple[str, ...]:
    switch = record.switch
    lifted = f"{wall_time(record.lifted_at)} by {record.lifted_by}" if record.lifted_at else "no"
    return switch.name, wall_time(switch.set_at), switch.set_by, lifted, switch.reason
