"""A relay on loopback that says and does what a test wrote down for it.

Every phase (`connect`, `ehlo`, `helo`, `starttls`, `auth`, `mail`, `rcpt`, `data`,
`content`, `rset`, `quit`) has an answer: one for all times, one after the other, or a
function of the command.  Without one the relay behaves as RFC 5321 has it.
"""

import asyncio
import ssl
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

ALL = ("PIPELINING", "SIZE 0", "8BITMIME", "ENHANCEDSTATUSCODES", "SMTPUTF8")
NO_PIPELINING = ALL[1:]


@dataclass(frozen=True, slots=True)
class Say:
    """An answer, and what becomes of the connection after it."""

    text: str = ""
    #: "go" on, "close" in order, "reset" at once, or "hang": never say a word again.
    then: str = "go"


KILL, HANG = Say(then="reset"), Say(then="hang")

Answer = str | Say
Answers = Answer | Sequence[Answer] | Callable[[str], Answer | None]


@dataclass(slots=True)
class Script:
    """What a relay announces and answers."""

    extensions: tuple[str, ...] = ALL
    answers: Mapping[str, Answers] = field(default_factory=dict)
    #: For STARTTLS, and from the first byte when `implicit`.
    tls: ssl.SSLContext | None = None
    implicit: bool = False
    #: Write answers one octet at a time.
    slowly: bool = False


@dataclass(frozen=True, slots=True)
class Received:
    """A mail that was accepted."""

    mail: str
    recipients: tuple[str, ...]
    content: bytes


class ScriptedRelay:
    """The server; use it as an asynchronous context manager."""

    def __init__(self, script: Script | None = None) -> None:
        self.script = script or Script()
        #: What happened, in order: (phase, text).  Tests may add to it.
        self.log: list[tuple[str, str]] = []
        self.received: list[Received] = []
        self.connections = 0
        self._turns: dict[str, int] = {}
        self._server: asyncio.Server | None = None
        self._conversations: dict[asyncio.Future[None], _Conversation] = {}
        self.over = asyncio.Event()
        self._changed = asyncio.Condition()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(
            self._serve,
            "127.0.0.1",
            0,
            ssl=self.script.tls if self.script.implicit else None,
            limit=2**26,
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        assert self._server is not None
        self._server.close()
        self.over.set()
        for conversation in self._conversations.values():
            conversation.abort()
        await asyncio.gather(*self._conversations)

    @property
    def port(self) -> int:
        assert self._server is not None
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    def phases(self, *wanted: str) -> list[str]:
        """Return the texts of the log's entries of some phases."""
        return [text for phase, text in self.log if phase in wanted]

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until something that happened here makes the condition true."""
        async with self._changed, asyncio.timeout(10):
            await self._changed.wait_for(condition)

    async def round_trip(self) -> None:
        """Return when what was on its way to the relay has arrived."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        for _ in range(3):
            writer.write(b"NOOP\r\n")
            await reader.readline()
        writer.close()
        await writer.wait_closed()

    async def tell(self, text: str) -> None:
        """Say something unasked on every open connection, and close it."""
        for conversation in self._conversations.values():
            await conversation.end(text)

    async def note(self, phase: str, text: str) -> None:
        self.log.append((phase, text))
        async with self._changed:
            self._changed.notify_all()

    def answer(self, phase: str, argument: str, otherwise: Answer) -> Say:
        """Return what the script has for the phase."""
        answers = self.script.answers.get(phase)
        found: Answer | None
        if answers is None or isinstance(answers, str | Say):
            found = answers
        elif callable(answers):
            found = answers(argument)
        else:
            turn = self._turns[phase] = self._turns.get(phase, -1) + 1
            found = answers[min(turn, len(answers) - 1)]
        if found is None:
            found = otherwise
        return found if isinstance(found, Say) else Say(found)

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.connections += 1
        conversation = _Conversation(self, reader, writer)
        ended = asyncio.get_running_loop().create_future()
        self._conversations[ended] = conversation
        try:
            await conversation.run()
        except (OSError, asyncio.IncompleteReadError, _OverError):
            pass
        finally:
            conversation.abort()
            del self._conversations[ended]
            ended.set_result(None)
            await self.note("over", "")


class _OverError(Exception):
    """The script ended the conversation."""


class _Conversation:
    """One connection."""

    def __init__(
        self,
        relay: ScriptedRelay,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self._relay = relay
        self._reader = reader
        self._writer = writer
        self._mail: str | None = None
        self._recipients: list[str] = []

    async def run(self) -> None:
        await self._phase("connect", "", "220 relay.example ESMTP")
        while line := await self._reader.readline():
            text = line.decode("utf-8").removesuffix("\r\n")
            await getattr(self, f"on_{text[:4].lower()}", self._unknown)(text)

    async def _phase(self, phase: str, argument: str, otherwise: Answer) -> Say:
        """Note the phase, answer it, and return what was said."""
        answer = self._relay.answer(phase, argument, otherwise)
        await self._relay.note(phase, argument)
        await self.say(answer)
        return answer

    def abort(self) -> None:
        self._writer.transport.abort()
        # After a failed handshake the loop does not tell the reader.
        self._reader.feed_eof()

    async def end(self, text: str) -> None:
        if text:
            self._writer.write(text.encode() + b"\r\n")
        self._writer.close()

    async def say(self, answer: Say) -> None:
        text = answer.text.replace("\n", "\r\n").encode()
        if text:
            text += b"\r\n"
        step = 1 if self._relay.script.slowly else len(text) or 1
        for start in range(0, len(text), step):
            self._writer.write(text[start : start + step])
            await self._writer.drain()
            if step == 1:
                await asyncio.sleep(0)
        if answer.then == "hang":
            await self._relay.over.wait()
        elif answer.then == "close":
            self._writer.close()
            raise _OverError
        elif answer.then == "reset":
            self._writer.transport.abort()
            raise _OverError

    async def on_ehlo(self, text: str) -> None:
        lines = ["relay.example", *self._relay.script.extensions]
        said = [
            f"250{'-' if n < len(lines) else ' '}{x}" for n, x in enumerate(lines, 1)
        ]
        await self._phase("ehlo", text, "\n".join(said))

    async def on_helo(self, text: str) -> None:
        await self._phase("helo", text, "250 relay.example")

    async def on_noop(self, text: str) -> None:
        await self.say(Say("250 Ok"))

    async def on_star(self, text: str) -> None:
        said = await self._phase("starttls", text, "220 Go on")
        if said.text.startswith("220") and self._relay.script.tls is not None:
            await self._writer.start_tls(self._relay.script.tls)

    async def on_auth(self, text: str) -> None:
        said = await self._phase("auth", text, "235 2.7.0 Welcome")
        while said.text.startswith("334"):
            answer = (await self._reader.readline()).decode().strip()
            said = await self._phase("auth", answer, "235 2.7.0 Welcome")

    async def on_mail(self, text: str) -> None:
        fine = "503 5.5.1 Nested MAIL" if self._mail is not None else "250 2.1.0 Ok"
        said = await self._phase("mail", text, fine)
        if said.text.startswith("2"):
            self._mail, self._recipients = text, []

    async def on_rcpt(self, text: str) -> None:
        fine = "503 5.5.1 Need MAIL" if self._mail is None else "250 2.1.5 Ok"
        said = await self._phase("rcpt", text, fine)
        if said.text.startswith("2"):
            self._recipients.append(text[text.find("<") + 1 : text.rfind(">")])

    async def on_data(self, text: str) -> None:
        fine = "354 Go on" if self._recipients else "554 5.5.1 No valid recipients"
        said = await self._phase("data", self._mail or "", fine)
        if said.text.startswith("3"):
            await self._content()

    async def _content(self) -> None:
        first = await self._reader.readexactly(1)
        await self._relay.note("content begins", self._mail or "")
        if "content begins" in self._relay.script.answers:
            await self.say(self._relay.answer("content begins", "", ""))
        rest = b"" if first == b"." else await self._reader.readuntil(b"\r\n.\r\n")
        if first == b".":
            rest = await self._reader.readuntil(b"\r\n")
            if rest != b"\r\n":
                rest += await self._reader.readuntil(b"\r\n.\r\n")
        wire = first + rest
        if wire == b".\r\n":
            # What a client says to a 354 that it has no content for.
            await self._phase("lone dot", self._mail or "", "554 5.5.1 Nothing to do")
        else:
            said = await self._phase("content", self._mail or "", "250 2.0.0 Queued")
            if said.text.startswith("2"):
                plain = (
                    (b"\r\n" + wire).removesuffix(b".\r\n").replace(b"\r\n.", b"\r\n")
                )
                self._relay.received.append(
                    Received(self._mail or "", tuple(self._recipients), plain[2:])
                )
        self._mail, self._recipients = None, []

    async def on_rset(self, text: str) -> None:
        self._mail, self._recipients = None, []
        await self._phase("rset", text, "250 2.0.0 Ok")

    async def on_quit(self, text: str) -> None:
        await self._phase("quit", text, Say("221 2.0.0 Bye", "close"))

    async def _unknown(self, text: str) -> None:
        await self._phase("unknown", text, "502 5.5.2 What?")


def make_certificate(directory: Path, *, name: str = "127.0.0.1") -> tuple[Path, Path]:
    """Make a certificate that signs itself; return the paths of it and of its key."""
    certificate, key = directory / f"{name}.pem", directory / f"{name}.key"
    kind = "IP" if name[0].isdigit() else "DNS"
    kind_of_key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")
    names = ("-subj", f"/CN={name}", "-addext", f"subjectAltName={kind}:{name}")
    places = ("-out", str(certificate), "-keyout", str(key))
    command = ("openssl", "req", "-x509", "-nodes", "-days", "2")
    try:
        subprocess.run(
            [*command, *kind_of_key, *names, *places], check=True, capture_output=True
        )
    except FileNotFoundError:
        pytest.skip("openssl is not installed, so no certificate can be made")
    return certificate, key
