"""The reading room: what comes back from a list's mail, and what it says of whom.

Pure: octets in, values out.  Nothing here raises on any input, and the time it takes is
in proportion to a bounded part of it.  Whose copy it was (the envelope says that), and
what follows for a member, is decided elsewhere.
"""
