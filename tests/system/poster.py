"""What an MTA does: it hands mail over by every door and repeats until it is accepted.

The bytes of a repetition are those of the first try.  An exit status or reply that is
neither "accepted" nor "later" would bounce the mail: those are noted as bounced.
"""

import contextlib
import os
import random
import signal
import smtplib
import subprocess
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.rooms import post_bytes
from tests.system.site import ListPlan, Site

ENQUEUE = Path(__file__).parents[2] / "scripts" / "bin" / "listhub-enqueue"

DOORS = ("pipe", "direct", "lmtp")
LATER = 75


@dataclass(kw_only=True, slots=True)
class Posted:
    """One mail and what became of it at the door."""

    message_id: str
    list: ListPlan
    door: str
    tries: int = 0
    accepted: bool = False
    #: Why the MTA would have bounced it.
    bounced: str = ""


@dataclass(slots=True)
class Mta:
    """Hands mail over, one after the other or from several threads."""

    site: Site
    posted: list[Posted] = field(default_factory=list)
    given_up: threading.Event = field(default_factory=threading.Event)
    #: The programs that run at this moment, each the leader of its group.
    running: set[int] = field(default_factory=set)
    #: How many of them were killed.
    killed: int = 0

    def post(self, to: ListPlan, door: str, *, number: str) -> Posted:
        """Hand one mail over until it is accepted, bounced, or the MTA is stopped."""
        mail = self._new(to, door, number)
        while not mail.accepted and not mail.bounced and not self.given_up.is_set():
            if mail.tries:
                self.given_up.wait(0.3)
            self._try(mail)
        return mail

    def try_once(self, to: ListPlan, door: str, *, number: str) -> Posted:
        """Hand one mail over and take the answer for what it is."""
        mail = self._new(to, door, number)
        self._try(mail)
        return mail

    def _new(self, to: ListPlan, door: str, number: str) -> Posted:
        mail = Posted(message_id=f"{number}@mta.example", list=to, door=door)
        self.posted.append(mail)
        return mail

    def _try(self, mail: Posted) -> None:
        raw = post_bytes(
            to=mail.list.address, message_id=mail.message_id, subject=mail.message_id
        )
        mail.tries += 1
        if mail.door == "lmtp":
            self._by_lmtp(mail, raw)
        else:
            self._by_pipe(mail, raw)

    def kill_one(self, chance: random.Random) -> bool:
        """Kill a `listhub-enqueue` in the midst of its work; False if none runs."""
        for pid in list(self.running):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                time.sleep(chance.uniform(0, 0.08))  # sleep: somewhere in its life
                os.killpg(pid, signal.SIGKILL)
                self.killed += 1
                return True
        return False

    def _by_pipe(self, mail: Posted, raw: bytes) -> None:
        socket = self.site.socket if mail.door == "pipe" else ""
        words = [str(ENQUEUE), mail.list.address, "--sender", "ann@a.example"]
        program = subprocess.Popen(
            [*words, "--size", str(len(raw)), "--socket", socket],
            env=self.site.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        self.running.add(program.pid)
        try:
            _, said = program.communicate(raw, timeout=60)
        except subprocess.TimeoutExpired:
            mail.bounced = "it hung for a minute"
            os.killpg(program.pid, signal.SIGKILL)
            program.wait()
            return
        finally:
            self.running.discard(program.pid)
        status = program.returncode
        mail.accepted = status == 0
        # Killed from outside: the MTA keeps the mail.
        if status > 0 and status != LATER:
            mail.bounced = f"status {status}: {said.decode(errors='replace')}"

    def _by_lmtp(self, mail: Posted, raw: bytes) -> None:
        try:
            with smtplib.LMTP("127.0.0.1", self.site.lmtp_port, timeout=60) as client:
                client.sendmail("ann@a.example", [mail.list.address], raw)
        except smtplib.SMTPRecipientsRefused as error:
            ((code, said),) = error.recipients.values()
            mail.bounced = "" if code < 500 else f"{code} {said!r}"
        except smtplib.SMTPResponseException as error:
            code = error.smtp_code
            mail.bounced = "" if code < 500 else f"{code} {error.smtp_error!r}"
        except OSError as error:
            # smtplib's own errors are OSErrors too: the connection went away.
            if isinstance(error, TimeoutError):
                mail.bounced = f"no answer for a minute: {error}"
        else:
            mail.accepted = True


class Posters:
    """Some threads that post at a pace, each with chances of its own."""

    def __init__(self, mta: Mta, *, seed: int, threads: int, pause: float) -> None:
        """`pause` is the mean time between two mails of a thread, in seconds."""
        self.mta = mta
        self._enough = threading.Event()
        self._pause = pause
        self._threads = [
            threading.Thread(
                target=self._run, args=(f"{seed}.{n}",), name=f"poster-{n}"
            )
            for n in range(threads)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def finish(self, *, patience: float) -> None:
        """Post nothing new; give up what is not accepted within `patience` seconds."""
        self._enough.set()
        ends = time.monotonic() + patience
        for thread in self._threads:
            thread.join(max(0.0, ends - time.monotonic()))
        self.mta.given_up.set()
        for thread in self._threads:
            thread.join()

    def _run(self, name: str) -> None:
        chance = random.Random(name)
        number = 0
        while not self._enough.is_set():
            number += 1
            to = chance.choice(self.mta.site.plan.lists)
            door = chance.choices(DOORS, weights=(5, 1, 4))[0]
            self.mta.post(to, door, number=f"{name}.{number}")
            self._enough.wait(chance.uniform(0, 2 * self._pause))
