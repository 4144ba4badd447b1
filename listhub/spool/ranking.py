"""The order in which ready items are taken: one time-stamp does priority, age, share.

    rank = time of putting + priority * PRIORITY_STEP + lag

A claim takes the lowest rank.  Priority: 0 goes ahead of 1 by one step.  Ageing:
nothing waits for ever, because what comes later ranks later; an item of priority 9
waits at most nine steps longer than one of priority 0.  Share: the packets of one
post lag behind each other by what the list's share of the sending takes, and a
list's next post goes on where its last one ended (`mailing_list.send_clock`), so a
newsletter's packets spread out into the future and a small list's post slips in
between.  The rank is only an order: when nothing else waits, all of it is taken now.
"""

from datetime import timedelta

#: What one step of priority is worth in waiting.
PRIORITY_STEP = timedelta(seconds=20)

#: A list's fair share: one packet per this much time while others wait too.
PACKET_LAG = timedelta(milliseconds=20)

#: How far ahead of now a list's share can be spent: a busy list's next post is
#: delayed by at most this against other lists.
LONGEST_LAG = timedelta(minutes=5)
