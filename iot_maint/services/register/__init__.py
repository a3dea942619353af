"""The equipment register: import and export, identities, limits of one's own, and the archive."""
