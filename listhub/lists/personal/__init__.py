"""All that is stored about a person: told to them, or taken out.

`places` is the table of where a person can be found; a test holds it against the
schema, so that a new column is either in it or argued to hold nothing of the kind.
"""
