"""Named filters elsewhere: what their files ask, and that values cannot break out."""

import sys

import pytest
from hypothesis import given, strategies as st

from listhub.config import Settings
from listhub.outside import ldap_filter, sql_filter
from listhub.outside.filter_file import FilterError

SQL = """\
sql_named_filter_query
# who works here
db_type   PostgreSQL
db_host   db.example.org
db_name   people
db_user   reader
db_passwd secret%d word
statement SELECT count(*) FROM staff
          WHERE mail = '[sender]' AND unit LIKE 'a%' AND name = [user->gecos]
"""
LDAP = """\
host    ldap.example.org:389
suffix  dc=example,dc=org
filter  (&(mail=[sender])(cn=[user->gecos]))
scope   one
use_tls starttls
"""
EVIL = "*)(uid=*))(|(uid=*\\\0"


def test_sql_variables_are_parameters() -> None:
    """Variables are bound, with or without quotes; per cents stay what they are."""
    question = sql_filter.question(SQL, lambda name: f"{name}'; DROP TABLE staff --")

    assert question.statement == (
        "SELECT count(*) FROM staff WHERE mail = %s AND unit LIKE 'a%%' AND name = %s"
    )
    assert question.parameters == (
        "[sender]'; DROP TABLE staff --",
        "[user->gecos]'; DROP TABLE staff --",
    )
    assert "host=db.example.org" in question.url
    assert "dbname=people" in question.url


def test_passwords_are_not_shown() -> None:
    """What a question is called in logs has no password in it."""
    assert "secret" not in repr(sql_filter.question(SQL, lambda _: ""))
    text = f"{LDAP}bind_password secret\n"
    assert "secret" not in repr(ldap_filter.question(text, lambda _: ""))


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "statement is missing"),
        ("statement SELECT 1", "url or db_name is missing"),
        ("db_type mysql\nstatement SELECT 1", "only PostgreSQL can be asked"),
        (
            "url mysql://h/x\nstatement SELECT 1",
            "url does not start with postgresql://",
        ),
        ("select 1", "'select' is none of url"),
    ],
)
def test_broken_sql_filters(text: str, error: str) -> None:
    """What is wrong with the file is said."""
    with pytest.raises(FilterError, match=error):
        sql_filter.question(text, lambda _: "")


def test_database_that_does_not_answer_is_an_error() -> None:
    """Not a refusal and not an exception; asked again after a minute."""
    text = "url postgresql:///?host=/nonexistent\nstatement SELECT 1"
    answer = sql_filter.question(text, lambda _: "").answer(Settings())

    assert not answer.value.found
    assert answer.value.error
    assert answer.keep == 60


def test_ldap_values_are_escaped() -> None:
    """A value with a whole filter in it stays a value (RFC 4515 §3)."""
    question = ldap_filter.question(LDAP, lambda _: EVIL)

    escaped = r"\2a\29\28uid=\2a\29\29\28|\28uid=\2a\5c\00"
    assert question.filter == f"(&(mail={escaped})(cn={escaped}))"
    assert question.uri == "ldap://ldap.example.org:389"
    assert (question.scope, question.starttls) == (1, True)


@given(st.text())
def test_nothing_breaks_out_of_a_filter(value: str) -> None:
    """Whatever the value, none of the characters that mean something is left."""
    assert not set(ldap_filter.escaped(value)) & set("*()\0")


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("scope all", "scope is one of base, one, sub, not all"),
        ("use_tls maybe", "use_tls is one of none, starttls, ldaps"),
        ("deref x", "deref is one of never"),
        ("timeout 0", "timeout is not a whole number"),
        ("colour red", "'colour' is none of host"),
    ],
)
def test_broken_ldap_filters(line: str, error: str) -> None:
    """What is wrong with the file is said."""
    with pytest.raises(FilterError, match=error):
        ldap_filter.question(f"{LDAP}{line}\n", lambda _: "")


def test_without_python_ldap_the_filter_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The optional package is asked for in one sentence, not with a traceback."""
    monkeypatch.setitem(sys.modules, "ldap", None)
    answer = ldap_filter.question(LDAP, lambda _: "x").answer(Settings())

    assert answer.value.error == (
        "a filter asks a directory; install python-ldap for that"
    )
