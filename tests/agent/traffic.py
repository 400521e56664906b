"""Continuous traffic through a tunnel, counted.

    echo ADDRESS PORT                answers datagrams
    send FROM ADDRESS PORT STOPFILE  a datagram every 10 ms
    ping FROM ADDRESS STOPFILE       an ICMP echo request every 100 ms

The senders wait for a first answer, create `started` beside the stop file, and report as JSON when that one appears:
how many probes were sent, and the numbers of those without an answer.
"""

import json
import socket
import struct
import sys
import time
from dataclasses import dataclass
from pathlib import Path

LAST_ANSWER_SECONDS = 2.0
ECHO = struct.Struct(">BBHHH")
ECHO_REQUEST = 8
WARM_UP = 65535


@dataclass
class Probes:
    """One connected socket and how a number travels over it."""

    link: socket.socket
    every_seconds: float
    icmp: bool

    def send(self, number: int) -> None:
        data = ECHO.pack(ECHO_REQUEST, 0, 0, 0, number) if self.icmp else str(number).encode()
        try:
            self.link.send(data)
        except OSError:
            return  # no route at this moment: the probe counts as lost

    def receive(self) -> int:
        data = self.link.recv(64)
        return int(ECHO.unpack(data[: ECHO.size])[4]) if self.icmp else int(data)


def echo(address: str, port: int) -> None:
    """Answer every datagram with itself."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        link.bind((address, port))
        while True:
            data, sender = link.recvfrom(64)
            link.sendto(data, sender)


def count(probes: Probes, stop: Path) -> None:
    """Send until the file exists, wait for late answers, report."""
    _warm_up(probes)
    stop.with_name("started").touch()
    missing: set[int] = set()
    probes.link.setblocking(False)
    sent, end = 0, None
    while end is None or (missing and time.monotonic() < end):
        if end is None and stop.exists():
            end = time.monotonic() + LAST_ANSWER_SECONDS
        if end is None:
            missing.add(sent)
            probes.send(sent)
            sent += 1
        time.sleep(probes.every_seconds)
        _collect(probes, missing)
    sys.stdout.write(json.dumps({"sent": sent, "lost": sorted(missing)}))


def _warm_up(probes: Probes) -> None:
    """Until one probe comes back: from then on every probe counts."""
    probes.link.settimeout(0.2)
    while True:
        probes.send(WARM_UP)
        try:
            probes.receive()
        except OSError:
            continue
        return


def _collect(probes: Probes, missing: set[int]) -> None:
    while True:
        try:
            missing.discard(probes.receive())
        except BlockingIOError:
            return
        except OSError:
            continue  # an ICMP error of an earlier probe


def main() -> None:
    """Do what the first argument says."""
    verb, *given = sys.argv[1:]
    if verb == "echo":
        echo(given[0], int(given[1]))
    protocol = socket.IPPROTO_ICMP if verb == "ping" else 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM, protocol) as link:
        link.bind((given[0], 0))
        link.connect((given[1], 0 if verb == "ping" else int(given[2])))
        count(Probes(link, 0.1 if verb == "ping" else 0.01, icmp=verb == "ping"), Path(given[-1]))


if __name__ == "__main__":
    main()
