"""The register's repository, by what is kept: the equipment itself, limits, archive, unknown metrics, transfers."""
