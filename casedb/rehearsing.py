"""What a rehearsal needs of the case database and no lender ever sends: an account that is not due yet."""

from datetime import date

from sqlalchemy import Connection, bindparam, update

from casedb.schema import obligation

_FALLS_DUE = (
    update(obligation).where(obligation.c.account_id == bindparam("account")).values(due_on=bindparam("on_day"))
)


def falls_due(connection: Connection, account_id: str, on: date) -> None:
    """Everything on the account falls due on that day, which a book of overdue accounts cannot say."""
    connection.execute(_FALLS_DUE, {"account": account_id, "on_day": on})
