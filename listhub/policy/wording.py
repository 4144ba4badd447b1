"""Rules in words: each rule of a scenario as one sentence, in any language.

    is_subscriber([listname],[sender])  md5,smime  ->  do_it
    "If the sender is a member, and has logged in, confirmed or signed: it is allowed."

One phrase for each condition, one for the ways to prove who one is, one for what
happens then.  What has no phrase is shown as it is written: a sentence never says less
than its rule.
"""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

from listhub.i18n.text import N_, Text
from listhub.policy import reasons
from listhub.policy.conditions import CUSTOM
from listhub.policy.filters import BLOCKLIST
from listhub.policy.syntax import Action, Argument, Condition, Literal, Rule, Variable

_RULE = N_("%(condition)s%(methods)s: %(action)s.")
_ALWAYS = N_("Always")
_EVERYBODY = N_("For everybody")
_ELSE = N_("Otherwise")

# --- who and what -------------------------------------------------------------------

_VALUES: Mapping[str, str] = MappingProxyType(
    {
        "[sender]": N_("the sender"),
        "[email]": N_("the person concerned"),
        "[current_email]": N_("the old address"),
        "[listname]": N_("the list"),
        "[domain]": N_("the domain"),
        "[host]": N_("the domain"),
        "[remote_addr]": N_("the address of the web client"),
        "[remote_host]": N_("the host of the web client"),
        "[current_date]": N_("now"),
        "[execution_date]": N_("now"),
        "[msg_body]": N_("the text of the post"),
        "[msg_part->type]": N_("the type of a part of the post"),
        "[msg_part->body]": N_("the text of a part of the post"),
        "[msg_encrypted]": N_("the encryption of the post"),
        "[topic]": N_("the topics of the post"),
        "[list->total]": N_("the number of members"),
    }
)
_FIELD = N_("the header field %(name)s")
#: Variables of many names: what stands for `[name->key]`.
_KEYED: Mapping[str, str] = MappingProxyType(
    {
        "msg_header": _FIELD,
        "header": _FIELD,
        "list": N_("the list's setting %(name)s"),
        "subscriber": N_("the member's %(name)s"),
    }
)

# --- conditions ---------------------------------------------------------------------

# Each as it is, and denied: what is said of a role, of two values, of one.
_PHRASES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "is_listmaster": (
            N_("If %(who)s is a listmaster"),
            N_("If %(who)s is not a listmaster"),
        ),
        "is_owner": (
            N_("If %(who)s is an owner"),
            N_("If %(who)s is not an owner"),
        ),
        "is_editor": (
            N_("If %(who)s is a moderator"),
            N_("If %(who)s is not a moderator"),
        ),
        "is_subscriber": (
            N_("If %(who)s is a member"),
            N_("If %(who)s is not a member"),
        ),
        "equal": (
            N_("If %(one)s is the same as %(other)s"),
            N_("If %(one)s is not the same as %(other)s"),
        ),
        "less_than": (
            N_("If %(one)s is less than %(other)s"),
            N_("If %(one)s is not less than %(other)s"),
        ),
        "match": (
            N_("If %(one)s matches %(other)s"),
            N_("If %(one)s does not match %(other)s"),
        ),
        "older": (
            N_("If %(one)s is not after %(other)s"),
            N_("If %(one)s is after %(other)s"),
        ),
        "newer": (
            N_("If %(one)s is after %(other)s"),
            N_("If %(one)s is not after %(other)s"),
        ),
        "verify_netmask": (
            N_("If the web client is in the network %(one)s"),
            N_("If the web client is not in the network %(one)s"),
        ),
        "search": (
            N_("If the filter %(one)s finds %(other)s"),
            N_("If the filter %(one)s does not find %(other)s"),
        ),
        CUSTOM: (
            N_("If the site's condition %(one)s holds"),
            N_("If the site's condition %(one)s does not hold"),
        ),
    }
)
_OF_OTHER_LIST: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "is_owner": (
            N_("If %(who)s is an owner of %(list)s"),
            N_("If %(who)s is not an owner of %(list)s"),
        ),
        "is_editor": (
            N_("If %(who)s is a moderator of %(list)s"),
            N_("If %(who)s is not a moderator of %(list)s"),
        ),
        "is_subscriber": (
            N_("If %(who)s is a member of %(list)s"),
            N_("If %(who)s is not a member of %(list)s"),
        ),
    }
)
_BLOCKED = (
    N_("If %(other)s is on the blocklist"),
    N_("If %(other)s is not on the blocklist"),
)
# What the shipped scenarios often say has a phrase of its own.
_WHOLE: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "equal([sender], 'nobody')": (
            N_("If nobody has logged in"),
            N_("If somebody has logged in"),
        ),
        "equal([sender], [email])": (
            N_("If it is about the sender"),
            N_("If it is about somebody else than the sender"),
        ),
        "equal([is_bcc], '1')": (
            N_("If the list stands neither in To nor in Cc"),
            N_("If the list stands in To or in Cc"),
        ),
        "equal([topic-needed], '1')": (
            N_("If the post needs a topic and has none"),
            N_("If the post needs no topic or has one"),
        ),
    }
)
_NEVER = N_("Never")
_AS_WRITTEN = (N_("If %(condition)s"), N_("If not %(condition)s"))

# --- how somebody is known ------------------------------------------------------------

_PROVEN = ("smtp", "md5", "smime")
_METHODS: Mapping[tuple[str, ...], str] = MappingProxyType(
    {
        _PROVEN: "",
        ("md5", "smime"): N_(", known by a log-in, a confirmation or a certificate"),
        ("smime",): N_(", known by a certificate"),
        ("md5",): N_(", known by a log-in or a confirmation"),
        ("smtp",): N_(", known by a mail's sender alone"),
        ("smtp", "md5"): N_(", without a certificate"),
        ("smtp", "smime"): N_(", by mail"),
        (): N_(", known by PGP, which never happens"),
    }
)

# --- what happens ---------------------------------------------------------------------

_ACTIONS: Mapping[str, str] = MappingProxyType(
    {
        "do_it": N_("it is allowed"),
        "reject": N_("it is refused"),
        "request_auth": N_("it has to be confirmed"),
        "owner": N_("an owner decides"),
        "editor": N_("it is sent to the moderators, who send it on"),
        "editorkey": N_("a moderator decides"),
        "listmaster": N_("a listmaster decides"),
        "ham": N_("it is no spam"),
        "spam": N_("it is spam"),
        "unsure": N_("it may be spam"),
    }
)
_CONFIRMED_BY = N_("it has to be confirmed by %(who)s")
_REFUSED = N_("it is refused: “%(reason)s”")
_QUIET = N_("%(action)s, and nobody is told")
_NOTIFY = N_("%(action)s, and the owners are told")


def sentences(rules: Iterable[Rule]) -> tuple[Text, ...]:
    """Return a sentence for each rule, as they follow each other."""
    found: list[Text] = []
    for rule in rules:
        found.append(sentence(rule, first=not found))
    return tuple(found)


def sentence(rule: Rule, *, first: bool = False) -> Text:
    """Return what a rule says; the first one has nothing before it to be otherwise to."""
    return Text(
        _RULE,
        condition=_condition(rule, first=first),
        methods=_methods(rule.methods),
        action=action(rule.action),
    )


def action(what: Action) -> Text:
    """Return what happens, as the end of a sentence."""
    said = Text(_ACTIONS.get(what.name, what.name))
    if what.name == "request_auth" and what.address:
        said = Text(_CONFIRMED_BY, who=_value(what.address))
    if what.name == "reject" and (what.reason or what.template):
        told = reasons.sentence(reason=what.reason, template=what.template)
        said = Text(_REFUSED, reason=Text(told))
    if what.quiet:
        said = Text(_QUIET, action=said)
    if what.notify:
        said = Text(_NOTIFY, action=said)
    return said


def _condition(rule: Rule, *, first: bool) -> Text:
    condition = rule.condition
    if condition.name in {"true", "all"}:
        return Text(_unconditional(rule, first=first))
    whole = str(condition).removeprefix("!")
    if whole in _WHOLE:
        return Text(_WHOLE[whole][condition.negated])
    make = _MAKERS.get(condition.name)
    if condition.name.startswith(CUSTOM):
        return _custom(condition)
    if make is None or not condition.arguments:
        return Text(_AS_WRITTEN[condition.negated], condition=whole)
    return make(condition)


def _unconditional(rule: Rule, *, first: bool) -> str:
    if rule.condition.negated:
        return _NEVER
    if not first:
        return _ELSE
    return _ALWAYS if set(_PROVEN) <= set(rule.methods) else _EVERYBODY


def _role(condition: Condition) -> Text:
    of, who = condition.arguments
    if str(of) == "[listname]":
        return Text(_PHRASES[condition.name][condition.negated], who=_value(who))
    phrases = _OF_OTHER_LIST[condition.name]
    return Text(phrases[condition.negated], who=_value(who), list=_value(of))


def _listmaster(condition: Condition) -> Text:
    phrase = _PHRASES[condition.name][condition.negated]
    return Text(phrase, who=_value(condition.arguments[0]))


def _values(condition: Condition) -> Text:
    one, *others = map(_value, condition.arguments)
    phrase = _PHRASES[condition.name][condition.negated]
    return Text(phrase, one=one, other=others[0] if others else "")


def _search(condition: Condition) -> Text:
    name, *who = condition.arguments
    other = _value(who[0]) if who else Text(_VALUES["[sender]"])
    if isinstance(name, Literal) and name.text == BLOCKLIST:
        return Text(_BLOCKED[condition.negated], other=other)
    phrase = _PHRASES["search"][condition.negated]
    return Text(phrase, one=_value(name), other=other)


def _custom(condition: Condition) -> Text:
    written = condition.name.removeprefix(CUSTOM)
    inner = ", ".join(map(str, condition.arguments))
    one = f"{written}({inner})" if inner else written
    return Text(_PHRASES[CUSTOM][condition.negated], one=one)


_MAKERS: Mapping[str, Callable[[Condition], Text]] = MappingProxyType(
    {
        **dict.fromkeys(("is_owner", "is_editor", "is_subscriber"), _role),
        "is_listmaster": _listmaster,
        "search": _search,
        **dict.fromkeys(
            ("equal", "less_than", "match", "older", "newer", "verify_netmask"),
            _values,
        ),
    }
)


def _value(argument: Argument) -> Text | str:
    """Return a value as people call it, or as it is written."""
    if isinstance(argument, Literal):
        return f"“{argument.text}”"
    if not isinstance(argument, Variable):
        return str(argument)
    if str(argument) in _VALUES:
        return Text(_VALUES[str(argument)])
    if argument.name in _KEYED and argument.key:
        return Text(_KEYED[argument.name], name=argument.key)
    return str(argument)


def _methods(methods: tuple[str, ...]) -> Text:
    known = tuple(method for method in _PROVEN if method in methods)
    return Text(_METHODS[known])
