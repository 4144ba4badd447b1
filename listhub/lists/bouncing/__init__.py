"""Members whose mail comes back: evidence, score, what is done, and how it is undone.

events ──▶ score ──▶ levels ──▶ probe ──▶ actions ──▶ undo
   └─▶ breaker: groups of reports that do not count

Events are appended and never changed; a score is a query over them.  See
docs/explanation/bouncing.md.
"""
