"""The variables of scenarios, in one table: `[name]`, or `[name->key]` where a key is due.

Every variable stands for a tuple of texts, most often of one.  A variable of the
request that is not in this table is looked up in the request's context by its name.
"""

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from listhub.policy.facts import ConditionError, Values
from listhub.policy.syntax import Variable
from listhub.policy.world import World

Resolver = Callable[[World], Values]

_EMPTY: Values = ("",)
#: What may be read by [env->NAME]; it comes from the request, never from the process.
_ENVIRONMENT = re.compile(r"REMOTE_[A-Z_]{1,30}")
_WRITTEN = re.compile(r"\[([A-Za-z_][\w-]*)(?:->([^\]\s>]+))?\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A name of variables: how it is read, whether it takes a key, what it stands for."""

    name: str
    read: Callable[[World, Variable], Values]
    key: Literal["none", "needed"] = "none"
    about: str
    alias_of: str = ""


def _field(name: str) -> Callable[[World, Variable], Values]:
    return lambda world, _: (getattr(world.request, name),)


def _context(default: str = "") -> Callable[[World, Variable], Values]:
    def read(world: World, variable: Variable) -> Values:
        return (world.request.context.get(variable.name.replace("-", "_"), default),)

    return read


def _email(world: World, _: Variable) -> Values:
    return (world.request.context.get("email") or world.request.sender,)


def _now(world: World, _: Variable) -> Values:
    return (str(int(world.request.now.timestamp())),)


def _header(world: World, variable: Variable) -> Values:
    return world.header(variable.key, variable.index)


def _part(world: World, variable: Variable) -> Values:
    if variable.key == "type":
        return tuple(kind for kind, _ in world.parts) or _EMPTY
    return tuple(text for _, text in world.parts if text) or _EMPTY


def _list(world: World, variable: Variable) -> Values:
    request = world.request
    own = {"name": request.listname, "address": request.list_address}
    if variable.key in own:
        return (own[variable.key],)
    return _known(world.facts.list_value(variable.key), variable)


def _conf(world: World, variable: Variable) -> Values:
    if variable.key in {"domain", "host"}:
        return (world.request.domain,)
    return _known(world.facts.conf_value(variable.key), variable)


def _known(values: Values | None, variable: Variable) -> Values:
    """Stop for a parameter that does not exist: it is misspelt, and "" would match."""
    if values is None:
        raise ConditionError(f"nothing is known as {variable}")
    return values


def _environment(world: World, variable: Variable) -> Values:
    if not _ENVIRONMENT.fullmatch(variable.key):
        return _EMPTY
    context = world.request.context
    value = context.get(f"env->{variable.key}") or context.get(variable.key.lower())
    return (value or "",)


def _message(world: World, variable: Variable) -> Values:
    return (world.request.context.get(f"msg->{variable.key}", ""),)


def _user(world: World, variable: Variable) -> Values:
    return world.facts.user_value(world.request.sender, variable.key) or _EMPTY


def _user_attribute(world: World, variable: Variable) -> Values:
    return world.facts.user_attribute(world.request.sender, variable.key) or _EMPTY


def _subscriber(world: World, variable: Variable) -> Values:
    return world.facts.subscriber_value(world.request.sender, variable.key) or _EMPTY


_TOPIC = "The topics of the post"
_TABLE = (
    Entry(
        name="sender",
        read=_field("sender"),
        about="Who asks: an address, or `nobody`.",
    ),
    Entry(
        name="email",
        read=_email,
        about="Whom it concerns: who is to be subscribed, removed, moved; else the sender.",
    ),
    Entry(name="listname", read=_field("listname"), about="The name of the list."),
    Entry(name="domain", read=_field("domain"), about="The domain; also in regexps."),
    Entry(name="host", read=_field("domain"), alias_of="domain", about="The domain."),
    Entry(
        name="remote_host",
        read=_context("unknown_host"),
        about="The name of the web client's host, else `unknown_host`.",
    ),
    Entry(
        name="remote_addr",
        read=_context(),
        about="The address of the web client's host.",
    ),
    Entry(name="current_date", read=_now, about="Now, in seconds since 1970."),
    Entry(name="execution_date", read=_now, alias_of="current_date", about="Now."),
    Entry(
        name="msg_header",
        read=_header,
        key="needed",
        about="The values of a header field; `[0]` behind it takes the first, `[-1]` the"
        " last.",
    ),
    Entry(
        name="header",
        read=_header,
        key="needed",
        alias_of="msg_header",
        about="The values of a header field.",
    ),
    Entry(
        name="msg_body",
        read=lambda world, _: (world.body,),
        about="The text of a post that is one text.",
    ),
    Entry(
        name="msg_part",
        read=_part,
        key="needed",
        about="`type`: the media type of each part; `body`: the text of each text part.",
    ),
    Entry(
        name="msg_encrypted",
        read=lambda world, _: (world.encrypted,),
        about="`smime` for a post encrypted with S/MIME.",
    ),
    Entry(
        name="is_bcc",
        read=lambda world, _: (world.is_bcc,),
        about="1 if the list's name stands neither in To nor in Cc, else 0.",
    ),
    Entry(
        name="msg",
        read=_message,
        key="needed",
        about="What was found out about the post, such as `spam_status`.",
    ),
    Entry(name="topic", read=_context(), about=f"{_TOPIC}, separated by commas."),
    Entry(name="topic-auto", read=_context(), about=f"{_TOPIC}, if by keywords."),
    Entry(name="topic-sender", read=_context(), about=f"{_TOPIC}, if by its sender."),
    Entry(name="topic-editor", read=_context(), about=f"{_TOPIC}, if by a moderator."),
    Entry(
        name="topic-needed",
        read=_context(),
        about="1 if the post has no topic and must have one.",
    ),
    Entry(
        name="list",
        read=_list,
        key="needed",
        about="`name`, `address`, `total` (members) or a setting of the list.",
    ),
    Entry(
        name="conf",
        read=_conf,
        key="needed",
        about="`domain`, `listmaster` or another setting of the site.",
    ),
    Entry(
        name="custom_vars",
        read=lambda w, v: w.facts.custom_value(v.key) or _EMPTY,
        key="needed",
        about="A variable that the list's owner defined.",
    ),
    Entry(
        name="family",
        read=lambda w, v: w.facts.family_value(v.key) or _EMPTY,
        key="needed",
        about="A value of the list's family.",
    ),
    Entry(
        name="env",
        read=_environment,
        key="needed",
        about="`REMOTE_ADDR`, `REMOTE_HOST`, `REMOTE_USER` of a web request.",
    ),
    Entry(
        name="user",
        read=_user,
        key="needed",
        about="`email`, `gecos` or `lang` of the sender.",
    ),
    Entry(
        name="user_attributes",
        read=_user_attribute,
        key="needed",
        about="What a directory says of the sender.",
    ),
    Entry(
        name="subscriber",
        read=_subscriber,
        key="needed",
        about="`reception`, `visibility`, `date` or an attribute of the sender's"
        " subscription.",
    ),
)

VARIABLES: Mapping[str, Entry] = MappingProxyType(
    {entry.name: entry for entry in _TABLE}
)


def problem_with(variable: Variable) -> str:
    """Say why a variable cannot be; "" if it can."""
    entry = _entry(variable)
    if entry is None and variable.key:
        near = difflib.get_close_matches(variable.name[:100], _KEYED, n=1, cutoff=0.0)
        return f"there is no [{variable.name}->...]; did you mean [{near[0]}->...]?"
    if entry and entry.key == "needed" and not variable.key:
        return f"[{variable.name}] takes a key, as in [{variable.name}->key]"
    if entry and entry.key == "none" and variable.key:
        return f"[{variable.name}] takes no key"
    if entry and entry.name == "msg_part" and variable.key not in {"type", "body"}:
        return "[msg_part->type] or [msg_part->body] is expected"
    if variable.index is not None and (entry is None or entry.read is not _header):
        return "only header fields take an index"
    return ""


_KEYED = tuple(entry.name for entry in _TABLE if entry.key == "needed")


def resolver(variable: Variable) -> Resolver:
    """Return the function that reads a variable; ConditionError for an unknown one."""
    entry = _entry(variable)
    if entry is None:
        return lambda world: _other(world, variable)
    read = entry.read
    return lambda world: read(world, variable)


def resolve(world: World, written: str) -> Values:
    """Return the values of a variable as a filter writes it: `[user->email]`."""
    match = _WRITTEN.fullmatch(written)
    variable = Variable(name=match[1], key=match[2] or "") if match else None
    if variable is None or problem_with(variable):
        raise ConditionError(f"{written} is no variable")
    return resolver(variable)(world)


def _entry(variable: Variable) -> Entry | None:
    entry = VARIABLES.get(variable.name)
    return entry or VARIABLES.get(variable.name.replace("_", "-"))


def _other(world: World, variable: Variable) -> Values:
    try:
        return (world.request.context[variable.name],)
    except KeyError:
        raise ConditionError(f"nothing is known as {variable}") from None
