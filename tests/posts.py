"""Posts to the list dev@lists.example, and what the list knows about them."""

from typing import Any

from listhub.mail.draft import Draft
from listhub.mail.headers import Headers
from listhub.mail.transforms import (
    INCOMING,
    LEAVING,
    OUTGOING,
    Change,
    TransformContext,
    run,
)

PLAIN = b"""\
Received: from mail.r.example by mx.lists.example with ESMTPS;
\tMon, 02 Mar 2026 10:00:01 +0000
DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=r.example; s=k1;
\th=from:to:subject:date:message-id; bh=AAAA; b=BBBB
From: Bob Smith <bob@r.example>
To: dev@lists.example
Subject: A question
Date: Mon, 02 Mar 2026 10:00:00 +0000
Message-ID: <q1@r.example>
User-Agent: Example Mail 7
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8

Hello.
"""

#: The same after it has been through another list, which is a member of this one.
NESTED = b"""\
X-Loop: parent@up.example
X-Sequence: 42
Errors-To: parent-owner@up.example
Precedence: list
Sender: parent-request@up.example
X-no-archive: yes
List-Id: <parent.up.example>
List-Help: <mailto:sympa@up.example?subject=HELP>
List-Subscribe: <mailto:sympa@up.example?subject=SUB%20parent>
List-Unsubscribe: <https://up.example/u/1>, <mailto:sympa@up.example?subject=SIG%20parent>
List-Unsubscribe-Post: List-Unsubscribe=One-Click
List-Post: <mailto:parent@up.example>
List-Owner: <mailto:parent-request@up.example>
List-Archive: <https://up.example/archive/parent@up.example>
Archived-At: <https://up.example/archive/parent@up.example/x1>
""" + PLAIN.replace(b"Subject: A", b"Subject: [parent] A")


def context(**facts: Any) -> TransformContext:
    """Return what is known of the list dev and its seventh post, with other facts."""
    known: dict[str, Any] = {
        "name": "dev",
        "domain": "lists.example",
        "sequence": 7,
        "message_id": "given@lists.example",
        "command_address": "sympa@lists.example",
        "web_url": "https://lists.example",
        "posting": "private",
        "remove_headers": ("Precedence", "Sender", "X-Sequence"),
    }
    return TransformContext(**(known | facts))


def with_fields(raw: bytes, *fields: str) -> bytes:
    """Return a post with more fields, before those that it has."""
    return "".join(f"{field}\n" for field in fields).encode() + raw


def transformed(
    raw: bytes, trail: list[Change] | None = None, /, **facts: Any
) -> Headers:
    """Return the header of a post as a member gets it."""
    draft = Draft.parse(raw)
    run((*INCOMING, *OUTGOING, *LEAVING), draft, context(**facts), trail)
    return draft.headers
