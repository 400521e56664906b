"""Continuous traffic through a tunnel: `echo ADDRESS PORT` answers, `send FROM ADDRESS PORT STOPFILE` counts.

Every probe has a number; the report is JSON: sent, and the numbers that got no answer.
"""

import json
import socket
import sys
import time
from pathlib import Path

EVERY_SECONDS = 0.01
LAST_ANSWER_SECONDS = 2.0


def echo(address: str, port: int) -> None:
    """Answer every datagram with itself."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        link.bind((address, port))
        while True:
            data, sender = link.recvfrom(64)
            link.sendto(data, sender)


def send(source: str, address: str, port: int, stop: Path) -> None:
    """Send until the file exists, wait for late answers, report."""
    missing: set[int] = set()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        link.bind((source, 0))
        link.connect((address, port))
        _warm_up(link)
        stop.with_name("started").touch()
        link.setblocking(False)
        sent, end = 0, None
        while end is None or (missing and time.monotonic() < end):
            if end is None and stop.exists():
                end = time.monotonic() + LAST_ANSWER_SECONDS
            if end is None:
                missing.add(sent)
                _try_send(link, sent)
                sent += 1
            time.sleep(EVERY_SECONDS)
            _collect(link, missing)
    sys.stdout.write(json.dumps({"sent": sent, "lost": sorted(missing)}))


def _warm_up(link: socket.socket) -> None:
    """Until one probe comes back: from then on every probe counts."""
    link.settimeout(0.2)
    while True:
        _try_send(link, -1)
        try:
            link.recv(64)
        except OSError:
            continue
        return


def _try_send(link: socket.socket, number: int) -> None:
    try:
        link.send(str(number).encode())
    except OSError:
        return  # no route at this moment: the probe counts as lost


def _collect(link: socket.socket, missing: set[int]) -> None:
    while True:
        try:
            missing.discard(int(link.recv(64)))
        except BlockingIOError:
            return
        except OSError:
            continue  # an ICMP error of an earlier probe


if __name__ == "__main__":
    if sys.argv[1] == "echo":
        echo(sys.argv[2], int(sys.argv[3]))
    send(sys.argv[2], sys.argv[3], int(sys.argv[4]), Path(sys.argv[5]))
