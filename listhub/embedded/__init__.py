"""The whole system on one machine: servers of its own in one directory."""
