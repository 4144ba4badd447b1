"""Write docs/reference/api.md from the table of operations.

    python -m listhub.web.api.reference --write

A test compares the file with what this module makes of the code of the day.
"""

import sys
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from listhub.web.api.document import WHO
from listhub.web.api.operation import Operation
from listhub.web.api.problem import MEANINGS
from listhub.web.api.table import OPERATIONS

COMMAND = "python -m listhub.web.api.reference --write"
FILE = Path(__file__).resolve().parents[3] / "docs" / "reference" / "api.md"

_HEAD = """\
# The REST API

Made from the code by `{command}`; change the code, not this file.

Every path is below `/api/v1`. What each call takes and gives, field by field and with
examples, is in the OpenAPI 3.1 document at `/api/v1/openapi.json`; how to begin is told
[in a page of its own](../howto/api.md).

## What all calls have in common

- **Token.** `Authorization: Bearer lh_...`; cookies are not looked at. A token acts for
  its maker and never may more than they may at that moment. Its right is `read`,
  `moderate` or `manage`, each of which may what those before it may; its place is all
  that its maker may, a domain, or a list.
- **Pages.** `cursor` and `limit`; the answer has `items`, `next` and `prev`, and the
  same cursors in `Link` (RFC 8288).
- **Versions.** What others may change meanwhile has an `ETag`. A change of it needs
  `If-Match` (marked below); `*` is any version. Who comes second gets 412 with who was
  first and, of settings, what differs. A `GET` with `If-None-Match` may be 304.
- **Once.** A `POST` with an `Idempotency-Key` is done once within a day, however often
  it is sent; the same key with other content is 422, while the first is at work 409.
- **Language.** `Accept-Language`, else that of the token's maker.
- **Problems.** Errors are `application/problem+json` (RFC 9457).

| status | type | meaning |
|---|---|---|
{problems}
"""


def main(words: Sequence[str]) -> int:
    """Write the file, or say how; the entry point of the module."""
    if list(words) != ["--write"]:
        sys.stderr.write(f"usage: {COMMAND}\n")
        return 64
    FILE.write_text(page(), "utf-8")
    return 0


def page() -> str:
    """Return the page of all operations, by resource, in the order of the table."""
    problems = "\n".join(
        f"| {status} | `{name}` | {meaning} |"
        for status, (name, meaning) in MEANINGS.items()
    )
    parts = [_HEAD.format(command=COMMAND, problems=problems)]
    for resource, operations in groupby(OPERATIONS, key=lambda each: each.resource):
        parts.append(f"## {resource.replace('_', ' ').capitalize()}\n")
        parts.append(_about(resource))
        parts += [_entry(each) for each in operations]
    return "\n".join(parts)


def _about(resource: str) -> str:
    module = sys.modules[f"listhub.web.api.resources.{resource}"]
    first = (module.__doc__ or "").strip().partition("\n\n")[0]
    return f"{' '.join(first.split())}\n"


def _entry(operation: Operation) -> str:
    path = operation.path.replace(":path}", "}")
    guarded = ", If-Match" if operation.guarded else ""
    return (
        f"### {operation.method} {path}\n\n{operation.summary}\n\n"
        f"`{operation.name}`; for {WHO[operation.need]}; right `{operation.rights}`"
        f"{guarded}\n"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
