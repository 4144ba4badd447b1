"""Whoever calls: who they are, their lists and options, their posts, their tokens."""

from listhub import clock
from listhub.i18n.languages import LANGUAGES, NAMES
from listhub.i18n.text import N_, Text
from listhub.lists import options, persons
from listhub.lists.accounts import tokens
from listhub.lists.mine import joining, memberships, posts
from listhub.lists.mine.visit import Answer as Came
from listhub.lists.paging import Cursor, read, write
from listhub.lists.said import SaidError
from listhub.lists.settings import load_list_settings
from listhub.spool import store
from listhub.web.api.call import Call
from listhub.web.api.operation import Operation
from listhub.web.api.shape import (
    Done,
    Paged,
    Rows,
)
from listhub.web.api.shapes.me import (
    JoinBody,
    LanguageBody,
    Me,
    Membership,
    OptionsBody,
    OwnPost,
    PauseBody,
    TokenShape,
    Wish,
)
from listhub.web.door.answer import Refused, no_page
from listhub.web.door.need import Need
from listhub.web.pages.account_tokens import REVOKED_BEFORE
from listhub.web.pages.my import (
    EACH_LANGUAGE,
    LANGUAGE,
    NOT_FUTURE,
    NOT_MEMBER,
    PAUSED,
    RESUMED,
    SAVED,
    UNCHANGED,
)

REVOKED = N_("The token is revoked; whatever uses it is refused from now on.")


NO_LANGUAGE = N_("There is no such language here.")


def show(call: Call) -> Me:
    """Say who calls, by which token, and what that may do now."""
    who = call.who
    return call.give(
        Me,
        {
            "address": who.address,
            "name": who.name,
            "site_listmaster": who.site_listmaster,
            "listmaster_of": sorted(who.listmaster_of),
            "owned": sorted(who.owned),
            "moderated": sorted(who.moderated),
            "lacks": who.lacks,
            "token": call.grant.token,
        },
    )


def my_lists(call: Call, query: Paged) -> Rows[Membership]:
    """Find one's own lists, with the options on each.

    By address, and onwards only.
    """
    place = read(query.cursor, (str,))
    found = memberships.memberships(
        call.conn,
        call.ask,
        call.by,
        auth=call.auth,
        settings=call.settings,
        after=str(place.key[0]) if place else "",
        most=query.limit + 1,
    )
    rows, more = found[: query.limit], len(found) > query.limit
    after = write(Cursor(key=(rows[-1].row.address,))) if more else ""
    return call.every(Membership, [_membership(one) for one in rows], after=after)


def my_list(call: Call) -> Membership:
    """Give one's options on one list."""
    return call.give(Membership, _membership(_mine(call)))


def change_mine(call: Call, body: OptionsBody) -> Done:
    """Change one's options on one list.

    If-Match takes the `mark` that was read.
    """
    row = call.list
    call.must_match(options.mark(_mine(call).options))
    found = options.change(
        call.conn,
        row,
        call.by,
        body.changes(),
        settings=load_list_settings(call.conn, row.id),
        actor=call.by,
        how="api",
        expected=call.if_match,
    )
    text = SAVED if found else UNCHANGED
    return call.done(Text(text, list=row.address), changed=bool(found))


def join(call: Call, body: JoinBody) -> Wish:
    """Join a list, or ask whoever has to agree."""
    came = joining.join(
        call.asker(call.list),
        call.list,
        settings=load_list_settings(call.conn, call.list.id),
        name="" if call.who.name else body.name,
        reception=body.reception,
    )
    return _came(call, came)


def leave(call: Call) -> Wish:
    """Leave a list, or ask whoever has to agree."""
    settings = load_list_settings(call.conn, call.list.id)
    return _came(
        call, joining.leave(call.asker(call.list), call.list, settings=settings)
    )


def pause(call: Call, body: PauseBody) -> Done:
    """Let no list write to oneself for a while."""
    now = clock.now()
    if body.until is not None and body.until <= now:
        raise SaidError(NOT_FUTURE)
    count = memberships.suspend_all(
        call.conn, call.by, since=now, until=body.until, actor=call.by, how="api"
    )
    return call.done(Text(PAUSED, count=count), changed=bool(count))


def resume(call: Call) -> Done:
    """Let all lists write to oneself again."""
    count = memberships.resume_all(call.conn, call.by, actor=call.by, how="api")
    return call.done(Text(RESUMED, count=count), changed=bool(count))


def set_language(call: Call, body: LanguageBody) -> Done:
    """Choose the language of mail to oneself."""
    chosen = body.language
    if chosen is not None and chosen not in LANGUAGES:
        raise SaidError(NO_LANGUAGE)
    done = persons.set_language(call.conn, call.by, chosen, actor=call.by)
    said = Text(LANGUAGE, language=NAMES[chosen]) if chosen else Text(EACH_LANGUAGE)
    return call.done(said, changed=bool(done))


def my_posts(call: Call) -> Rows[OwnPost]:
    """Find one's own posts of the last 30 days, and what became of each."""
    return call.every(
        OwnPost,
        [
            {
                "list": each.list_address,
                "at": each.own.at,
                "trace": each.own.trace,
                "message_id": each.own.message_id,
                "subject": each.own.subject,
                "state": each.own.state,
                "reason": each.own.reason,
                "recipients": each.own.sent.tally.recipients if each.own.sent else None,
                "delivered": each.own.sent.tally.delivered if each.own.sent else None,
            }
            for each in posts.of_person(call.conn, call.by)
        ],
    )


def my_tokens(call: Call) -> Rows[TokenShape]:
    """Find one's own tokens, with those that have ended of late."""
    return call.every(
        TokenShape, tokens.tokens(call.conn, person_id=call.who.person_id)
    )


def revoke(call: Call) -> Done:
    """Revoke one of one's own tokens; the one that is sent may be it."""
    number, person_id = call.asked.number_of("id"), call.who.person_id
    mine = tokens.tokens(call.conn, person_id=person_id)
    if number not in {each.id for each in mine}:
        raise no_page()
    done = tokens.revoke(call.conn, number, actor=call.actor, person_id=person_id)
    return call.done(Text(REVOKED if done else REVOKED_BEFORE), changed=done)


def _mine(call: Call) -> memberships.Mine:
    found = memberships.memberships(
        call.conn,
        call.ask,
        call.by,
        auth=call.auth,
        settings=call.settings,
        list_id=call.list.id,
    )
    if not found:
        raise Refused(404, Text(NOT_MEMBER, list=call.list.address))
    return found[0]


def _membership(mine: memberships.Mine) -> dict[str, object]:
    return {
        "row": mine.row,
        "subject": mine.subject,
        "options": mine.options,
        "receptions": mine.receptions,
        "roles": mine.roles,
        "from_source": mine.from_source,
        "leaving": mine.leaving,
        "mark": options.mark(mine.options),
    }


def _came(call: Call, came: Came) -> Wish:
    store.put(call.conn, came.items)
    return call.give(Wish, {"state": came.state, "said": came.text})


_MINE = "/me/lists/{list}"


OPERATIONS = (
    Operation(
        method="GET",
        path="/me",
        name="show_me",
        need=Need.ANYBODY,
        rights="read",
        function=show,
    ),
    Operation(
        method="GET",
        path="/me/lists",
        name="find_my_lists",
        need=Need.PERSON,
        rights="read",
        function=my_lists,
    ),
    Operation(
        method="GET",
        path=_MINE,
        name="show_my_list",
        need=Need.PERSON,
        rights="read",
        function=my_list,
    ),
    Operation(
        method="PATCH",
        path=_MINE,
        name="change_my_options",
        need=Need.PERSON,
        rights="manage",
        function=change_mine,
        guarded=True,
    ),
    Operation(
        method="POST",
        path=f"{_MINE}/join",
        name="join_list",
        need=Need.SCENARIO,
        rights="manage",
        function=join,
    ),
    Operation(
        method="POST",
        path=f"{_MINE}/leave",
        name="leave_list",
        need=Need.PERSON,
        rights="manage",
        function=leave,
    ),
    Operation(
        method="POST",
        path="/me/pause",
        name="pause_my_lists",
        need=Need.PERSON,
        rights="manage",
        function=pause,
    ),
    Operation(
        method="POST",
        path="/me/resume",
        name="resume_my_lists",
        need=Need.PERSON,
        rights="manage",
        function=resume,
    ),
    Operation(
        method="PUT",
        path="/me/language",
        name="set_my_language",
        need=Need.PERSON,
        rights="manage",
        function=set_language,
    ),
    Operation(
        method="GET",
        path="/me/posts",
        name="find_my_posts",
        need=Need.PERSON,
        rights="read",
        function=my_posts,
    ),
    Operation(
        method="GET",
        path="/me/tokens",
        name="find_my_tokens",
        need=Need.PERSON,
        rights="read",
        function=my_tokens,
    ),
    Operation(
        method="DELETE",
        path="/me/tokens/{id}",
        name="revoke_my_token",
        need=Need.PERSON,
        rights="read",
        function=revoke,
    ),
)
