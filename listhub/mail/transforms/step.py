"""A step of a table: one transform, its name, and what it is there for."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from listhub.mail import encoded_words
from listhub.mail.draft import Draft
from listhub.mail.headers import Field
from listhub.mail.transforms.context import TransformContext

Transform = Callable[[Draft, TransformContext], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One line of a table; `about` is a sentence that people read."""

    name: str
    about: str
    apply: Transform


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What one step did, in text: fields as `Name: value`, the body in bytes."""

    name: str
    about: str
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[tuple[str, str], ...] = ()  #: before and after
    body: tuple[int, int] | None = None  #: sizes before and after, if it changed

    @property
    def nothing(self) -> bool:
        """Whether the message is byte for byte as it was before."""
        return not (self.added or self.removed or self.changed or self.body)


def run(
    steps: Iterable[Step],
    draft: Draft,
    context: TransformContext,
    trail: list[Change] | None = None,
) -> None:
    """Take the steps in order; a trail gets what each of them changed."""
    for step in steps:
        before = draft.copy() if trail is not None else None
        step.apply(draft, context)
        if trail is not None and before is not None:
            trail.append(_compared(step, before, draft))


def _compared(step: Step, before: Draft, after: Draft) -> Change:
    old, new = Counter(before.headers.fields), Counter(after.headers.fields)
    gone, come = list((old - new).elements()), list((new - old).elements())
    changed: list[tuple[str, str]] = []
    for field in list(gone):
        twin = next((other for other in come if other.name == field.name), None)
        if twin is not None:
            changed.append((_text(field), _text(twin)))
            gone.remove(field)
            come.remove(twin)
    sizes = (len(before.body), len(after.body))
    return Change(
        name=step.name,
        about=step.about,
        added=tuple(map(_text, come)),
        removed=tuple(map(_text, gone)),
        changed=tuple(changed),
        body=sizes if before.body != after.body else None,
    )


def _text(field: Field) -> str:
    name = encoded_words.plain(field.raw.partition(b":")[0]).strip()
    return f"{name}: {encoded_words.plain(field.value)}"
