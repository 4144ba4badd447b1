"""The words by which posts are found: written when they are filed, or anew.

A row has the words of subject, author and text, and marks: lexemes that no text can
have, for what else a search asks for.  So one index answers "this word, in this list,
from her, with a file" without looking at a post.
"""

import json
import re
from collections.abc import Collection, Mapping
from typing import Any

import psycopg

from listhub.archive.filing import Filing
from listhub.mail.address import key

#: Text search configurations by the language of a list.
CONFIGURATIONS = {"en": "english", "fr": "french"}
#: That of every other language: words as they are.
PLAIN = "simple"
ALL = (*dict.fromkeys(CONFIGURATIONS.values()), PLAIN)

# PostgreSQL's parser takes the section sign for a blank: it is in no word.
_MARK = "§"
FILES = f"files{_MARK}"
_WORD = re.compile(r"\w+")
_LONGEST = 200  # characters of a lexeme; PostgreSQL takes 2046 octets
_MOST_WORDS = 20

# An array of marks becomes lexemes as they are, without a place in the text.
_PUT = """
INSERT INTO archive_text (id, list_id, sent_at, language, words, content)
SELECT new.id, new.list_id, new.sent_at, new.language,
       setweight(to_tsvector(new.language::regconfig, new.subject), 'A')
       || setweight(to_tsvector('simple', new.author_name), 'B')
       || setweight(to_tsvector('simple', new.files), 'C')
       || to_tsvector(new.language::regconfig, new.content)
       || array_to_tsvector(new.marks),
       new.content
  FROM json_to_recordset(%s::json) AS new (
       id bigint, list_id bigint, sent_at timestamptz, language text, subject text,
       author_name text, files text, content text, marks text[])
    ON CONFLICT (id) DO UPDATE
       SET language = excluded.language, words = excluded.words,
           content = excluded.content, sent_at = excluded.sent_at
"""
_DROP = "DELETE FROM archive_text WHERE id = ANY(%s)"

Conn = psycopg.Connection[Any]


def put(conn: Conn, filings: Mapping[int, Filing]) -> None:
    """Write the words of posts, given by their ids, once more if they are there.

    The posts themselves must be there when the transaction ends.
    """
    if filings:
        new = [_row(number, each) for number, each in filings.items()]
        conn.execute(_PUT, [json.dumps(new, ensure_ascii=False)])


def drop(conn: Conn, ids: Collection[int]) -> None:
    """Take back the words of posts that were not filed after all."""
    if ids:
        conn.execute(_DROP, [list(ids)])


def _row(number: int, filing: Filing) -> dict[str, object]:
    configuration = CONFIGURATIONS.get(filing.language, PLAIN)
    return {
        "id": number,
        "list_id": filing.list_id,
        "sent_at": filing.sent_at.isoformat(),
        "language": configuration,
        "subject": filing.subject,
        "author_name": filing.author_name,
        "files": "\n".join(filing.files),
        "content": filing.content,
        "marks": marks(filing, configuration),
    }


def marks(filing: Filing, configuration: str) -> list[str]:
    """Return the lexemes for what is no word of the text."""
    found = {of_list(filing.list_id), of_configuration(configuration)}
    found.update(of_author(filing.author))
    found.update(of_author(filing.author_name))
    if filing.attachments:
        found.add(FILES)
    return sorted(found)


def of_list(list_id: int) -> str:
    """Return the mark of the posts of a list."""
    return f"list{_MARK}{list_id}"


def of_configuration(configuration: str) -> str:
    """Return the mark of the posts whose words were made in this way."""
    return f"in{_MARK}{configuration}"


def of_author(text: str) -> list[str]:
    """Return the marks of an author: an address as a whole, and each word."""
    whole = [key(text)] if "@" in text else []
    words = _WORD.findall(text.partition("@")[0].casefold())[:_MOST_WORDS]
    return [f"from{_MARK}{word[:_LONGEST]}" for word in (*whole, *words)]
