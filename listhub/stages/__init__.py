"""The rooms: read table.py, then the stages, to follow a message."""
