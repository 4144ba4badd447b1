"""Where members, owners and moderators come from: files, lists, databases, directories.

    fetch   outside of any transaction: every source of one role of a list is read
    apply   one transaction: what they gave is staged, compared and brought about

Everybody goes on together or nobody: people leave only in a round in which all sources
answered, and never many at once without somebody's word.
"""
