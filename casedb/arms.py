"""The arms of a campaign: which strategies, in which versions, with which shares; frozen when it starts."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Engine, Select, and_, bindparam, delete, insert, select

from casedb.engine import reading
from casedb.schema import campaign_arm, campaign_member, case
from domain.experiments.assignment import Arm

_ARMS = select(campaign_arm).where(campaign_arm.c.campaign_id == bindparam("id")).order_by(campaign_arm.c.number)


def store_arms(connection: Connection, campaign_id: str, arms: Sequence[Arm]) -> None:
    """Put them on record; the first is the champion."""
    if arms:
        connection.execute(
            insert(campaign_arm),
            [
                {
                    "campaign_id": campaign_id,
                    "arm": arm.name,
                    "number": number,
                    "strategy": arm.strategy,
                    "strategy_version": arm.version,
                    "weight": arm.weight,
                }
                for number, arm in enumerate(arms, start=1)
            ],
        )


def drop_arms(connection: Connection, campaign_id: str) -> None:
    """Forget those of a campaign that never began."""
    connection.execute(delete(campaign_arm).where(campaign_arm.c.campaign_id == campaign_id))


def find_arms(connection: Connection, campaign_id: str) -> tuple[Arm, ...]:
    """The champion first; none of a campaign from before there were any."""
    return tuple(
        Arm(name=row.arm, strategy=row.strategy, version=row.strategy_version, weight=row.weight)
        for row in connection.execute(_ARMS, {"id": campaign_id})
    )


def arms_of(engine: Engine, campaign_id: str) -> dict[str, Arm]:
    """The same by name."""
    with reading(engine) as connection:
        return {arm.name: arm for arm in find_arms(connection, campaign_id)}


def cases_by_arm(campaign_id: str, *columns: Any) -> Select[Any]:
    """Of the campaign's cases, with the `arm` of their person as it was assigned."""
    mine = and_(case.c.account_id == campaign_member.c.account_id, case.c.campaign_id == campaign_member.c.campaign_id)
    return (
        select(campaign_member.c.arm.label("arm"), *columns)
        .select_from(campaign_member)
        .join(case, mine)
        .where(campaign_member.c.campaign_id == campaign_id)
    )
