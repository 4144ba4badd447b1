"""Each condition and each variable, on a world of plain values."""

from datetime import UTC, datetime
from typing import Any

import pytest

from listhub.mail.draft import Draft
from listhub.policy.decision import Decision
from listhub.policy.evaluate import Compiled, compile_rules, evaluate
from listhub.policy.facts import StaticFacts, keys
from listhub.policy.grammar import parse
from listhub.policy.request import Request
from listhub.policy.syntax import Rule

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
LIST = "dev@l.example.org"

MAIL = b"""\
From: Ann <ann@x.example>, Bob <bob@x.example>
To: dev@l.example.org
Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=
X-Score: 3
X-Score: 7
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

caf=E9
--b
Content-Type: multipart/alternative; boundary=c

--c
Content-Type: text/html

<p>html
--c--
--b
Content-Type: application/pdf

%PDF
--b--
"""

FACTS = StaticFacts(
    members={
        LIST: keys(["sub@x.example"]),
        "other@l.example.org": keys(["ann@x.example"]),
    },
    owners={
        LIST: keys(["own@x.example"]),
        "plain@l.example.org": keys(["own@x.example"]),
    },
    editors={LIST: keys(["ed@x.example"])},
    listmasters=keys(["lm@l.example.org"]),
    values={
        "list->subject": ("Development",),
        "conf->listmaster": ("lm@l.example.org",),
        "custom_vars->room": ("12",),
        "family->name": ("courses",),
        "user->gecos": ("Sub",),
        "user_attributes->dept": ("law", "arts"),
        "subscriber->reception": ("nomail",),
    },
    filters={"blocklist.txt": "", "some.txt": "*@y.example\n# x\n;y\nsub@x.example\n"},
    hits={"people.ldap": keys(["sub@x.example"])},
    custom={
        "odd": lambda arguments: len(arguments[0][0]) % 2 == 1,
        "bad": lambda arguments: bool(arguments[9]),
    },
)


def decide(condition: str, *, text: str = "", **more: Any) -> Decision:
    """Return what one condition decides: do_it if it holds."""
    steps = parse(text or f"{condition} smtp -> do_it", file="f").steps
    rules = compile_rules([("f", step) for step in steps if isinstance(step, Rule)])
    asked = {
        "operation": "send",
        "domain": "l.example.org",
        "listname": "dev",
        "sender": "sub@x.example",
        "now": NOW,
        **more,
    }
    return evaluate(Compiled(operation="send", rules=rules), Request(**asked), FACTS)


def holds(condition: str, **more: Any) -> bool:
    decision = decide(condition, **more)
    assert decision.error == ""
    return decision.allowed


@pytest.mark.parametrize(
    "condition",
    [
        "true()",
        "all()",
        "!is_listmaster([sender])",
        "is_listmaster('LM@L.example.org')",
        "is_subscriber([listname],[sender])",
        "is_subscriber(dev,'Sub <sub@X.example>')",
        "is_subscriber([list->address],[sender])",
        "is_subscriber('other',[msg_header->From])",
        "!is_subscriber('nowhere',[sender])",
        "is_editor([listname],ed@x.example)",
        "!is_editor([listname],own@x.example)",
        "is_editor(plain,own@x.example)",
        "!is_editor([listname],lm@l.example.org)",
        "is_owner([listname],own@x.example)",
        "is_owner([listname],lm@l.example.org)",
        "!is_owner([listname],ed@x.example)",
        "equal([sender],SUB@x.example)",
        "equal(law,[user_attributes->dept])",
        "equal([user_attributes->dept],arts)",
        "!equal([user_attributes->dept],science)",
        "less_than(2,10)",
        "!less_than(10,2)",
        "less_than(a,b)",
        "less_than([msg_header->X-Score],4)",
        "less_than(5,[msg_header->X-Score])",
        "!less_than([msg_header->X-Score][-1],5)",
        "match([sender],/^SUB@/)",
        "match([sender],/x\\.example$/)",
        "match('a@l.example.org',/@[domain]$/)",
        "!match('a@lxexamplexorg',/@[domain]$/)",
        "match('a@l.example.org',/@[HOST]$/)",
        "!match([sender],//)",
        "match([msg_header->Subject],/grüße/)",
        "match([header->subject],/^gr/)",
        "older(2020y,2020y1m1d)",
        "older(execution_date-1d,execution_date)",
        "newer([current_date],execution_date-1sec)",
        "newer([execution_date],2026y11m21d11h59min59sec)",
        "!newer(execution_date,[current_date])",
        "older('1735689600 + 1d',2025y1m2d)",
        "search(some.txt,[sender])",
        "search(some.txt)",
        "search('some.txt','A <a@Y.example>')",
        "!search(some.txt,'a@x.example')",
        "!search(blocklist.txt,[sender])",
        "search(people.ldap)",
        "!search(people.ldap,'x@y.example')",
        "customcondition::odd(abc)",
        "customcondition::odd([domain],/x/)",
        "equal([email],[sender])",
        "equal([listname],dev)",
        "equal([domain],l.example.org)",
        "equal([host],l.example.org)",
        "equal([remote_host],unknown_host)",
        "equal([remote_addr],'')",
        "equal([current_date],1795262400)",
        "equal([is_bcc],0)",
        "equal([msg_encrypted],'')",
        "equal([msg_body],'')",
        "equal([msg_part->type],text/html)",
        "equal([msg_part->type],'application/pdf')",
        "match([msg_part->body],/café/)",
        "match([msg_part->body],/<p>html/)",
        "!match([msg_part->body],/PDF/)",
        "equal([msg_header->X-None],'')",
        "equal([msg_header->X-Score][0],3)",
        "equal([msg_header->X-Score][1],7)",
        "equal([msg_header->X-Score][9],'')",
        "equal([msg->spam_status],'')",
        "equal([topic],'')",
        "equal([topic-auto],'')",
        "equal([topic_needed],'')",
        "equal([list->name],dev)",
        "equal([list->subject],development)",
        "equal([conf->domain],[domain])",
        "equal([conf->listmaster],lm@l.example.org)",
        "equal([custom_vars->room],12)",
        "equal([custom_vars->none],'')",
        "equal([family->name],courses)",
        "equal([user->email],[sender])",
        "equal([user->none],'')",
        "equal([subscriber->reception],nomail)",
        "equal([env->PATH],'')",
        "equal([env->REMOTE_ADDR],'')",
        "!verify_netmask(any)",
    ],
)
def test_holds(condition: str) -> None:
    """What is true of this world, with a message."""
    assert holds(condition, message=Draft.parse(MAIL))


@pytest.mark.parametrize(
    ("condition", "context"),
    [
        ("equal([email],a@b.example)", {"email": "a@b.example"}),
        ("equal([current_email],a@b.example)", {"current_email": "a@b.example"}),
        ("equal([remote_addr],192.0.2.1)", {"remote_addr": "192.0.2.1"}),
        ("verify_netmask('192.0.2.0/24')", {"remote_addr": "192.0.2.1"}),
        ("!verify_netmask('192.0.3.0/24')", {"remote_addr": "192.0.2.1"}),
        ("verify_netmask(2001:db8::/32)", {"env->REMOTE_ADDR": "2001:db8::9"}),
        ("equal([env->REMOTE_USER],jo)", {"env->REMOTE_USER": "jo"}),
        ("equal([env->HOME],'')", {"env->HOME": "/root", "home": "/root"}),
        ("equal([topic-sender],exams)", {"topic_sender": "exams"}),
        ("equal([topic_sender],exams)", {"topic_sender": "exams"}),
        ("equal([msg->spam_status],spam)", {"msg->spam_status": "spam"}),
    ],
)
def test_context(condition: str, context: dict[str, str]) -> None:
    """What the request knows is read from its context, and from nowhere else."""
    assert holds(condition, context=context)


@pytest.mark.parametrize(
    "condition",
    [
        "equal([msg_header->Subject],'')",
        "equal([msg_part->type],'')",
        "equal([msg_body],'')",
        "equal([is_bcc],0)",
    ],
)
def test_without_a_message(condition: str) -> None:
    """Variables of a message are empty where there is none."""
    assert holds(condition)


def test_bcc_is_the_name_that_stands_nowhere() -> None:
    """1 if the name of the list is in neither To nor Cc."""
    for head, bcc in ((b"To: x@y.example", True), (b"Cc: DEV@other.example", False)):
        message = Draft.parse(head + b"\n\n")
        assert holds("equal([is_bcc],1)", message=message) is bcc


def test_encrypted_is_smime_only() -> None:
    """Encrypted with S/MIME, not just signed (RFC 8551)."""
    for kind, expected in (("enveloped-data", "smime"), ("signed-data", "")):
        head = f"Content-Type: application/pkcs7-mime; smime-type={kind}\n\nMII"
        message = Draft.parse(head.encode())
        assert holds(f"equal([msg_encrypted],'{expected}')", message=message)


@pytest.mark.parametrize(
    ("condition", "error"),
    [
        ("equal([nothing],x)", "f:1: nothing is known as [nothing]"),
        ("equal([list->nothing],x)", "f:1: nothing is known as [list->nothing]"),
        ("equal([conf->nothing],x)", "f:1: nothing is known as [conf->nothing]"),
        ("search(none.txt)", "f:1: there is no filter none.txt"),
        ("older([sender],1)", "f:1: 'sub@x.example' is not a date"),
        ("message(x)", "f:1: message() has never meant anything"),
        ("customcondition::none()", "f:1: there is no custom condition none"),
        ("customcondition::bad(x)", "the custom condition bad failed: IndexError"),
    ],
)
def test_what_cannot_be_decided_rejects(condition: str, error: str) -> None:
    """A run-time error is a refusal, with the error for the listmaster beside it."""
    decision = decide(condition)

    assert (decision.action, decision.reason) == (
        "reject",
        "error-performing-condition",
    )
    assert error in decision.error


def test_first_rule_that_fits_decides() -> None:
    """Rules for other methods are passed over; without any that fits: no-rule-match."""
    text = """
        true() md5 -> owner
        equal([sender],x) smtp -> editor
        is_subscriber([listname],[sender]) smtp,md5 -> reject(reason='k'),quiet
        true() smtp -> do_it
    """
    decision = decide("", text=text)
    assert (decision.written, decision.reason) == ("reject,quiet", "k")
    assert decision.rule
    assert decision.rule.line == 4
    assert decide("", text=text, auth="md5").action == "owner"
    assert decide("", text=text, auth="smime").reason == "no-rule-match"


def test_request_auth_says_who_confirms() -> None:
    """The sender, or whom the variable names."""
    assert decide("", text="true() -> request_auth").auth_address == "sub@x.example"
    asked = decide("", text="true() -> request_auth([email])", context={"email": "a@b"})
    assert (asked.auth_address, asked.written) == ("a@b", "request_auth([email])")


def test_closed_lists_are_guarded() -> None:
    """send and visibility need an open list, whatever the rules say; others do not."""
    for operation, expected in (("send", False), ("visibility", False), ("info", True)):
        decision = decide("true()", operation=operation, list_status="closed")
        assert decision.allowed is expected
    assert decide("true()", list_status="pending").reason == "list-no-open"
