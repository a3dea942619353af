"""The steps, oldest first: the first makes the schema of the first release."""
