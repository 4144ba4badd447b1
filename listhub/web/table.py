"""Every page, in the order in which paths are tried: fixed ones before {names}.

A page that is not here does not exist, and the tests of who may do what go through
this table: no page can be added without them.
"""

from listhub.web.door.page import Page
from listhub.web.pages import (
    archive,
    archive_feed,
    archive_files,
    archive_message,
    archive_removal,
    archive_search,
    held,
    held_mail,
    held_others,
    held_reject,
    home,
    info,
    lists,
    live,
    membership,
    my,
    my_posts,
    queue,
    review,
    second_factor,
    sign_in,
    sign_in_password,
)

PAGES: tuple[Page, ...] = (
    *home.PAGES,
    *sign_in_password.PAGES,
    *sign_in.PAGES,
    *second_factor.PAGES,
    *lists.PAGES,
    *info.PAGES,
    *review.PAGES,
    *membership.PAGES,
    *my.PAGES,
    *my_posts.PAGES,
    *queue.PAGES,
    *held.PAGES,
    *held_reject.PAGES,
    *held_others.PAGES,
    *held_mail.PAGES,
    *live.PAGES,
    *archive_search.PAGES,
    *archive_feed.PAGES,
    *archive.PAGES,
    *archive_message.PAGES,
    *archive_files.PAGES,
    *archive_removal.PAGES,
)
