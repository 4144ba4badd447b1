"""Answers that show what strangers wrote: a policy of their own, and no way out."""

from starlette.responses import HTMLResponse, Response

from listhub.web.door.headers import FRAME_POLICY

#: The attribute of frames that show such an answer; the policy says the same.
SANDBOX = "allow-popups allow-popups-to-escape-sandbox"

_IMAGES = "img-src 'self' data:"


def answer(page: str, *, remote: bool) -> Response:
    """Return a page for a frame; `remote`: images from elsewhere may be loaded."""
    policy = FRAME_POLICY
    if remote:
        policy = policy.replace(_IMAGES, f"{_IMAGES} https: http:")
    headers = {"Content-Security-Policy": policy, "X-Robots-Tag": "noindex"}
    return HTMLResponse(page, headers=headers)
