"""Policy: scenarios, parsed, compiled and evaluated; it judges and changes nothing.

    grammar  ──▶ scenario (linked: includes, header, blocklist) ──▶ evaluate ──▶ Decision
      ▲              ▲                                                 ▲
    text          library: family, list, domain, site, shipped       Facts: the world

Pure: what is not in the request is asked of two ports, `facts.Facts` and
`library.Files`, which `listhub.lists` implements over the database.
"""
