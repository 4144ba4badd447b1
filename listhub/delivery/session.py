"""How a conversation with a relay begins: greeting, EHLO, STARTTLS, AUTH."""

import asyncio
import base64
import socket
import ssl
from dataclasses import dataclass

from listhub import log as logs
from listhub.delivery.channel import ChannelLost, ReplyChannel, parse_reply
from listhub.delivery.commands import Capabilities
from listhub.delivery.relays import Relay
from listhub.delivery.transaction import Reply
from listhub.errors import TemporaryError

log = logs.get(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """The longest waits, in seconds."""

    #: For TCP and TLS together.
    connect: float = 10.0
    #: For one reply, the greeting too.
    reply: float = 60.0
    #: From the content to its reply; the relay does its work then (RFC 5321 §4.5.3.2.6).
    data: float = 300.0


class RelayUnavailable(TemporaryError):
    """The relay could not be reached, or did not let us in."""


class HandshakeFailed(RelayUnavailable):
    """TLS was offered and did not come about."""


@dataclass(frozen=True, slots=True)
class _Opening:
    """What the steps of one opening share."""

    relay: Relay
    channel: ReplyChannel
    helo: str
    timeouts: Timeouts

    async def command(self, line: str) -> Reply:
        """Say one line and return the reply."""
        self.channel.send((line.encode() + b"\r\n",), 1)
        return await self.reply()

    async def reply(self) -> Reply:
        return parse_reply((await self.channel.replies(1, self.timeouts.reply))[0])

    def refused(self, step: str, reply: Reply) -> RelayUnavailable:
        said = f"{reply.code} {reply.enhanced} {reply.text}"
        return _unavailable(self.relay, f"{step} was answered with {said}")


async def open_session(
    relay: Relay, *, helo: str, timeouts: Timeouts, context: ssl.SSLContext | None
) -> tuple[ReplyChannel, Capabilities]:
    """Return a channel that is ready for MAIL, and what the relay announced.

    `context` verifies the relay's certificate, None stands for the system's roots.
    Raise RelayUnavailable for whatever goes wrong.
    """
    helo = helo or socket.gethostname()
    try:
        return await _attempt(relay, helo, timeouts, context)
    except HandshakeFailed as error:
        if relay.tls != "opportunistic":
            raise
        # RFC 7435: unprotected is what this mode accepts when protected fails.
        log.warning("tls failed, going on without", relay=str(relay), why=error.reason)
        return await _attempt(relay.without_tls(), helo, timeouts, context)


async def _attempt(
    relay: Relay, helo: str, timeouts: Timeouts, context: ssl.SSLContext | None
) -> tuple[ReplyChannel, Capabilities]:
    channel = await _connect(relay, timeouts, context)
    opening = _Opening(relay, channel, helo, timeouts)
    try:
        return channel, await _introduce(opening, context)
    except ChannelLost as error:
        raise _unavailable(relay, str(error)) from error
    except BaseException:
        channel.lose("the opening failed")
        raise


async def _connect(
    relay: Relay, timeouts: Timeouts, context: ssl.SSLContext | None
) -> ReplyChannel:
    period = min(5.0, timeouts.reply / 4, timeouts.data / 4)
    tls = (context or ssl.create_default_context()) if relay.tls == "implicit" else None
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(timeouts.connect):
            _, channel = await loop.create_connection(
                lambda: ReplyChannel(period=period),
                relay.host,
                relay.port,
                ssl=tls,
                server_hostname=relay.host if tls else None,
            )
    except ssl.SSLError as error:
        raise _unavailable(relay, f"TLS failed: {error}") from error
    except TimeoutError as error:
        raise _unavailable(relay, "no connection in time") from error
    except OSError as error:
        raise _unavailable(relay, f"no connection: {error}") from error
    return channel


async def _introduce(opening: _Opening, context: ssl.SSLContext | None) -> Capabilities:
    greeting = await opening.reply()
    if greeting.code != 220:
        raise opening.refused("The connection", greeting)
    can = await _hello(opening)
    relay = opening.relay
    if relay.tls in {"starttls", "opportunistic"}:
        if can.starttls:
            await _start_tls(opening, context)
            # RFC 3207 §4.2: what was announced in clear is forgotten.
            can = await _hello(opening)
        elif relay.tls == "starttls":
            raise _unavailable(relay, "it does not offer STARTTLS")
    if relay.user:
        await _authenticate(opening, can)
    return can


async def _hello(opening: _Opening) -> Capabilities:
    opening.channel.send((f"EHLO {opening.helo}\r\n".encode(),), 1)
    raw = (await opening.channel.replies(1, opening.timeouts.reply))[0]
    if raw.startswith(b"250"):
        return parse_capabilities(raw, xverp=opening.relay.xverp)
    if raw.startswith(b"5"):
        # RFC 5321 §3.2: an old server knows HELO only.
        reply = await opening.command(f"HELO {opening.helo}")
        if reply.code == 250:
            return Capabilities()
    else:
        reply = parse_reply(raw)
    raise opening.refused("EHLO", reply)


def parse_capabilities(raw: bytes, *, xverp: bool = True) -> Capabilities:
    """Read the answer to EHLO; without `xverp`, take no notice of XVERP."""
    announced: dict[str, list[str]] = {}
    for line in raw.decode("ascii", "replace").split("\n")[1:]:
        words = line[4:].strip().upper().replace("AUTH=", "AUTH ").split()
        if words:
            announced.setdefault(words[0], []).extend(words[1:])
    size = "".join(announced.get("SIZE", [])[:1])
    return Capabilities(
        pipelining="PIPELINING" in announced,
        eight_bit="8BITMIME" in announced,
        smtputf8="SMTPUTF8" in announced,
        xverp=xverp and "XVERP" in announced,
        dsn="DSN" in announced,
        starttls="STARTTLS" in announced,
        size_announced="SIZE" in announced,
        size=int(size) if size.isascii() and size.isdigit() else 0,
        auth=frozenset(announced.get("AUTH", ())),
    )


async def _start_tls(opening: _Opening, context: ssl.SSLContext | None) -> None:
    relay = opening.relay
    reply = await opening.command("STARTTLS")
    if reply.code != 220:
        raise HandshakeFailed(
            _sentence(relay), reason=f"{relay}: STARTTLS was answered {reply}"
        )
    if relay.tls == "opportunistic":
        # Nobody's certificate is worth more than no TLS at all (RFC 7435 §3).
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    try:
        await opening.channel.start_tls(
            context or ssl.create_default_context(),
            hostname=relay.host,
            timeout=opening.timeouts.connect,
        )
    except (OSError, ChannelLost) as error:
        raise HandshakeFailed(
            _sentence(relay), reason=f"{relay}: TLS failed: {error}"
        ) from error


async def _authenticate(opening: _Opening, can: Capabilities) -> None:
    relay = opening.relay
    if "PLAIN" in can.auth:
        secret = _base64(f"\0{relay.user}\0{relay.password}")
        reply = await opening.command(f"AUTH PLAIN {secret}")  # RFC 4616
    elif "LOGIN" in can.auth:
        reply = await opening.command("AUTH LOGIN")
        for answer in (relay.user, relay.password):
            if reply.code == 334:
                reply = await opening.command(_base64(answer))
    else:
        raise _unavailable(relay, "it offers neither AUTH PLAIN nor AUTH LOGIN")
    if reply.code != 235:
        raise opening.refused("AUTH", reply)


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode("ascii")


def _sentence(relay: Relay) -> str:
    return f"The relay {relay.host}:{relay.port} cannot be used at present."


def _unavailable(relay: Relay, why: str) -> RelayUnavailable:
    return RelayUnavailable(_sentence(relay), reason=f"{relay}: {why}")
