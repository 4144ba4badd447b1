"""ListHub: a mailing-list system that runs on many hosts at once."""

__version__ = "0.1.0"
