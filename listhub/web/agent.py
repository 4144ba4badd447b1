"""What a browser calls itself, in two words: which one it is, and what it runs on.

Told to people who look for a stranger among their sessions; nothing depends on it.
"""

# In this order: most of them also claim to be those further down.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)
_MOST = 60


def words(agent: str) -> str:
    """Return `Firefox, Linux` for a User-Agent, or its beginning if it says neither."""
    found = (
        next((word for mark, word in table if mark in agent), "")
        for table in (_BROWSERS, _SYSTEMS)
    )
    return ", ".join(filter(None, found)) or agent[:_MOST]
