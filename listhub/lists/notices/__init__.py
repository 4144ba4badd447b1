"""Service mail: all that the system writes by itself, to whom, and in which words.

`catalogue.py` is the table; each notice has its values in a theme beside it and its
words in `templates/`.  `send.py` sends one, `group.py` gathers many of a kind.
"""
