"""Moderation and confirmation: what waits for somebody's word, as one state machine.

                       ┌─ moderators, owners, listmasters: approved, rejected,
    hold ──▶ waiting ──┤                                   discarded, spam
               ▲  │    ├─ the person who asked:            confirmed, withdrawn
               └──┘    └─ the clock:                       expired
        note, claim, remind

`hold` writes the request and mails its keys, `decide` writes the first decision, which
stands for ever, with all its effects in one transaction.  `answer` decides by key,
`reply` reads what somebody wrote back; `waiting` lists, `claim` says who is at it.
"""
