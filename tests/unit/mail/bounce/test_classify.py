"""What failures mean: the table rule by rule, with texts as servers give them."""

import re
import time

import pytest

from listhub.mail.bounce.classify import classify, leads_to_removal, standard

# One line or more for each rule, in the order of the table.
ROWS = [
    (0, "5.7.26", "not accepted", "authentication"),
    (0, "4.7.509", "does not pass", "authentication"),
    (1, "5.7.1", "Email rejected per DMARC policy", "authentication"),
    (1, "5.0.0", "SPF check failed", "authentication"),
    (1, "5.0.0", "does not have a PTR record", "authentication"),
    (1, "5.1.1", "Unauthenticated mail is refused", "authentication"),
    (2, "5.7.606", "Access denied", "spam"),
    (3, "5.7.1", "Message rejected as spam", "spam"),
    (3, "5.1.1", "Your address is on our blocklist", "spam"),
    (3, "5.0.0", "Nachricht wurde als Spam erkannt", "spam"),
    (3, "5.0.0", "垃圾邮件", "spam"),
    (4, "5.4.1", "Recipient address rejected: Access denied.", "no-such-user"),
    (5, "4.7.1", "Greylisted for 300 seconds", "policy"),
    (5, "5.7.1", "Relaying denied", "policy"),
    (5, "5.7.1", "Sender address rejected: not logged in", "policy"),
    (5, "4.0.0", "Too many connections from you", "policy"),
    (5, "5.0.0", "Access denied", "policy"),
    # Of the sender, not of the recipient.
    (5, "5.1.8", "Sender address rejected: Domain not found", "policy"),
    (5, "5.7.1", "Helo command rejected: Host not found", "policy"),
    (5, "5.0.0", "Your account has been suspended", "policy"),
    (5, "5.0.0", "The sender's domain does not exist", "policy"),
    (5, "5.1.1", "Sender verify failed: user unknown", "policy"),
    (5, "5.0.0", "Client host rejected: cannot find your hostname", "policy"),
    (6, "5.2.2", "no words", "mailbox-full"),
    (7, "5.6.0", "bad MIME", "content"),
    (7, "5.2.3", "", "content"),
    (8, "5.7.133", "RESOLVER.RST.SenderNotAuthenticatedForGroup", "policy"),
    (8, "5.1.8", "bad sender's system address", "policy"),
    (9, "5.1.1", "", "no-such-user"),
    (9, "5.2.1", "The email account is disabled", "no-such-user"),
    (9, "5.1.1", "<spam@blocked.example>: rejected", "no-such-user"),
    (
        9,
        "5.1.1",
        "host mx.spam.blocked.example[192.0.2.1] said: 550 no",
        "no-such-user",
    ),
    (9, "5.1.1", "see https://spamhaus.example/dnsbl", "no-such-user"),
    (10, "5.0.0", "552 Mailbox is full", "mailbox-full"),
    (10, "5.0.0", "Das Postfach ist voll", "mailbox-full"),
    (10, "5.0.0", "la boîte de réception est saturée", "mailbox-full"),
    (10, "5.0.0", "el buzón está lleno", "mailbox-full"),
    (10, "5.0.0", "Почтовый ящик переполнен", "mailbox-full"),
    (10, "5.0.0", "邮箱已满", "mailbox-full"),
    (11, "5.0.0", "attachment type not allowed", "content"),
    (11, "5.0.0", "554 This mail has a virus", "content"),
    (12, "5.0.0", "Name service error: Host not found, try again", "network"),
    (12, "5.4.4", "DNS lookup timed out, domain not found", "network"),
    (13, "5.4.4", "Host or domain name not found", "no-such-user"),
    (13, "5.0.0", "unrouteable mail domain", "no-such-user"),
    (14, "5.0.0", "Connection timed out", "network"),
    (14, "5.0.0", "554 Message looping (received 6 times)", "network"),
    (14, "4.0.0", "Domain name not found. Name service error", "network"),
    (15, "5.0.0", "Temporarily not accepted", "transient"),
    (15, "4.0.0", "mailbox busy", "transient"),
    (16, "5.0.0", "550 User unknown", "no-such-user"),
    (16, "5.0.0", "550 No such user here", "no-such-user"),
    (16, "5.5.0", "Requested action not taken: mailbox unavailable", "no-such-user"),
    (16, "5.7.1", "550 5.7.1 No such user!", "no-such-user"),
    (16, "5.0.0", "This account has been disabled", "no-such-user"),
    (16, "", "sorry, no mailbox here by that name", "no-such-user"),
    (16, "5.0.0", "Empfänger unbekannt", "no-such-user"),
    (16, "5.0.0", "Cette adresse n'existe plus", "no-such-user"),
    (16, "5.0.0", "el usuario no existe", "no-such-user"),
    (16, "5.0.0", "utente sconosciuto", "no-such-user"),
    (16, "5.0.0", "usuário inexistente", "no-such-user"),
    (16, "5.0.0", "onbekende gebruiker", "no-such-user"),
    (16, "5.0.0", "użytkownik nieznany", "no-such-user"),
    (16, "5.0.0", "Пользователь не найден", "no-such-user"),
    (16, "5.0.0", "收件人不存在", "no-such-user"),
    (16, "5.0.0", "ユーザーが存在しません", "no-such-user"),
    (17, "5.7.1", "Command rejected", "policy"),
    (18, "5.4.0", "could not be routed", "network"),
    (19, "4.0.0", "User unknown", "transient"),
    (19, "4.1.1", "unverified address", "transient"),
    (19, "5.3.2", "not accepting network messages", "transient"),
    (None, "5.0.0", "Command rejected", "unknown"),
    (None, "5.1.0", "", "unknown"),
    (None, "", "", "unknown"),
]
SLOW = (
    "user ",
    "mailbox ",
    "exceed ",
    "spf ",
    "a.",
    "@",
    "a",
    "address does not ",
    " ",
)


@pytest.mark.parametrize(("number", "status", "text", "name"), ROWS)
def test_rule(number: int | None, status: str, text: str, name: str) -> None:
    """Each text falls to the rule that was made for it, and so into its class."""
    rule = standard().find(status, text)

    assert classify(status, text) == name
    assert (standard().rules.index(rule) if rule else None) == number


def test_every_rule_has_a_text() -> None:
    """No rule is dead: each decides one text above at least."""
    assert {row[0] for row in ROWS} - {None} == set(range(len(standard().rules)))


def test_only_missing_users_remove() -> None:
    """No full mailbox, no policy and no trouble on the way leads to a removal."""
    assert standard().removing == {"no-such-user"}
    assert leads_to_removal("no-such-user")
    assert not leads_to_removal("unknown")
    assert not leads_to_removal("")


def test_table_is_sound() -> None:
    """Each class has a sentence, each rule a class of the table and a reason."""
    table = standard()
    names = [each.name for each in table.classes]

    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[A-Z].+\.", each.about) for each in table.classes)
    assert {rule.failure_class for rule in table.rules} == set(names) - {"unknown"}
    assert all(rule.why and (rule.status or rule.text) for rule in table.rules)


@pytest.mark.parametrize("piece", SLOW)
def test_takes_no_time(piece: str) -> None:
    """No text keeps the patterns busy."""
    start = time.process_time()

    classify("5.0.0", piece * (900 // len(piece)))

    assert time.process_time() - start < 0.2
