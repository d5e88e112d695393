"""How accounts are read for a campaign: as fast with a million members as with none."""

from datetime import UTC, datetime

from sqlalchemy import event

from casedb.candidates import read_candidates
from casedb.engine import open_engine, reading


def test_whether_another_campaign_waits_for_an_account_is_looked_up_by_the_account(sqlite_url: str) -> None:
    engine = open_engine(sqlite_url)
    asked: list[tuple[str, object]] = []
    event.listen(engine, "before_cursor_execute", lambda c, cursor, sql, values, *_: asked.append((sql, values)))
    with reading(engine) as connection:
        read_candidates(connection, ["A-1", "A-2"], datetime(2026, 11, 21, tzinfo=UTC))
        sql, values = next(each for each in asked if "campaign_member" in each[0])
        plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values)]  # type: ignore[arg-type]
    [member] = [line for line in plan if "campaign_member" in line]
    assert "campaign_member_account (account_id=?)" in member
    engine.dispose()
