"""Relational data in SQLAlchemy Core, on SQLite or PostgreSQL; enter by `database.open_database`."""
