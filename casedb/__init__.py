"""The case database: the truth about facts, and the only SQL.

Lives here: tables, engine, migrations, queries by noun, the import of a book of accounts.
May import: `domain`, SQLModel and SQLAlchemy. It never talks to Temporal or to a provider.
"""
