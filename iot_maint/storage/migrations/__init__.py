"""Steps from one schema to the next, for Alembic; each is never changed once released.

A new one is `versions/rNNNN_what.py`; a test compares where they lead with the tables that the code declares.
"""
