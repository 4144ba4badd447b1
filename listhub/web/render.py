"""Templates filled in: Jinja with everything escaped, in the reader's language."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context

from listhub.i18n import formats
from listhub.i18n.languages import NAMES, translations
from listhub.i18n.text import Text, translated


class Renderer:
    """Fills templates in; `base` is the path of the site's address, "" for none."""

    def __init__(self, *, base: str) -> None:
        self._base = base

    def render(self, template: str, values: Mapping[str, Any], *, language: str) -> str:
        """Return a page as HTML."""
        return (
            environment(language)
            .get_template(template)
            .render({"base": self._base, "language": language, **values})
        )


@lru_cache(maxsize=8)
def environment(language: str) -> Environment:
    """Return the templates of the package for one language."""
    made = Environment(
        loader=PackageLoader("listhub.web", "templates"),
        # Whatever a template is called: what it shows came by mail.
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do", "jinja2.ext.loopcontrols"],
    )
    # The extension adds this method as it is loaded.
    install: Any = made
    install.install_gettext_translations(translations(language), newstyle=True)
    made.filters.update(
        moment=lambda at: formats.moment(at, language),
        day=lambda at: formats.day(at, language),
        machine=machine,
        number=lambda value: formats.number(value, language),
        octets=lambda value: formats.size(value, language),
        span=lambda value: span(value, language),
        said=lambda text: said(text, language),
    )
    made.globals.update(names=NAMES, url=url)
    return made


@pass_context
def url(context: Context, path: str) -> str:
    """Return the address of a page of ours from its path, wherever the site stands."""
    return f"{context['base']}{path}"


def machine(at: datetime) -> str:
    """Return a time as `<time datetime>` has it."""
    return at.isoformat(timespec="seconds")


def span(value: timedelta | float, language: str) -> str:
    """Return a span of time as people say it, in its largest unit: `3 days`."""
    seconds = value.total_seconds() if isinstance(value, timedelta) else value
    return formats.span(max(seconds, 0), language)


def said(text: Text | str, language: str) -> str:
    """Return a text that was written for any language in this one."""
    return text.into(language) if isinstance(text, Text) else translated(text, language)
