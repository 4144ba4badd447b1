"""Fill in a post's texts for one recipient: compiled once per message and process.

Where only the list's own texts are templates, what a copy costs is to render those and
to join octets; `decorate_plan` has found their places before.  Where the post is one as
well, its texts are encoded anew and the list's are put around them, copy by copy.
"""

from collections.abc import Callable, Mapping

from listhub.delivery.treatment import Treatment
from listhub.mail import mime
from listhub.mail.added_text import Text, Texts
from listhub.mail.draft import Draft
from listhub.mail.mime import Part
from listhub.mail.owner_text import OwnerText, OwnerTextError
from listhub.mail.personal import is_template, templates
from listhub.mail.transforms.decorate import decorate_plan

Render = Callable[[Mapping[str, object]], Text | None]


class Filling:
    """A post that is filled in; one thread at a time."""

    def __init__(self, draft: Draft, treatment: Treatment) -> None:
        """Compile all templates; OwnerTextError if one of them is no good."""
        self._texts = _ListTexts(treatment.texts)
        self._placing = treatment.footer_type
        self._post = _Post(draft) if treatment.personalise == "all" else None
        self._plan = decorate_plan(draft, treatment.texts, mode=self._placing)

    def fill(self, values: Mapping[str, object]) -> Draft:
        """Return the post with these values; OwnerTextError if they do not go in."""
        texts = self._texts.render(values)
        if self._post is None or not self._post.leaves:
            return self._plan.fill(texts)
        draft = self._post.fill(values)
        return decorate_plan(draft, texts, mode=self._placing).fill(texts)


class Seams:
    """The boundaries of a message: nothing that is filled in may look like one."""

    def __init__(self, sample: Draft) -> None:
        tree = mime.parse(sample.copy())
        found = {part.parameters.get("boundary", "") for part in tree.walk()}
        delimiters = (b"--" + boundary.encode() for boundary in found if boundary)
        self._counts = {each: sample.body.count(each) for each in delimiters}

    def check(self, body: bytes) -> None:
        """Raise OwnerTextError for a body with other seams than the sample's."""
        if any(body.count(each) != count for each, count in self._counts.items()):
            raise OwnerTextError("A value in it holds a boundary of the message.")


class _ListTexts:
    """The texts that the list adds, compiled."""

    def __init__(self, texts: Texts) -> None:
        self._header = _compiled(texts.header)
        self._footer = _compiled(texts.footer)
        self._global_footer = _compiled(texts.global_footer)

    def render(self, values: Mapping[str, object]) -> Texts:
        return Texts(
            header=self._header(values),
            footer=self._footer(values),
            global_footer=self._global_footer(values),
        )


def _compiled(text: Text | None) -> Render:
    if text is None or not is_template(text.text):
        return lambda _values: text
    template, whole = OwnerText(text.text), text.mime
    return lambda values: Text(text=template.render(values), mime=whole)


class _Post:
    """The texts of a post that are templates themselves."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft.copy()
        self._tree = mime.parse(self._draft)
        self.leaves = [(leaf, _template(leaf)) for leaf in templates(self._tree)]
        for leaf, _ in self.leaves:
            # Once for all copies: any name can stand in it, whatever the author wrote.
            leaf.set_parameter("charset", "utf-8")
            if leaf.encoding != "base64":
                leaf.set_encoding("quoted-printable")

    def fill(self, values: Mapping[str, object]) -> Draft:
        for leaf, template in self.leaves:
            leaf.set_text(template.render(values))
        return Draft(headers=self._draft.headers, body=self._tree.body_bytes())


def _template(leaf: Part) -> OwnerText:
    return OwnerText(leaf.text or "", escape=leaf.kind == "text/html")
