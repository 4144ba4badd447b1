"""Shapes: what the API takes and gives, each field described, each shape with an example.

An answer is read off a value of ours with the same names (`from_attributes`); texts are
said in the reader's language on the way, spans of time become seconds.  Examples are made
of the fields' own: a shape cannot be documented otherwise than it is.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from enum import Enum
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Generic,
    Literal,
    Self,
    TypeVar,
    Union,
    get_args,
    get_origin,
)
from uuid import UUID

from annotated_types import Ge
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    model_validator,
)
from typing_extensions import override

from listhub.i18n.text import Text, translated
from listhub.lists import paging

#: The largest number that the database holds.
LARGEST = 2**63 - 1

#: Characters of a cursor.
_CURSOR = 2000

T = TypeVar("T")


def storable(value: object) -> object:
    """Return what was sent, if the database can hold all texts in it; else ValueError."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            if "\0" in one:
                raise ValueError("a text without NUL is wanted")
            try:
                one.encode()
            except UnicodeEncodeError:
                raise ValueError("half of a surrogate is no character") from None
        elif isinstance(one, Mapping):
            waiting += [*one.keys(), *one.values()]
        elif isinstance(one, list | tuple):
            waiting += one
    return value


def _said(value: object, info: ValidationInfo) -> object:
    language = (info.context or {}).get("language", "en")
    if isinstance(value, Text):
        return value.into(language)
    return value


def _marked(value: object, info: ValidationInfo) -> object:
    if isinstance(value, Text):
        return _said(value, info)
    return translated(str(value), (info.context or {}).get("language", "en"))


def _seconds(value: object) -> object:
    return value.total_seconds() if isinstance(value, timedelta) else value


def _in_calendar(value: datetime) -> datetime:
    if not 1900 <= value.year < 3000:
        raise ValueError("a time between 1900 and 2999 is wanted")
    return value


#: A sentence of ours, in the language of the request.
Sentence = Annotated[str, BeforeValidator(_said)]
#: The same where the value is the marked text itself.
Marked = Annotated[str, BeforeValidator(_marked)]
#: A span of time; timedeltas are read as such.
Seconds = Annotated[
    float, BeforeValidator(_seconds), Field(examples=[90.0], description="Seconds.")
]
#: A moment, with its time zone.
Moment = Annotated[
    AwareDatetime,
    AfterValidator(_in_calendar),
    Field(examples=["2026-11-20T10:00:00Z"], description="A time (RFC 3339)."),
]
Address = Annotated[
    str,
    Field(
        max_length=320,
        examples=["ann@a.example"],
        description="An e-mail address.",
    ),
]
Number = Annotated[int, Ge(1), Field(le=LARGEST, examples=[1])]
Count = Annotated[int, Field(ge=0, examples=[3])]
Octets = Annotated[
    int,
    Field(ge=0, examples=[2048], description="Octets."),
]
ListAddress = Annotated[
    str,
    Field(
        max_length=320,
        examples=["dev@lists.example"],
        description="The address of a list.",
    ),
]
Trace = Annotated[UUID, Field(examples=["5f0c4a4e-3c1b-4d61-9f57-0a4c4a4e3c1b"])]


class Shape(BaseModel):
    """Whatever the API takes or gives."""

    model_config = ConfigDict(
        frozen=True, use_attribute_docstrings=True, serialize_by_alias=True
    )

    @classmethod
    def sample(cls) -> dict[str, Any]:
        """Return an example as JSON, made of those of the fields."""
        found = {}
        for name, field in cls.model_fields.items():
            if field.examples:
                value = field.examples[0]
            elif issubclass(cls, Taken) and not field.is_required():
                continue
            else:
                value = example_of(field.annotation)
            found[field.alias or name] = value
        return found


class Taken(Shape):
    """What is sent to us: nothing in it that is not known."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _storable(cls, value: object) -> object:
        return storable(value)


class Query(Taken):
    """Fields of an address."""


class Body(Taken):
    """The JSON that is sent."""


class Answer(Shape):
    """The JSON that is given, read off a value of ours."""

    model_config = ConfigDict(from_attributes=True)

    @classmethod
    def read(cls, value: object, *, language: str = "en") -> Self:
        """Return the answer that a value of ours makes."""
        return cls.model_validate(value, context={"language": language})


class Versioned(Answer):
    """What somebody may have changed meanwhile: its ETag is the version."""

    version: Count
    """Counts the changes; 0: nothing was set here yet.  To be sent back as If-Match."""


class WithMark(Answer):
    """What somebody may have changed meanwhile: its ETag is the mark."""

    mark: str = Field(examples=["4f2a"])
    """Another one as soon as anything is changed.  To be sent back as If-Match."""


class Paged(Query):
    """A page of something long."""

    cursor: str = Field("", max_length=_CURSOR)
    """Where to go on: `next` or `prev` of another page; without it the first one."""

    limit: int = Field(paging.SIZE, ge=1, le=paging.MOST)
    """Rows of a page, about."""


class Rows(Answer, Generic[T]):
    """A page of rows; the same cursors are in the Link header (RFC 8288)."""

    items: list[T]
    """The rows, in their order."""

    next: str | None = Field(None, examples=[None])
    """The cursor of the page that follows, if there is one."""

    prev: str | None = Field(None, examples=[None])
    """The cursor of the page before, if there is one."""

    @override
    @classmethod
    def model_parametrized_name(cls, params: tuple[Any, ...]) -> str:
        return f"{params[0].__name__}Rows"


class Done(Answer):
    """What was done, in a sentence."""

    changed: bool
    """Whether anything is otherwise than before."""

    said: Sentence = Field(examples=["Saved."])
    """What happened, as a page would say it."""


def example_of(kind: Any) -> Any:
    """Return an example of a type, as JSON."""
    origin, given = get_origin(kind), get_args(kind)
    if origin is Annotated:
        for each in given[1:]:
            if getattr(each, "examples", None):
                return each.examples[0]
        return example_of(given[0])
    if origin in {Union, UnionType}:
        return example_of(next(one for one in given if one is not NoneType))
    made: dict[Any, Callable[[], Any]] = {
        Literal: lambda: given[0],
        list: lambda: [example_of(given[0])],
        dict: dict,
    }
    return made[origin]() if origin in made else _plain_example(kind)


def _plain_example(kind: Any) -> Any:
    if isinstance(kind, type) and issubclass(kind, Shape):
        return kind.sample()
    if isinstance(kind, type) and issubclass(kind, Enum):
        return next(iter(kind)).value
    plain: dict[Any, Any] = {
        bool: False,
        int: 1,
        float: 1.0,
        str: "",
        datetime: "2026-11-20T10:00:00Z",
        date: "2026-11-20",
        UUID: "5f0c4a4e-3c1b-4d61-9f57-0a4c4a4e3c1b",
    }
    return plain.get(kind)
