"""One LMTP conversation as a state machine (RFC 2033), without any I/O.

    feed(bytes) ──▶ advance() ──▶ Ask | Mail | None        what the caller must do
                    answer(…)                              what came of it
                    output() ──▶ bytes for the peer

The caller feeds what arrived, in pieces of any size, calls `advance` until it says
None, and writes `output`.  While an Ask or a Mail is unanswered nothing more is read,
so replies keep the order of the commands (RFC 2920).

On the local socket BDAT (RFC 3030) is offered too, with BINARYMIME: octets counted
instead of lines ended.  This is how the pipe program hands over bytes that DATA could
not carry unchanged: LF line ends, NULs, a last line without its end.
"""

import enum
from collections.abc import Callable, Sequence

from listhub.intake.content import Chunked, Dotted, TooLargeError
from listhub.intake.events import Ask, Limits, Mail
from listhub.intake.syntax import Path, PathError, Reply, read_path, reply
from listhub.lists.directory import Destination, Refusal

#: RFC 5321 §4.5.3.1.4 says 512; extensions and long signed addresses add to it.
_LONGEST_COMMAND = 2048
#: Mistakes after which a peer is sent away: a person gives up sooner, a flood never.
_MOST_ERRORS = 20
#: Commands in a row without a mail among them.
_MOST_IDLE_COMMANDS = 1000

_OK = reply(250, "2.0.0", "OK")
_TOO_LARGE = reply(552, "5.3.4", "The message is too large.")


class _State(enum.Enum):
    COMMAND = enum.auto()
    DATA = enum.auto()
    CHUNK = enum.auto()
    ASKING = enum.auto()
    STORING = enum.auto()
    CLOSED = enum.auto()


Verdict = Destination | Refusal | Reply


class Session:
    """The server's side of one connection."""

    def __init__(self, *, host: str, limits: Limits, local: bool = False) -> None:
        self._host = host
        self._limits = limits
        self._local = local
        self._state = _State.COMMAND
        self._input = bytearray()
        self._output: list[bytes] = []
        self._helo = ""
        self._errors = 0
        self._idle_commands = 0
        #: Addresses that wait for a verdict, and refusals that keep their place.
        self._asked: list[str | Reply] = []
        self._commands: dict[bytes, Callable[[bytes], None]] = {
            b"LHLO": self._lhlo,
            b"HELO": self._hello_of_smtp,
            b"EHLO": self._hello_of_smtp,
            b"MAIL": self._mail,
            b"RCPT": self._rcpt,
            b"DATA": self._data,
            b"RSET": self._rset,
            b"NOOP": self._noop,
            b"VRFY": self._vrfy,
            b"HELP": self._help,
            b"QUIT": self._quit,
        }
        if local:
            self._commands[b"BDAT"] = self._bdat
        self._steps: dict[_State, Callable[[], Ask | Mail | None]] = {
            _State.COMMAND: self._next_commands,
            _State.DATA: self._next_data,
            _State.CHUNK: self._next_chunk,
        }
        self._dotted = Dotted(max_size=0)
        self._reset()
        self._put(f"220 {host} LMTP ListHub\r\n".encode())

    def _reset(self) -> None:
        self._reverse_path: str | None = None
        self._recipients: list[tuple[str, Destination]] = []
        #: Recipients named in this mail, known ones and others.
        self._named = 0
        self._binary = False
        self._chunked: Chunked | None = None

    # ── the caller's side ────────────────────────────────────────────────────

    @property
    def closed(self) -> bool:
        """Whether the connection is to be closed once `output` is written."""
        return self._state is _State.CLOSED

    @property
    def waiting(self) -> bool:
        """Whether an Ask or a Mail is unanswered."""
        return self._state in (_State.ASKING, _State.STORING)

    @property
    def storing(self) -> bool:
        """Whether a complete mail is unanswered."""
        return self._state is _State.STORING

    @property
    def pending(self) -> int:
        """How many octets were fed and not yet looked at."""
        return len(self._input)

    def feed(self, data: bytes) -> None:
        """Take what the peer sent; after the end nobody listens."""
        if not self.closed:
            self._input += data

    def output(self) -> bytes:
        """Return, once, what is to be written to the peer."""
        data = b"".join(self._output)
        self._output.clear()
        return data

    def advance(self) -> Ask | Mail | None:
        """Go on until the caller must do something, or more input is needed."""
        while (step := self._steps.get(self._state)) is not None:
            before = self._state, len(self._input)
            event = step()
            if event is not None:
                return event
            if before == (self._state, len(self._input)):
                return None
        return None

    def answer_asked(self, verdicts: Sequence[Verdict]) -> None:
        """Say where the recipients of the last Ask go, in its order."""
        found = iter(verdicts)
        asked, self._asked = self._asked, []
        if self.closed:
            return
        self._state = _State.COMMAND
        for each in asked:
            if isinstance(each, Reply):
                self._refuse(each)
            else:
                self._take_recipient(each, next(found))

    def answer_mail(self, replies: Sequence[Reply]) -> None:
        """Say what became of the last Mail, one reply for each recipient."""
        self._state = _State.COMMAND
        self._put(b"".join(each.line() for each in replies))
        self._reset()

    def dismiss(self, farewell: Reply) -> None:
        """End the conversation with a 421; a Mail under way must be answered first."""
        if self._state is not _State.CLOSED:
            self._say(farewell)
            self._state = _State.CLOSED
            self._input.clear()

    # ── commands ─────────────────────────────────────────────────────────────

    def _next_commands(self) -> Ask | None:
        """Do one command; of RCPTs all that are here, for one look-up."""
        if self._next_command() and self._asked:
            while self._input[:5].upper() == b"RCPT " and self._next_command():
                pass
            return self._ask()
        return None

    def _next_command(self) -> bool:
        """Do one command; False if no whole line is there."""
        end = self._input.find(b"\n", 0, _LONGEST_COMMAND)
        if end < 0:
            if len(self._input) >= _LONGEST_COMMAND:
                # Where the next command starts is anybody's guess: do not guess.
                self.dismiss(reply(421, "4.7.0", "Line too long; closing."))
            return False
        # RFC 5321 §2.3.8: lines end with CRLF; a bare LF is let pass in commands,
        # where nothing can be hidden behind it.
        line = bytes(self._input[:end]).rstrip(b"\r")
        del self._input[: end + 1]
        verb, _, argument = line.partition(b" ")
        command = self._commands.get(verb.upper())
        if command is None:
            self._refuse(reply(500, "5.5.1", "This command is not known here."))
        else:
            command(argument.strip())
        self._count(verb)
        return True

    def _count(self, verb: bytes) -> None:
        """Send away whoever only makes mistakes, or only makes talk."""
        if self._state is not _State.COMMAND:
            return
        self._idle_commands += verb.upper() != b"RCPT"
        if self._errors > _MOST_ERRORS or self._idle_commands > _MOST_IDLE_COMMANDS:
            self.dismiss(reply(421, "4.7.0", "Too many commands to no purpose."))

    def _lhlo(self, argument: bytes) -> None:
        said = argument.decode("utf-8", "replace")[:255]
        helo = "".join(each for each in said if each.isprintable())
        if not helo:
            self._refuse(reply(501, "5.5.4", "LHLO needs your host's name."))
            return
        self._reset()
        self._helo = helo
        offers = [
            self._host,
            "PIPELINING",
            "8BITMIME",
            "SMTPUTF8",
            "ENHANCEDSTATUSCODES",
            f"SIZE {self._limits.max_size}",
        ]
        if self._local:
            offers += ["CHUNKING", "BINARYMIME"]
        lines = [f"250-{offer}\r\n" for offer in offers[:-1]]
        self._put("".join([*lines, f"250 {offers[-1]}\r\n"]).encode())

    def _hello_of_smtp(self, _argument: bytes) -> None:
        # RFC 2033 §4.1: an LMTP server answers 500 to HELO and EHLO.
        self._refuse(reply(500, "5.5.1", "This is LMTP: say LHLO."))

    def _mail(self, argument: bytes) -> None:
        if not self._helo:
            self._refuse(reply(503, "5.5.1", "Say LHLO first."))
        elif self._reverse_path is not None:
            self._refuse(reply(503, "5.5.1", "A mail is already under way."))
        else:
            try:
                path = read_path(argument, keyword=b"FROM:")
                self._check_parameters(path)
            except PathError as error:
                self._refuse(error.reply)
                return
            self._reverse_path = path.address
            self._binary = path.parameters.get("BODY", "").upper() == "BINARYMIME"
            self._say(_OK)

    def _check_parameters(self, path: Path) -> None:
        for key, value in path.parameters.items():
            if key == "SIZE" and value.isdecimal():
                if int(value[:20]) > self._limits.max_size:
                    raise PathError(_TOO_LARGE)
            elif key == "BODY":
                known = ["7BIT", "8BITMIME", *(["BINARYMIME"] if self._local else [])]
                if value.upper() not in known:
                    raise PathError(reply(501, "5.5.4", "BODY has no such value."))
            elif key != "SMTPUTF8":
                raise PathError(reply(555, "5.5.4", "A parameter is not known here."))

    def _rcpt(self, argument: bytes) -> None:
        if self._reverse_path is None:
            self._refuse(reply(503, "5.5.1", "Say MAIL first."))
            return
        self._asked.append(self._read_recipient(argument))

    def _read_recipient(self, argument: bytes) -> str | Reply:
        try:
            path = read_path(argument, keyword=b"TO:")
        except PathError as error:
            return error.reply
        if path.parameters:
            return reply(555, "5.5.4", "A parameter is not known here.")
        if not path.address:
            return reply(553, "5.1.3", "The recipient is empty.")
        # Refused ones count, too: whether they were is not known yet in a pipeline.
        if self._named >= self._limits.max_recipients:
            # RFC 5321 §4.5.3.1.10: the client sends the rest in its next transaction.
            return reply(452, "4.5.3", "Too many recipients; send the rest again.")
        self._named += 1
        return path.address

    def _ask(self) -> Ask | None:
        recipients = tuple(each for each in self._asked if isinstance(each, str))
        if self.closed or not recipients:
            self.answer_asked(())
            return None
        self._state = _State.ASKING
        return Ask(recipients)

    def _take_recipient(self, recipient: str, verdict: Verdict) -> None:
        match verdict:
            case Destination():
                self._recipients.append((recipient, verdict))
                self._say(_OK)
            case Refusal(code=code, enhanced=enhanced, text=text):
                # Not counted as a mistake: the MTA only passes on what it was given.
                self._say(reply(code, enhanced, text))
            case Reply():
                self._say(verdict)

    def _rset(self, _argument: bytes) -> None:
        self._reset()
        self._say(_OK)

    def _noop(self, _argument: bytes) -> None:
        self._say(_OK)

    def _vrfy(self, _argument: bytes) -> None:
        self._say(reply(252, "2.5.0", "Send the mail; RCPT tells."))

    def _help(self, _argument: bytes) -> None:
        self._say(reply(214, "2.0.0", "LHLO MAIL RCPT DATA RSET NOOP VRFY QUIT"))

    def _quit(self, _argument: bytes) -> None:
        self._say(reply(221, "2.0.0", "Bye."))
        self._state = _State.CLOSED

    # ── content ──────────────────────────────────────────────────────────────

    def _data(self, argument: bytes) -> None:
        if argument:
            self._refuse(reply(501, "5.5.4", "DATA takes no argument."))
        elif not self._recipients:
            # RFC 2033 §4.2: 503 if no recipient was accepted.
            self._refuse(reply(503, "5.5.1", "No valid recipients."))
        elif self._chunked is not None or self._binary:
            # RFC 3030 §3: DATA carries no binary, and does not mix with BDAT.
            self._refuse(reply(503, "5.5.1", "Use BDAT for this mail."))
        else:
            self._put(b"354 End with <CR><LF>.<CR><LF>\r\n")
            self._dotted = Dotted(max_size=self._limits.max_size)
            self._state = _State.DATA

    def _next_data(self) -> Mail | None:
        """Go on with DATA; the state leaves DATA at its end."""
        try:
            content = self._dotted.take(self._input)
        except TooLargeError:
            return self._complete(None)
        return None if content is None else self._complete(content)

    def _bdat(self, argument: bytes) -> None:
        """`BDAT octets [LAST]`: the octets follow whatever the reply (RFC 3030 §2)."""
        octets, _, last = argument.upper().partition(b" ")
        if not octets.isdigit() or len(octets) > 18 or last not in (b"", b"LAST"):
            # How many octets follow is unknown: what comes next is no command.
            self.dismiss(reply(421, "4.5.0", "BDAT needs a number of octets."))
            return
        if self._chunked is None:
            # Octets that belong to no mail are read and dropped.
            room = self._limits.max_size if self._recipients else -1
            self._chunked = Chunked(room)
        self._chunked.start(int(octets), last=bool(last))
        self._state = _State.CHUNK

    def _next_chunk(self) -> Mail | None:
        """Go on with BDAT; the state leaves CHUNK when the chunk is complete."""
        chunked = self._chunked
        if chunked is None or not chunked.take(self._input):
            return None
        self._state = _State.COMMAND
        if not self._recipients:
            self._chunked = None
            self._refuse(reply(503, "5.5.1", "No valid recipients."))
        elif chunked.last:
            try:
                return self._complete(chunked.content())
            except TooLargeError:
                return self._complete(None)
        else:
            self._say(_TOO_LARGE if chunked.too_large else _OK)
        return None

    def _complete(self, content: bytes | None) -> Mail | None:
        """Hand the mail out, or refuse one that was too large to keep (None)."""
        self._idle_commands = 0
        if content is None:
            self.answer_mail([_TOO_LARGE] * len(self._recipients))
            return None
        self._state = _State.STORING
        return Mail(
            helo=self._helo,
            reverse_path=self._reverse_path or "",
            recipients=tuple(self._recipients),
            content=content,
        )

    # ── replies ──────────────────────────────────────────────────────────────

    def _refuse(self, refusal: Reply) -> None:
        """Say no, and count it as the peer's mistake."""
        self._errors += 1
        self._say(refusal)

    def _say(self, answer: Reply) -> None:
        self._put(answer.line())

    def _put(self, line: bytes) -> None:
        self._output.append(line)
