"""Alembic's scripts: `env.py` and one file per revision. Run by `casedb.migrate`; imports only `casedb`."""
