"""The REST API: what the pages do, for programs, below /api/v1.

    route ──▶ token, rate limit ──▶ body read ──▶ grant ──▶ list ──▶ may it? ──▶ function
    (async)   (a transaction)       (async)       └───────── one transaction ──────────┘

An operation is a row of a table (`operation.Operation`): method, path, who may, what
right a token needs, a function.  The function's signature says the rest: what it takes
(`shape.Query`, `shape.Body`) and gives (`shape.Answer`), and the OpenAPI document is made
of that.  Behind it are the functions of `listhub.lists`, `spool` and `archive` that stand
behind the pages as well.
"""
