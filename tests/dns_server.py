"""A name server on loopback, over UDP and TCP, that also fails in all the usual ways."""

import contextlib
import socketserver
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
from typing_extensions import override

#: What a name has: TXT records, nothing at all, or a server that does not do its work.
Zone = Mapping[
    str,
    "tuple[str, ...] | Literal['servfail', 'refused', 'silent', 'truncated', 'junk']",
]

_BIG = "x" * 200


@dataclass
class NameServer:
    """Where it listens, and what it was asked, in order."""

    address: str
    asked: list[str] = field(default_factory=list)


@contextlib.contextmanager
def serving(zone: Zone, *, ttl: int = 300) -> Iterator[NameServer]:
    """Answer for a zone on a port of its own, until the end of the block."""
    tcp, udp = _same_port()
    server = NameServer(f"127.0.0.1:{udp.server_address[1]}")

    def reply(wire: bytes, *, over_tcp: bool) -> bytes | None:
        query = dns.message.from_wire(wire)
        name = query.question[0].name.to_text(omit_final_dot=True)
        if not over_tcp:
            server.asked.append(name)
        return _reply(query, zone.get(name), ttl=ttl, over_tcp=over_tcp)

    threads = []
    for part in (udp, tcp):
        part.daemon_threads = True
        part.reply = reply  # type: ignore[union-attr]
        thread = threading.Thread(target=part.serve_forever, args=(0.01,))
        thread.start()
        threads.append(thread)
    try:
        yield server
    finally:
        for number, thread in enumerate(threads):
            (udp, tcp)[number].shutdown()
            thread.join()
            (udp, tcp)[number].server_close()


def _same_port() -> tuple[
    socketserver.ThreadingTCPServer, socketserver.ThreadingUDPServer
]:
    """Take a port that is free in both protocols; one free in TCP mostly is."""
    while True:
        tcp = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Tcp)
        try:
            return tcp, socketserver.ThreadingUDPServer(tcp.server_address[:2], _Udp)
        except OSError:
            tcp.server_close()


def _reply(
    query: dns.message.Message, has: Any, *, ttl: int, over_tcp: bool
) -> bytes | None:
    if has == "silent":
        return None
    if has == "junk":
        return b"\0\0not a message"
    reply = dns.message.make_response(query)
    name = query.question[0].name
    if has == "truncated":
        has = (_BIG, "v=DMARC1; p=reject") if over_tcp else ()
        reply.flags |= 0 if over_tcp else dns.flags.TC
    elif has in {"servfail", "refused"}:
        reply.set_rcode(dns.rcode.from_text(has))
    elif has is None:
        reply.set_rcode(dns.rcode.NXDOMAIN)
        soa = f"ns.example. root.example. 1 2 3 4 {ttl}"
        reply.authority.append(dns.rrset.from_text(".", ttl, "IN", "SOA", soa))
    if isinstance(has, tuple) and has:
        quoted = [_strings(text) for text in has]
        reply.answer.append(dns.rrset.from_text(name, ttl, "IN", "TXT", *quoted))
    wire = reply.to_wire(max_size=65_535)
    if over_tcp or len(wire) <= max(query.payload, 512):
        return wire
    reply.flags |= dns.flags.TC
    reply.answer.clear()
    return reply.to_wire()


def _strings(text: str) -> str:
    pieces = [text[start : start + 200] for start in range(0, len(text), 200)] or [""]
    return " ".join(f'"{piece}"' for piece in pieces)


class _Udp(socketserver.BaseRequestHandler):
    @override
    def handle(self) -> None:
        wire, sock = self.request
        reply: Callable[..., bytes | None] = self.server.reply  # type: ignore[attr-defined]
        answer = reply(wire, over_tcp=False)
        if answer is not None:
            sock.sendto(answer, self.client_address)


class _Tcp(socketserver.StreamRequestHandler):
    @override
    def handle(self) -> None:
        size = int.from_bytes(self.rfile.read(2), "big")
        reply: Callable[..., bytes | None] = self.server.reply  # type: ignore[attr-defined]
        answer = reply(self.rfile.read(size), over_tcp=True) or b""
        self.wfile.write(len(answer).to_bytes(2, "big") + answer)
