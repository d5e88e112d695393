"""Finding out whom an id is about: a person, or the person behind an account."""

from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, case, literal, select

from casedb.prepared import Prepared
from casedb.schema import account, contact_point, person
from domain.errors import NotKnown

SHIELDED_BY = case(
    (person.c.erased_at.is_not(None), literal("the person was erased")),
    (person.c.restricted_at.is_not(None), literal("the person is restricted")),
    else_=literal(""),
)
"""Why nobody starts a case of this person, as a column: who may not be contacted is not collected. (GDPR art. 18.)"""
_SHIELDED = Prepared(select(SHIELDED_BY.label("shielded_by")).where(person.c.person_id == bindparam("id")))
_ACCOUNT = select(account.c.person_id, account.c.account_id, account.c.zone).where(
    account.c.account_id == bindparam("id")
)
_PERSON = (
    select(person.c.person_id, person.c.zones, account.c.zone)
    .outerjoin(account, account.c.person_id == person.c.person_id)
    .where(person.c.person_id == bindparam("id"))
    .order_by(account.c.account_id)
    .limit(1)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Whose:
    """A person, with the account if the id was an account's."""

    person_id: str
    account_id: str | None
    zone: str
    """The calendar to read dates in: the account's; a person's is that of the first account, or where he lives."""

    @property
    def words(self) -> str:
        """Who it is, in words."""
        return f"account {self.account_id} is" if self.account_id else f"every account of person {self.person_id} is"


def shielded_by(connection: Connection, person_id: str) -> str:
    """Why no case of this person is started; empty when one may be."""
    found = _SHIELDED.first(connection, {"id": person_id})
    return str(found.shielded_by) if found is not None else ""


def find_whose(connection: Connection, wanted: str) -> Whose:
    """The account of that id, or else the person. Raises NotKnown."""
    of_account = connection.execute(_ACCOUNT, {"id": wanted}).first()
    if of_account is not None:
        return Whose(person_id=of_account.person_id, account_id=of_account.account_id, zone=of_account.zone)
    of_person = connection.execute(_PERSON, {"id": wanted}).first()
    if of_person is not None:
        zone = of_person.zone or next(iter(of_person.zones), "UTC")
        return Whose(person_id=of_person.person_id, account_id=None, zone=zone)
    raise NotKnown(f"no account or person {wanted} is in the case database: import its book first")


def find_jurisdiction(connection: Connection, person_id: str) -> str:
    """Whose law counts for a person. Raises NotKnown."""
    found = connection.scalars(select(person.c.jurisdiction).where(person.c.person_id == person_id)).first()
    if found is None:
        raise NotKnown(f"person {person_id} is not known: import the book that holds the person first")
    return str(found)


def personal_words(connection: Connection, account_id: str) -> list[tuple[str, str]]:
    """The name and every address of the account's person, each with what it is: for looking where they must not be."""
    named = select(person.c.person_id, person.c.full_name).join(account, account.c.person_id == person.c.person_id)
    found = connection.execute(named.where(account.c.account_id == account_id)).first()
    if found is None:
        return []
    addresses = connection.execute(
        select(contact_point.c.channel, contact_point.c.address).where(contact_point.c.person_id == found.person_id)
    )
    words = [("name", found.full_name), *((f"{row.channel} address", row.address) for row in addresses)]
    return [(sort, word) for sort, word in words if word]
