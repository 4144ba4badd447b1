"""The roster: the members of one list as its owners see and change them."""
