"""The state machine of requests against a model of it, step by step at random."""

from dataclasses import dataclass

from hypothesis import settings as hypothesis_settings, strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from listhub.lists.moderation import claim, decide as decisions, expiry
from listhub.lists.moderation.answer import Answer, answer
from listhub.lists.moderation.claim import Claimed, ClaimedByOther
from listhub.lists.moderation.outcomes import (
    STATES,
    Action,
    AlreadyDecided,
    Decided,
    Decision,
)
from listhub.lists.moderation.reply import Verb
from listhub.spool import store
from tests.held import add_moderators, decide, hold_post, mails
from tests.rooms import Rooms, post_bytes

PEOPLE = ("mod@a.example", "zed@b.example")
ANSWERS = {
    Verb.APPROVE: "approved",
    Verb.REJECT: "rejected",
    Verb.DISCARD: "discarded",
    Verb.SPAM: "spam",
}


@dataclass
class Model:
    """What is known of one request."""

    state: str = "waiting"
    by: str | None = None
    claimed_by: str | None = None


class Machine(RuleBasedStateMachine):
    """Each run has posts of its own on the same list."""

    posts: Bundle[int] = Bundle("posts")
    people = st.sampled_from(PEOPLE)

    def __init__(self, rooms: Rooms, list_id: int) -> None:
        super().__init__()
        self.rooms, self.list_id = rooms, list_id
        self.model: dict[int, Model] = {}
        self.keys: dict[int, dict[str, str]] = {}

    @rule(target=posts)
    def hold(self) -> int:
        [row] = self.rooms.rows("SELECT coalesce(max(id), 0) AS last FROM request")
        raw = post_bytes(message_id=f"{row.last}@a.example")
        before = len(mails(self.rooms))
        held = hold_post(self.rooms, self.list_id, raw, quiet=True)
        asked = mails(self.rooms)[before:]
        self.model[held.request_id] = Model()
        self.keys[held.request_id] = {mail.to: mail.key for mail in asked}
        return held.request_id

    @rule(post=posts, by=people, action=st.sampled_from(sorted(STATES)))
    def decided_in_the_web(self, post: int, by: str, action: Action) -> None:
        model = self.model[post]
        if model.state == "waiting" and action in {
            Action.CONFIRM,
            Action.WITHDRAW,
        }:
            return  # refused: see test_decide
        outcome = decide(self.rooms, post, action, by=by)
        self.told(post, outcome, by=by, ends=STATES[action])

    @rule(post=posts, by=people, verb=st.sampled_from(sorted(ANSWERS)))
    def answered_by_mail(self, post: int, by: str, verb: Verb) -> None:
        given = Answer(key=self.keys[post][by], verb=verb, by=by)
        answered = answer(self.rooms.conn, given, settings=self.rooms.host.settings)
        store.put(self.rooms.conn, answered.items)
        self.rooms.conn.commit()
        self.told(post, answered.outcome, by=by, ends=ANSWERS[verb])

    @rule(post=posts)
    def its_time_is_over(self, post: int) -> None:
        self.rooms.conn.execute(
            "UPDATE request SET expires_at = now() WHERE id = %s", [post]
        )
        self.rooms.conn.commit()
        ended, _ = expiry.expire(self.rooms.conn, settings=self.rooms.host.settings)
        self.rooms.conn.commit()
        model = self.model[post]
        assert ended == (model.state == "waiting")
        if model.state == "waiting":
            self.model[post] = Model(state="expired")

    @rule(post=posts, by=people, force=st.booleans())
    def claimed(self, post: int, by: str, *, force: bool) -> None:
        act = claim.take_over if force else claim.claim
        outcome = act(self.rooms.conn, post, by=by)
        self.rooms.conn.commit()
        model = self.model[post]
        if model.state != "waiting":
            assert isinstance(outcome, AlreadyDecided)
        elif model.claimed_by not in {None, by} and not force:
            assert isinstance(outcome, ClaimedByOther)
            assert outcome.by == model.claimed_by
        else:
            assert isinstance(outcome, Claimed)
            model.claimed_by = by

    @rule(post=posts, by=people)
    def died_before_the_commit(self, post: int, by: str) -> None:
        decisions.decide(
            self.rooms.conn,
            post,
            Decision(action=Action.APPROVE),
            by=by,
            how="web",
            settings=self.rooms.host.settings,
        )
        self.rooms.conn.rollback()

    def told(self, post: int, outcome: object, *, by: str, ends: str) -> None:
        """The first one decides; all others are told of that one."""
        model = self.model[post]
        if model.state == "waiting":
            assert isinstance(outcome, Decided)
            other = model.claimed_by if model.claimed_by != by else None
            assert outcome.claim_of == (other or "")
            self.model[post] = Model(state=ends, by=by)
        else:
            assert isinstance(outcome, AlreadyDecided)
            assert (outcome.state, outcome.who) == (model.state, model.by or "")

    @invariant()
    def the_rows_are_the_model(self) -> None:
        found = self.rooms.rows(
            "SELECT * FROM request WHERE id = ANY(%s)", list(self.model)
        )
        assert {
            row.id: Model(row.state, row.decided_by, row.claimed_by) for row in found
        } == self.model

    @invariant()
    def each_approval_is_one_item(self) -> None:
        found = self.rooms.rows(
            "SELECT (meta->>'request')::bigint AS post FROM spool_item"
            " WHERE stage = 'distribute'"
        )
        ours = sorted(row.post for row in found if row.post in self.model)
        assert ours == sorted(
            post for post, model in self.model.items() if model.state == "approved"
        )


def test_requests_go_one_way(rooms: Rooms):
    """Whatever people and the clock do, in any order: one decision, one effect."""
    list_id = rooms.add_list()
    add_moderators(rooms, list_id, *PEOPLE)

    class Here(Machine):
        def __init__(self) -> None:
            super().__init__(rooms, list_id)

    run_state_machine_as_test(
        Here, settings=hypothesis_settings(max_examples=30, stateful_step_count=25)
    )
