"""Who somebody is and how they get in: what stands behind pages and API, without HTTP.

    a link, a password, a provider, a front server ──▶ session ──▶ standing ──▶ grant
                                          API token ────────────▶ standing ──▶ grant

Functions take a connection; the caller commits.  What was tried counts only once it is
committed, so guesses return what came of them and raise nothing.
"""
