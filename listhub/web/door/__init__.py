"""What stands between a request and a page: who asks, whether they may, and the answer.

    read ──▶ session ──▶ standing ──▶ list ──▶ need ──▶ CSRF ──▶ the page's function
    (async)  └──────────────── one transaction, in a thread ──────────────────────┘

A page is a row of a table (`page.Page`): its path, who may, a function for GET and one
for POST.  Its function gets a `Visit` and returns a `View`, a `Moved` or a response;
it never commits, and whatever it raises becomes a page that says what is wrong.
"""
