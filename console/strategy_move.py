"""`strategy move`: cases brought to another strategy or version; previewed, and on record with who did it and why."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from activities.kept_strategies import keep_strategies
from activities.moving_cases import Considered, Mover
from activities.telling import Teller
from casedb.campaign_totals import require_campaign
from casedb.engine import reading
from casedb.inbox import Receipt
from casedb.moves import MovableCase, instant_of, movable_cases
from casedb.timeline import find_case
from config.rules import Rules, load_rules
from console.output import plain, say, screen, table, wall_time, write_json
from console.planner import planner_of
from console.session import Session, answered, session, temporal
from console.strategy import find_strategy
from domain.errors import AmicableError, ConfigurationError, IllegalTransition, InvalidInput, NotKnown
from domain.step import Contact, NextStep
from domain.strategy import Strategy

SOON = timedelta(hours=1)
SHOWN = 20
"""Cases of a preview that are shown one by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which cases go where, and who says so."""

    account: str | None
    campaign_id: str | None
    under: str | None
    """`NAME` or `NAME@VERSION`."""
    to: str
    by: str
    why: str

    def check(self) -> None:
        """Refuse anything but one selection. Raises InvalidInput."""
        given = [each for each in (self.account, self.campaign_id, self.under) if each]
        if len(given) != 1:
            raise InvalidInput("give ACCOUNT, --campaign or --from, and only one of them: which cases are moved?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of every case."""

    to: str
    found: tuple[Considered, ...]
    already: int
    """Cases that run under it as it is."""
    moved: tuple[str, ...] = ()
    untold: tuple[str, ...] = ()
    """Accounts whose workflow could not be told; the relay tells them."""

    @property
    def movable(self) -> list[Considered]:
        """Those that can be moved."""
        return [each for each in self.found if not each.move.refusal]

    @property
    def refused(self) -> list[Considered]:
        """Those that cannot."""
        return [each for each in self.found if each.move.refusal]


def move_cases(wanted: Wanted, *, preview: bool, confirmed: bool, as_json: bool) -> int:
    """Show what a move would do; with `confirmed`, do it. Raises IllegalTransition for one case that is refused."""
    wanted.check()
    if preview and confirmed:
        raise InvalidInput("give --preview or --yes, not both: is it to be shown or done?")
    with session() as opened:
        rules = load_rules(opened.settings)
        mover = Mover(engine=opened.engine, planner=planner_of(opened, rules), new=_target(opened, rules, wanted.to))
        cases = _cases(opened, wanted)
        if confirmed:
            keep_strategies(opened.engine, [mover.new], datetime.now(UTC))
            result = _moved(opened, mover, cases, wanted, as_json=as_json)
        else:
            result = _looked_at(opened, mover, cases, as_json=as_json)
    if as_json:
        write_json(_as_json(result))
    else:
        _show(result, done=confirmed)
    if confirmed and wanted.account and result.refused:
        [refused] = result.refused
        raise IllegalTransition(f"case {refused.case.case_id} was not moved: {refused.move.refusal}")
    return 0


def _target(opened: Session, rules: Rules, to: str) -> Strategy:
    new = find_strategy(planner_of(opened, rules), to)
    unknown = sorted(new.templates - set(rules.template_names))
    if unknown:
        raise ConfigurationError(
            f"{new.reference} asks for {', '.join(unknown)}, and no file of config/strategies does, so no worker has "
            "these templates: put such a file there, restart the workers, and move the cases then"
        )
    return new


def _cases(opened: Session, wanted: Wanted) -> list[MovableCase]:
    with reading(opened.engine) as connection:
        if wanted.campaign_id:
            require_campaign(connection, wanted.campaign_id)
            return movable_cases(connection, campaign_id=wanted.campaign_id)
        if wanted.under:
            name, _, version = wanted.under.partition("@")
            found = movable_cases(connection, strategy=name, version=version or None)
            if not found:
                raise NotKnown(
                    f"no open case runs under {wanted.under}: python starter.py strategy list shows which do"
                )
            return found
        record = find_case(connection, str(wanted.account))
        found = movable_cases(connection, account_id=record.account_id)
    if not found:
        raise IllegalTransition(f"case {record.case_id} is closed: {record.close_reason}")
    return found


def _looked_at(opened: Session, mover: Mover, cases: Sequence[MovableCase], *, as_json: bool) -> Result:
    wall, found = datetime.now(UTC), list[Considered]()
    going = [case for case in cases if not mover.runs_already(case)]
    with _bar("looked at", len(going), shown=not as_json) as step:
        for case in going:
            with reading(opened.engine) as connection:
                found.append(mover.consider(connection, case, instant_of(connection, case, wall)))
            step()
    return Result(to=mover.new.reference, found=tuple(found), already=len(cases) - len(going))


def _moved(opened: Session, mover: Mover, cases: Sequence[MovableCase], wanted: Wanted, *, as_json: bool) -> Result:
    """One transaction per case; run again after a crash, it goes on with the others."""
    found, receipts = list[Considered](), list[Receipt]()
    with _bar("moved", len(cases), shown=not as_json) as step:
        for case in cases:
            considered, receipt = mover.move(case, by=wanted.by, why=wanted.why, now=datetime.now(UTC))
            receipts += [receipt] if receipt is not None else []
            if receipt is not None or considered.move.refusal:
                found.append(considered)
            step()
    return Result(
        to=mover.new.reference,
        found=tuple(found),
        already=len(cases) - len(found),
        moved=tuple(receipt.fact.move.case_id for receipt in receipts if receipt.fact.move),
        untold=asyncio.run(_untold(opened, receipts)),
    )


async def _untold(opened: Session, receipts: Sequence[Receipt]) -> tuple[str, ...]:
    """Tell every case; who was not told. A move holds for the next contact whether its case has heard or not."""
    teller = Teller.of(opened.settings, opened.engine, partial(temporal, opened.settings))
    told = 0
    try:
        for receipt in receipts:
            await answered(teller.bring(receipt), receipt.event_id)
            told += 1
    except AmicableError:  # no server: nobody waits for one answer after another
        return tuple(str(receipt.account_id) for receipt in receipts[told:])
    return ()


@contextmanager
def _bar(done: str, total: int, *, shown: bool) -> Iterator[Callable[[], None]]:
    if not shown or total <= SHOWN:
        yield lambda: None
        return
    columns = (TextColumn(f"cases {done}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=screen(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=total)
        yield lambda: progress.advance(task)


def _show(result: Result, *, done: bool) -> None:
    movable, refused = result.movable, result.refused
    if movable or refused:
        columns = ("case", "next now", "next then", "touches")
        rows = [_row(each) for each in (*movable, *refused)[:SHOWN]]
        title = "Moved to" if done else "What would be moved to"
        screen().print(table(f"{title} {result.to} (times in each account's zone)", columns, rows))
        if len(result.found) > SHOWN:
            say(f"{SHOWN} of {len(result.found):,} cases; --json has them all")
    for why, number in Counter(_reason(each) for each in refused).most_common():
        say(f"{_cases_of(number)} {'not moved' if done else 'would not be moved'}: {why}")
    if result.already:
        say(f"{result.already:,} run under {result.to} already")
    soon = sum(_is_soon(each) for each in movable)
    if soon:
        say(f"{_cases_of(soon)} {'will' if done else 'would'} be written to within the hour, where the law allows it")
    if not done:
        say(f"{len(movable):,} of {len(result.found):,} would be moved to {result.to}; nothing was: --yes does it")
        return
    say(f"{_cases_of(len(result.moved))} moved to {result.to}")
    if result.untold:
        say(f"{len(result.untold):,} of them could not be told yet: a worker's relay tells them")


def _cases_of(number: int) -> str:
    return f"{number:,} case" if number == 1 else f"{number:,} cases"


def _is_soon(each: Considered) -> bool:
    then = each.move.then
    return then is not None and isinstance(then.action, Contact) and then.at <= datetime.now(UTC) + SOON


def _reason(each: Considered) -> str:
    """Without what is of one case only, so that equal reasons are counted together."""
    return each.move.refusal.partition(": ")[0]


def _row(each: Considered) -> tuple[str, str, str, str]:
    move = each.move
    changes = [f"+ {key}" for key in move.added] + [f"- {key}" for key in move.left_out]
    then = _step(move.then, each.zone) if not move.refusal else f"refused: {move.refusal}"
    return each.case.case_id, _step(move.now, each.zone), then, ", ".join(changes) or "the same"


def _step(step: NextStep | None, zone: str) -> str:
    if step is None:
        return "not known: nobody kept its version"
    what = step.action.touch_key if isinstance(step.action, Contact) else step.action.kind
    return f"{what} at {wall_time(step.at, zone)}"


def _as_json(result: Result) -> dict[str, object]:
    return {
        "to": result.to,
        "cases": [
            plain(each.case) | {"zone": each.zone} | plain(each.move) | {"moved": each.case.case_id in result.moved}
            for each in result.found
        ],
        "movable": len(result.movable),
        "refused": len(result.refused),
        "already": result.already,
        "moved": len(result.moved),
        "untold": list(result.untold),
    }
