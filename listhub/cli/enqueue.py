"""`listhub-enqueue`: hand one mail from standard input to the intake daemon.

    listhub-enqueue RECIPIENT... [--sender ADDR] [--size N] [--socket PATH] [--dir DIR]

The MTA starts it for every mail, thousands at a time when a big post bounces, so it
imports next to nothing (no argparse, re, typing, dataclasses, socket: each costs as
much as the work).  The order matters: it connects before it reads, so that without a
daemon the direct way to the database finds standard input untouched.

Exit codes, as MTAs read them (sysexits.h): 0 the mail is committed; 75 try again;
67 no such list; 69 the address takes no mail; 65 the mail is too large or cannot be
a post; 64 wrong usage.  What is not understood is 75: it must not bounce good mail.
"""

# CPython's own module under `socket`, without its enums and selectors (8 ms).
import _socket
import os
import sys

# typing.TYPE_CHECKING without importing typing.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

EX_OK, EX_USAGE, EX_DATAERR, EX_NOUSER = 0, 64, 65, 67
EX_UNAVAILABLE, EX_TEMPFAIL = 69, 75

SOCKET = "/run/listhub/intake.sock"

#: Seconds.  A daemon that does not greet is passed by; one that has the mail is
#: waited for, and the MTA has a limit of its own (Postfix: 1,000 s).
_GREETING, _ANSWER = 10.0, 300.0

#: Enhanced statuses (RFC 3463) after which the MTA should bounce now; first match.
_FOR_GOOD = (
    ("5.1.7", EX_DATAERR),  # the sender's address
    ("5.1.", EX_NOUSER),
    ("5.2.1", EX_NOUSER),
    ("5.3.3", EX_UNAVAILABLE),
    ("5.3.4", EX_DATAERR),
    ("5.6.", EX_DATAERR),
)

_BLOCK = 1 << 18
_SPECIALS = frozenset(b' "(),:;<>[\\]@')


class Failure(Exception):
    """The end of the program: an exit code and one sentence."""

    def __init__(self, code: int, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


class Request:
    """The command line: who gets the mail, who is told of failures, where to go."""

    __slots__ = ("directory", "recipients", "sender", "size", "socket")

    def __init__(self) -> None:
        self.recipients: list[str] = []
        #: "" is the null reverse-path.
        self.sender = os.environ.get("SENDER", "")
        #: The MTA's idea of the size in octets, 0 if it has none.
        self.size = 0
        self.directory = ""
        self.socket = ""


def parse(arguments: list[str]) -> Request:
    """Read the command line; Failure 64 if it cannot be understood."""
    request = Request()
    options: dict[str, str] = {}
    words = list(arguments)
    while words:
        word = words.pop(0)
        if word == "--":
            request.recipients += words
            break
        if not word.startswith("--"):
            request.recipients.append(word)
            continue
        name, equals, value = word.partition("=")
        if name not in ("--sender", "--size", "--socket", "--dir"):
            raise Failure(EX_USAGE, f"listhub-enqueue: there is no option {name}.")
        if not equals:
            if not words:
                raise Failure(EX_USAGE, f"listhub-enqueue: {name} needs a value.")
            value = words.pop(0)
        options[name] = value
    _apply(request, options)
    return request


def _apply(request: Request, options: dict[str, str]) -> None:
    if not request.recipients:
        raise Failure(EX_USAGE, "listhub-enqueue: name at least one recipient.")
    sender = options.get("--sender", request.sender)
    # What Postfix writes for the null sender, unless pipe's null_sender says else.
    request.sender = "" if sender in ("<>", "MAILER-DAEMON") else sender
    size = options.get("--size", "") or "0"
    if not size.isdecimal():
        raise Failure(EX_USAGE, f"listhub-enqueue: --size {size} is no number.")
    request.size = int(size)
    request.directory = options.get("--dir", "")
    if request.directory:
        socket = f"{request.directory}/run/intake.sock"
    else:
        socket = os.environ.get("LISTHUB_INTAKE__SOCKET", SOCKET)
    request.socket = options.get("--socket", socket)


def read_input(descriptor: int, *, most: int, expected: int) -> bytes:
    """Read the mail, octet by octet as it is.

    Failure 65 beyond `most` octets; 75 if it is empty or far shorter than the
    `expected` size: a pipe that a dying MTA closed must not become a post.
    """
    blocks: list[bytes] = []
    length = 0
    while block := os.read(descriptor, _BLOCK):
        blocks.append(block)
        length += len(block)
        if length > most:
            raise Failure(EX_DATAERR, f"The message is larger than {most} octets.")
    content = b"".join(blocks)
    if not content:
        raise Failure(EX_TEMPFAIL, "listhub-enqueue: the input was empty.")
    # Postfix counts about two octets for each line end; its count is only near.
    near = length + content.count(b"\n")
    if near * 2 < expected or near + 4096 < expected * 0.9:
        raise Failure(
            EX_TEMPFAIL,
            f"listhub-enqueue: the input ended after {length} octets"
            f" of about {expected}.",
        )
    return content


def exit_code(code: int, enhanced: str) -> int:
    """Return the exit code for an SMTP reply with its enhanced status."""
    if code < 400:
        return EX_OK
    if code >= 500:
        for start, meaning in _FOR_GOOD:
            if enhanced.startswith(start):
                return meaning
    # Also a misunderstanding between us and the daemon: it is no fault of the mail.
    return EX_TEMPFAIL


def conclude(answers: list[tuple[int, str, str]]) -> None:
    """End with the answers (code, enhanced status, text) to all recipients.

    Failure if any is not 250.  One that can be tried again decides: the MTA then
    tries all of them, and those that are committed are known and not stored twice.
    """
    failures = [
        Failure(code, text)
        for code, text in (
            (exit_code(reply, enhanced), text) for reply, enhanced, text in answers
        )
        if code != EX_OK
    ]
    for failure in failures:
        if failure.code == EX_TEMPFAIL:
            raise failure
    if failures:
        raise failures[0]


class _Daemon:
    """The connection to the intake daemon."""

    def __init__(self, path: str) -> None:
        """Connect and shake hands; OSError if there is no daemon that can serve."""
        self._socket = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
        self._socket.settimeout(_GREETING)
        self._rest = b""
        self._socket.connect(path)
        # Nobody else listens there, so there is no need to wait for the greeting.
        self._socket.sendall(b"LHLO listhub-enqueue\r\n")
        offers: list[str] = []
        for _ in ("220", "250"):
            code, _enhanced, _text, lines = self._reply()
            if code >= 300:
                raise ConnectionRefusedError
            offers = lines
        if "CHUNKING" not in offers or "BINARYMIME" not in offers:
            raise ConnectionRefusedError
        #: Octets that a mail may have.
        self.most = next(
            (int(offer[5:]) for offer in offers if offer.startswith("SIZE ")), 1 << 40
        )

    def hand_over(self, request: Request, content: bytes) -> list[tuple[int, str, str]]:
        """Hand the mail over and return the answer to each recipient; OSError.

        BDAT carries counted octets (RFC 3030).  DATA could not: it is made of lines
        that end with CRLF, so an LF alone, a NUL or a last line without its end
        would not arrive as they are.
        """
        self._socket.settimeout(_ANSWER)
        utf8 = b"" if self._ascii(request) else b" SMTPUTF8"
        commands = [
            b"MAIL FROM:<%b> BODY=BINARYMIME%b\r\n" % (path(request.sender), utf8),
            *(b"RCPT TO:<%b>\r\n" % path(each) for each in request.recipients),
            b"BDAT %d LAST\r\n" % len(content),
        ]
        # One after the other, not joined: the content may be large.
        self._socket.sendall(b"".join(commands))
        self._socket.sendall(content)
        started = self._reply()[:3]
        answers = [self._reply()[:3] for _ in request.recipients]
        if started[0] >= 400:
            return [started for _ in answers]
        for number, answer in enumerate(answers):
            if answer[0] < 300:
                answers[number] = self._reply()[:3]
        return answers

    @staticmethod
    def _ascii(request: Request) -> bool:
        return all(each.isascii() for each in (request.sender, *request.recipients))

    def _reply(self) -> tuple[int, str, str, list[str]]:
        """Return code, enhanced status and text of a reply, and the text of its lines."""
        lines: list[str] = []
        while True:
            while b"\n" not in self._rest:
                block = self._socket.recv(_BLOCK)
                if not block:
                    raise ConnectionResetError("the daemon closed the connection")
                self._rest += block
            raw, _, self._rest = self._rest.partition(b"\n")
            line = raw.decode("utf-8", "replace").rstrip("\r")
            if not line[:3].isdecimal():
                raise ConnectionResetError("the daemon spoke no LMTP")
            lines.append(line[4:])
            if line[3:4] != "-":
                enhanced, _, text = line[4:].partition(" ")
                return int(line[:3]), enhanced, text, lines


def path(address: str) -> bytes:
    """Return an address as the octets between angle brackets (RFC 5321 §4.1.2).

    Postfix hands it over without the quotes that some local parts need, unless
    pipe's flag q is set.  Failure 67 if it holds a line end.
    """
    octets = os.fsencode(address)
    if b"\r" in octets or b"\n" in octets:
        raise Failure(EX_NOUSER, "The address holds a line end.")
    local, at, domain = octets.rpartition(b"@")
    quoted = len(local) > 1 and local.startswith(b'"') and local.endswith(b'"')
    if not at or quoted or _SPECIALS.isdisjoint(local):
        return octets
    escaped = local.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
    return b'"%b"@%b' % (escaped, domain)


def _connect(path_of_socket: str) -> "_Daemon | None":
    if not path_of_socket:
        return None
    try:
        return _Daemon(path_of_socket)
    except (OSError, ValueError):
        return None


def _go_direct(arguments: list[str]) -> None:
    """Become the program that writes to the database itself; standard input is whole."""
    root = __file__.rpartition("/listhub/cli/")[0]
    program = (
        "import sys; sys.path.insert(0, sys.argv.pop(1));"
        "from listhub.cli.enqueue_direct import main; sys.exit(main(sys.argv[1:]))"
    )
    command = [sys.executable, "-I", "-c", program, root, *arguments]
    os.execv(sys.executable, command)  # noqa: S606  no shell is meant


def run(arguments: list[str]) -> None:
    """Hand the mail over; Failure unless it is committed for every recipient."""
    request = parse(arguments)
    daemon = _connect(request.socket)
    if daemon is None:
        _go_direct(arguments)
        return
    content = read_input(0, most=daemon.most, expected=request.size)
    conclude(daemon.hand_over(request, content))


def main(arguments: list[str]) -> int:
    """Run the program and return its exit code; says why on standard error."""
    return guarded(lambda: run(arguments))


def guarded(program: "Callable[[], None]") -> int:
    """Run a program that ends by Failure; whatever else goes wrong is 75."""
    try:
        program()
    except Failure as failure:
        say(failure.sentence)
        return failure.code
    except BaseException as error:  # noqa: BLE001  see the module's last sentence
        # The text ends in the MTA's report: nothing of our inside belongs there.
        what = str(error) if isinstance(error, OSError) else ""
        what = (
            getattr(error, "public", what) or f"internal error {type(error).__name__}"
        )
        say(f"listhub-enqueue: {what.rstrip('.')}; the mail is tried again.")
        return EX_TEMPFAIL
    return EX_OK


def say(sentence: str) -> None:
    """Write one line to standard error, which Postfix puts into its report."""
    line = " ".join(sentence.split()) + "\n"
    os.write(2, line.encode("utf-8", "replace"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
