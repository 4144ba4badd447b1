"""Providers of OpenID Connect: a strict one that can be told to lie, and a real one.

The first is ours: it checks all that a provider has to check of us (client, redirect,
PKCE, each code once), and says in its tokens whatever a test wants.  The second is
oidc-provider-mock in a process of its own, with pages for people.
"""

import base64
import hashlib
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey
from typing_extensions import override

from listhub.embedded.private import free_port
from listhub.embedded.server import listens

CLIENT, SECRET = "listhub", "a-secret-of-this-site"
SUBJECT, ADDRESS = "subject-1", "ann@a.example"

#: Seconds until a real provider must answer.
_PATIENCE = 30.0


@dataclass(kw_only=True)
class Lies:
    """What the provider says otherwise than it should; tests change these."""

    discovery: dict[str, Any] = field(default_factory=dict)
    #: Claims of the token; None takes one away.
    claims: dict[str, Any] = field(default_factory=dict)
    #: How the token is made, given its claims.
    token: Callable[[dict[str, Any]], str] | None = None
    #: What userinfo has; None: there is none.
    userinfo: dict[str, Any] | None = None
    #: What is sent back with the person, beside or in place of code and state.
    back: dict[str, str] = field(default_factory=dict)
    #: The status of every answer, if not 200.
    status: int = 200
    #: Called as a code is exchanged.
    meanwhile: Callable[[], None] = lambda: None


class StrictProvider:
    """A provider on a port of its own, in a thread; `lies` is what it is told to say."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "one"}, private=True)
        self.lies = Lies()
        #: The paths that were asked for.
        self.asked: list[str] = []
        self._codes: dict[str, dict[str, str]] = {}
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.answer(self)

            def do_POST(self) -> None:
                provider.answer(self)

            @override
            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        """Answer one request."""
        parts = urlsplit(request.path)
        self.asked.append(parts.path)
        length = int(request.headers.get("content-length", 0))
        form = request.rfile.read(length).decode()
        fields = {k: v[-1] for k, v in parse_qs(form or parts.query).items()}
        if parts.path == "/authorize":
            request.send_response(303)
            request.send_header("Location", self._authorize(fields))
            request.end_headers()
            return
        known: Mapping[str, Callable[[], Any]] = {
            "/.well-known/openid-configuration": self._discovery,
            "/keys": lambda: KeySet([self.key]).as_dict(private=False),
            "/token": lambda: self._token(fields, request.headers["authorization"]),
            "/userinfo": lambda: self._userinfo(request.headers["authorization"]),
        }
        content = json.dumps(known[parts.path]()).encode()
        request.send_response(400 if b'"error"' in content else self.lies.status)
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        request.wfile.write(content)

    def _discovery(self) -> dict[str, Any]:
        said = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
        }
        if self.lies.userinfo is not None:
            said["userinfo_endpoint"] = f"{self.issuer}/userinfo"
        return said | self.lies.discovery

    def _authorize(self, asked: dict[str, str]) -> str:
        assert asked["client_id"] == CLIENT
        assert asked["response_type"] == "code"
        assert set(asked["scope"].split()) == {"openid", "email"}
        assert asked["code_challenge_method"] == "S256"
        code = f"code-{len(self._codes)}"
        self._codes[code] = asked
        query = {"code": code, "state": asked["state"], **self.lies.back}
        return f"{asked['redirect_uri']}?{urlencode(query)}"

    def _token(self, given: dict[str, str], authorization: str) -> dict[str, Any]:
        self.lies.meanwhile()
        began = self._codes.pop(given.get("code", ""), None)
        proof = hashlib.sha256(given.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(proof).decode().rstrip("=")
        if (
            began is None
            or given["grant_type"] != "authorization_code"
            or given["redirect_uri"] != began["redirect_uri"]
            or challenge != began["code_challenge"]
        ):
            return {"error": "invalid_grant"}
        kind, _, rest = authorization.partition(" ")
        if kind != "Basic" or base64.b64decode(rest).decode() != f"{CLIENT}:{SECRET}":
            return {"error": "invalid_client"}
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "sub": SUBJECT,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": began["nonce"],
            "email": ADDRESS,
            "email_verified": True,
        }
        said = {k: v for k, v in (claims | self.lies.claims).items() if v is not None}
        made = (self.lies.token or self.sign)(said)
        return {"access_token": "access", "token_type": "Bearer", "id_token": made}

    def sign(self, claims: dict[str, Any]) -> str:
        """Return a token that is signed as it should be."""
        return jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.key)

    def _userinfo(self, authorization: str) -> dict[str, Any]:
        assert authorization == "Bearer access"
        return {"sub": SUBJECT, **(self.lies.userinfo or {})}


def unsigned(claims: dict[str, Any]) -> str:
    """Return a token without a signature (RFC 7519 §6)."""
    parts = (json.dumps(each).encode() for each in ({"alg": "none"}, claims))
    text = ".".join(base64.urlsafe_b64encode(p).decode().rstrip("=") for p in parts)
    return f"{text}."


def signed_with_secret(claims: dict[str, Any]) -> str:
    """Return a token that is signed with the client's secret."""
    key = OctKey.import_key(SECRET.ljust(32, "x"))
    return jwt.encode({"alg": "HS256", "kid": "one"}, claims, key)


def signed_by_another(claims: dict[str, Any]) -> str:
    """Return a token that is signed with a key of the same name, by somebody else."""
    key = RSAKey.generate_key(2048, {"kid": "one"}, private=True)
    return jwt.encode({"alg": "RS256", "kid": "one"}, claims, key)


@contextmanager
def real_provider() -> Iterator[str]:
    """Run oidc-provider-mock; yield its issuer.

    Whoever signs in there has no verified address until `vouch` says so.
    """
    port = free_port()
    command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock"]
    process = subprocess.Popen(
        [*command, "--port", str(port), "--require-nonce", "true"],
        env={**os.environ, "AUTHLIB_INSECURE_TRANSPORT": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        until = time.monotonic() + _PATIENCE
        while not listens(port):
            assert process.poll() is None, "the provider ended"
            assert time.monotonic() < until, "the provider does not answer"
            time.sleep(0.05)  # sleep: a process that starts tells nobody
        yield f"http://localhost:{port}"
    finally:
        process.terminate()
        process.wait()


def vouch(issuer: str, subject: str, address: str) -> None:
    """Have the real provider say that a subject's address is verified."""
    claims = {"email": address, "email_verified": True}
    httpx2.put(f"{issuer}/users/{subject}", json=claims).raise_for_status()


def consent(url: str, subject: str) -> str:
    """Sign in at the real provider as a person does; return where it sends them."""
    shown = httpx2.get(url).raise_for_status()
    assert re.search(r'name="?sub', shown.text)
    answer = httpx2.post(url, data={"sub": subject})
    assert answer.status_code == 302, answer.text
    return str(answer.headers["location"])
