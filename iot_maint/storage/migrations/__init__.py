"""Steps from one schema to the next, for Alembic; each is never changed once released."""
