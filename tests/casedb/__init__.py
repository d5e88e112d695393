"""The case database, on SQLite and on PostgreSQL."""
