"""Moderation and confirmation: what waits for somebody's word, as one state machine.

                       ┌─ moderators, owners, listmasters: approved, rejected,
    hold ──▶ waiting ──┤                                   discarded, spam
               ▲  │    ├─ the person who asked:            confirmed, withdrawn
               └──┘    └─ the clock:                       expired
        note, claim, remind

`hold` writes the request and mails its keys, `decide` writes the first decision, which
stands for ever, with all its effects in one transaction.  `answer` decides by key,
`reply` reads what somebody wrote back.

For pages and programs: `reach` is what somebody may decide, `choosing` which of it is
meant, `queue` lists and counts it, `likes` groups it, `item` shows one of it, `claim` and
`watching` say who is at it, `rejecting` shows what an author will read.  `delayed` decides
one or ten thousand with time to undo it, `carrying` does so, `progress` tells how far.
"""
