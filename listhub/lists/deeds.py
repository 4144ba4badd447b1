"""What was done to a list, in words: a few for each action of the audit that has any."""

import json
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from listhub.i18n.text import N_

#: By the action as it is noted; one that is missing shows as it is.
TITLES: Mapping[str, str] = MappingProxyType(
    {
        "list.create": N_("list created"),
        "list.ask": N_("list asked for"),
        "list.open": N_("list opened"),
        "list.close": N_("list closed"),
        "list.set": N_("settings changed"),
        "owner.add": N_("owner named"),
        "owner.set": N_("owner's role changed"),
        "owner.del": N_("owner removed"),
        "moderator.add": N_("moderator named"),
        "moderator.set": N_("moderator's role changed"),
        "moderator.del": N_("moderator removed"),
        "file.put": N_("text or rules written"),
        "file.rm": N_("text or rules taken away"),
        "member.add": N_("member added"),
        "member.del": N_("member removed"),
        "member.set": N_("member's options changed"),
        "member.suspend": N_("member suspended"),
        "member.move": N_("member's address changed"),
        "request.approve": N_("held item approved"),
        "request.reject": N_("held item rejected"),
        "request.discard": N_("held item discarded"),
        "request.spam": N_("held item reported as spam"),
        "request.confirm": N_("held item confirmed"),
        "request.withdraw": N_("held item withdrawn"),
        "request.note": N_("note to moderators"),
        "request.expire": N_("held item expired"),
        "bounce.undo": N_("removal for bounces undone"),
        "bounce.reset": N_("bounces forgotten"),
        "source.add": N_("source of members added"),
        "source.set": N_("source of members changed"),
        "source.del": N_("source of members removed"),
        "source.sync": N_("members synchronised"),
        "source.approve": N_("large change of a source approved"),
        "family.join": N_("brought into a family"),
        "family.change": N_("changed by its family"),
        "family.leave": N_("left its family"),
    }
)

#: Characters of one detail: the rest is in the audit.
_LONGEST = 300


def details(detail: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Give what an audit row remembers, each as a short text; not how it was done."""
    for name, value in detail.items():
        if name in {"how", "version"} or value in ("", None):
            continue
        text = (
            value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        )
        short = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
        yield name, short
