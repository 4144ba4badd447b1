"""An LMTP session played with a client that says what it is told, without a socket."""

from listhub.intake.events import Ask, Limits, Mail
from listhub.intake.session import Session
from listhub.intake.syntax import reply
from listhub.lists.directory import Destination, Refusal
from listhub.mail.recipient import AddressKind

POST = Destination(
    kind=AddressKind.POST,
    stage="distribute",
    domain_id=1,
    list_id=1,
    list_address="post@example.org",
)
UNKNOWN = Refusal(code=550, enhanced="5.1.1", text="No list at that address.")

HELLO = b"LHLO client.example\r\n"
ENVELOPE = b"MAIL FROM:<a@example.org>\r\nRCPT TO:<post@example.org>\r\n"
MAIL = b"From: a@example.org\r\n\r\ntext\r\n"


class Played:
    """What came of a conversation in which every mail is accepted."""

    def __init__(self, *, local: bool = False, max_size: int = 10_000) -> None:
        self.session = Session(
            host="mx.example",
            limits=Limits(max_size=max_size, max_recipients=3),
            local=local,
        )
        self.mails: list[Mail] = []
        self.asked: list[tuple[str, ...]] = []
        self.output = self.session.output()

    def say(self, *pieces: bytes) -> "Played":
        for piece in pieces:
            self.session.feed(piece)
            while (event := self.session.advance()) is not None:
                self._answer(event)
        self.output += self.session.output()
        return self

    def _answer(self, event: Ask | Mail) -> None:
        match event:
            case Ask(recipients):
                self.asked.append(recipients)
                self.session.answer_asked([_verdict(each) for each in recipients])
            case Mail():
                self.mails.append(event)
                self.session.answer_mail(
                    [
                        reply(250, "2.0.0", f"accepted {to}")
                        for to, _ in event.recipients
                    ]
                )

    @property
    def codes(self) -> list[int]:
        """The codes of all replies, the greeting's first."""
        return [int(line[:3]) for line in self.output.splitlines() if line[3:4] == b" "]

    @property
    def last(self) -> str:
        return self.output.splitlines()[-1].decode()


def _verdict(recipient: str) -> Destination | Refusal:
    return UNKNOWN if recipient.startswith("unknown") else POST
