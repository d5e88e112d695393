"""The table of what keeps the house: what must be done again and again, by whichever worker."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from casedb.columns import instant


class LastRun(SQLModel, table=True):
    """When something that must happen again and again last came to its end."""

    __tablename__ = "last_run"
    name: str = Field(primary_key=True)
    at: datetime = instant()
