"""What goes wrong with a site, a profile or an option, said in one line."""


class SimulatorError(Exception):
    """A faulty file or option; the text names the file and the key and says what is wrong."""
