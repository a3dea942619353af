"""The words of the trade, and the ports the services speak through.  Imports nothing else of the project."""
