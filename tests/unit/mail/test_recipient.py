import pytest
from hypothesis import given, strategies as st

from listhub.mail.recipient import AddressKind, split, valid_list_name

names = st.from_regex(r"[a-z0-9][a-z0-9.+_-]{0,40}", fullmatch=True).filter(
    valid_list_name
)


@pytest.mark.parametrize(
    ("local_part", "name", "kind"),
    [
        ("dev", "dev", AddressKind.POST),
        ("Dev", "dev", AddressKind.POST),
        ("dev-request", "dev", AddressKind.OWNER),
        ("dev-editor", "dev", AddressKind.EDITOR),
        ("dev-subscribe", "dev", AddressKind.SUBSCRIBE),
        ("dev-unsubscribe", "dev", AddressKind.UNSUBSCRIBE),
        ("dev-owner", "dev", AddressKind.BOUNCE),
        ("dev-talk-owner", "dev-talk", AddressKind.BOUNCE),
        ("dev-other", "dev-other", AddressKind.POST),
        ("bounce+abc", "", AddressKind.BOUNCE),
        ("bounce+bob==a==x.org==dev", "", AddressKind.BOUNCE),
        ("BOUNCE+abc+bob=x.org", "", AddressKind.BOUNCE),
        ("bounce", "bounce", AddressKind.POST),
        ("sympa", "", AddressKind.COMMAND),
        ("LISTHUB", "", AddressKind.COMMAND),
        ("sympa-request", "", AddressKind.SYMPAOWNER),
        ("listhub-request", "", AddressKind.SYMPAOWNER),
        ("sympa-owner", "sympa", AddressKind.BOUNCE),
        ("listmaster", "", AddressKind.LISTMASTER),
        ("-request", "-request", AddressKind.POST),
        ("", "", AddressKind.POST),
    ],
)
def test_split(local_part: str, name: str, kind: AddressKind) -> None:
    """Each address of a domain means one thing."""
    assert split(local_part) == (name, kind)


def test_the_command_address_can_be_another() -> None:
    """A site names its command address; the others are then ordinary."""
    assert split("majordomo", commands=["majordomo"]) == ("", AddressKind.COMMAND)
    assert split("sympa", commands=["majordomo"]) == ("sympa", AddressKind.POST)
    assert valid_list_name("sympa", commands=["majordomo"])


@given(names)
def test_every_address_of_a_valid_name_leads_back_to_it(name: str) -> None:
    """No valid list name can be mistaken for another list's function address."""
    kinds = {
        "": AddressKind.POST,
        "-request": AddressKind.OWNER,
        "-editor": AddressKind.EDITOR,
        "-subscribe": AddressKind.SUBSCRIBE,
        "-unsubscribe": AddressKind.UNSUBSCRIBE,
        "-owner": AddressKind.BOUNCE,
    }
    for suffix, kind in kinds.items():
        assert split(name + suffix) == (name, kind)
        assert len(name + suffix) <= 64


@given(st.text())
def test_any_text_has_a_meaning(local_part: str) -> None:
    """Nothing raises."""
    assert split(local_part)[1] in AddressKind


@pytest.mark.parametrize(
    "name",
    [
        "", "Dev", "-dev", ".dev", "dev list", "dev@x", "dé", "dev\n", "dev-request",
        "dev-owner", "dev-editor", "dev-subscribe", "dev-unsubscribe", "sympa",
        "listhub", "listmaster", "bounce", "bounce+x", "mailer-daemon", "x" * 53,
    ],
)  # fmt: skip
def test_names_that_no_list_may_have(name: str) -> None:
    """Reserved words, reserved endings and other characters are refused."""
    assert not valid_list_name(name)


@pytest.mark.parametrize("name", ["dev", "0", "a.b+c_d-e", "request", "x" * 52])
def test_names_that_a_list_may_have(name: str) -> None:
    """Sympa's characters, and no more than leaves room for a suffix."""
    assert valid_list_name(name)
