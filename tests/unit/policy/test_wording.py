"""Rules in words: each one is a sentence that says what it says, in both languages."""

import pytest

from listhub.policy import wording
from listhub.policy.grammar import parse
from listhub.policy.library import shipped, shipped_paths
from listhub.policy.syntax import Rule


def rules(text: str) -> list[Rule]:
    return [step for step in parse(text, file="x").steps if isinstance(step, Rule)]


def said(text: str, language: str = "en") -> list[str]:
    return [each.into(language) for each in wording.sentences(rules(text))]


@pytest.mark.parametrize(
    ("rule", "english", "french"),
    [
        (
            "is_subscriber([listname],[sender]) smtp,md5,smime -> do_it",
            "If the sender is a member: it is allowed.",
            "Si l\u2019expéditeur est membre\xa0: c\u2019est permis.",
        ),
        (
            "!is_owner('staff@x.example',[email]) md5,smime -> owner,notify",
            (
                "If the person concerned is not an owner of “staff@x.example”, known by a"
                " log-in, a confirmation or a certificate: an owner decides, and the owners"
                " are told."
            ),
            None,
        ),
        (
            "true() smtp -> request_auth([email])",
            (
                "For everybody, known by a mail's sender alone: it has to be confirmed by"
                " the person concerned."
            ),
            None,
        ),
        (
            "true() smtp,md5,smime -> reject(reason='send_subscriber'),quiet",
            (
                "Always: it is refused: “Only members may post to this list.”, and nobody is"
                " told."
            ),
            None,
        ),
        (
            "match([msg_header->Subject],/^hi/) smtp,md5,smime,pgp -> editorkey",
            "If the header field Subject matches /^hi/: a moderator decides.",
            "Si le champ d\u2019en-tête Subject correspond à /^hi/\xa0: un modérateur décide.",
        ),
        (
            "search('blocklist.txt',[sender]) smtp,md5,smime -> reject,quiet",
            "If the sender is on the blocklist: it is refused, and nobody is told.",
            (
                "Si l\u2019expéditeur est sur la liste noire\xa0: c\u2019est refusé, et personne n\u2019est"
                " prévenu."
            ),
        ),
        (
            "search(staff.ldap) smtp,md5,smime -> do_it",
            "If the filter “staff.ldap” finds the sender: it is allowed.",
            None,
        ),
        (
            "equal([sender],'nobody') smtp,md5,smime -> reject",
            "If nobody has logged in: it is refused.",
            None,
        ),
        (
            "!equal([sender],[email]) smtp,md5,smime -> listmaster",
            "If it is about somebody else than the sender: a listmaster decides.",
            None,
        ),
        (
            "newer([current_date],2026y12m31d) smtp,md5,smime -> reject",
            "If now is after “2026y12m31d”: it is refused.",
            None,
        ),
        (
            "verify_netmask('192.0.2.0/24') md5 -> do_it",
            (
                "If the web client is in the network “192.0.2.0/24”, known by a log-in or a"
                " confirmation: it is allowed."
            ),
            None,
        ),
        (
            "less_than([list->total],100) smtp,md5,smime -> do_it",
            "If the number of members is less than “100”: it is allowed.",
            None,
        ),
        (
            "customcondition::Paid([sender]) smtp,md5,smime -> do_it",
            "If the site's condition Paid([sender]) holds: it is allowed.",
            None,
        ),
        (
            "!true() smime -> do_it",
            "Never, known by a certificate: it is allowed.",
            None,
        ),
        (
            "message('a','b') pgp -> spam",
            "If message('a', 'b'), known by PGP, which never happens: it is spam.",
            None,
        ),
    ],
)
def test_a_rule_in_words(rule: str, english: str, french: str | None) -> None:
    """Condition, proof and what happens then are all said."""
    assert said(rule) == [english]
    if french is not None:
        assert said(rule, "fr") == [french]


def test_what_follows_is_otherwise() -> None:
    """A rule for everybody behind others is for the rest."""
    text = "is_owner([listname],[sender]) md5 -> do_it\ntrue() smtp,md5,smime -> reject"
    assert said(text)[1] == "Otherwise: it is refused."
    assert said(text, "fr")[1] == "Sinon\xa0: c\u2019est refusé."


@pytest.mark.parametrize("language", ["en", "fr"])
def test_shipped_rules_are_sentences(language: str) -> None:
    """No shipped rule leaves a hole or a variable that people would not understand."""
    for path in sorted(shipped_paths()):
        found = shipped(path)
        assert found is not None
        for sentence in said(found.content, language):
            assert sentence.endswith(".")
            assert "%(" not in sentence
            if "family" not in path:
                assert "[" not in sentence.split("/")[0], (path, sentence)
