"""Pages for people: so far the status page."""
