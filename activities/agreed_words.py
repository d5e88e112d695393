"""What a message about an agreement tells: taken from the case, and from the relief's row, by the touch's key."""

from sqlalchemy import Connection

from casedb import reliefs
from casedb.snapshot import Snapshot
from config.messages import AgreementWords
from domain.case import CaseState
from domain.money import Money


def agreement_words(
    connection: Connection, case: CaseState, snapshot: Snapshot, touch_key: str
) -> AgreementWords | None:
    """The agreement that the key names; None for a touch of the ladder."""
    kind, _, rest = touch_key.partition("/")
    if kind == "promise" and case.promise is not None:
        return AgreementWords(
            kind=kind, amount=Money(case.promise.amount_minor, case.currency), due_on=case.promise.due_on
        )
    if kind == "plan" and case.plan is not None:
        return _of_plan(case, snapshot, rest)
    if kind == "relief":
        relief = reliefs.find_relief(connection, rest.rpartition("/")[0])
        amount = Money(relief.amount_minor, case.currency)
        return AgreementWords(kind=relief.kind.value, amount=amount, due_on=relief.until)
    return None


def _of_plan(case: CaseState, snapshot: Snapshot, rest: str) -> AgreementWords:
    """Of a reminder what is still to be paid by its day; of the terms all payments, the first of them named."""
    plan = case.plan
    assert plan is not None
    numbers = rest.split("/")
    number = int(numbers[-2]) if numbers[-1] == "reminder" else 1
    due = plan.instalments[number - 1]
    paid = next((each.total_minor for each in snapshot.received if each.agreed_as == plan.agreed_as), 0)
    wanted = sum(each.amount_minor for each in plan.instalments[:number])
    interest = sum(plan.interest_minor)
    return AgreementWords(
        kind="plan",
        amount=Money(max(0, wanted - paid), case.currency),
        due_on=due.due_on,
        payments=tuple((each.due_on, Money(each.amount_minor, case.currency)) for each in plan.instalments),
        interest=Money(interest, case.currency) if interest else None,
    )
