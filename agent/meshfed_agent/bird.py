"""BIRD, spoken to over its control socket: sessions seen, configuration loaded, protocols switched."""

import socket
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from .errors import HostError

SECONDS = 10.0
PROTOCOL_ROW = "1002"
RECONFIGURED = frozenset({"0003", "0004", "0018", "0019"})
"""Reconfigured, in progress, undone or scheduled (bird-2 doc/reply_codes)."""
SWITCHED = frozenset({"0008", "0009", "0010", "0011"})
"""Already disabled, disabled, already enabled, enabled."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a reply with the code it belongs to."""

    code: str
    text: str


class Bird:
    """One running BIRD."""

    def __init__(self, control: Path) -> None:
        self._control = control

    def established(self) -> frozenset[str]:
        """Names of the BGP protocols that are established."""
        with self._session() as ask:
            rows = [line.text.split() for line in ask("show protocols") if line.code == PROTOCOL_ROW]
        return frozenset(row[0] for row in rows if len(row) > 1 and row[1] == "BGP" and row[-1] == "Established")

    def started(self) -> str:
        """When this BIRD started, as it says; another text means another process."""
        with self._session() as ask:
            return " ".join(line.text for line in ask("show status") if line.text.startswith("Last reboot"))

    def configure(self, path: Path) -> None:
        """Load the file. Protocols whose part of it is unchanged stay up."""
        with self._session() as ask:
            self._expect(ask(f'configure "{path}"'), RECONFIGURED, f"configure {path}")

    def switch(self, disable: frozenset[str], enable: frozenset[str]) -> None:
        """Disable and enable protocols; one that is so already stays untouched."""
        if not disable and not enable:
            return
        with self._session() as ask:
            for verb, names in (("enable", enable), ("disable", disable)):
                for name in sorted(names):
                    self._expect(ask(f"{verb} {name}"), SWITCHED, f"{verb} {name}")

    def _expect(self, reply: list[Line], codes: frozenset[str], what: str) -> None:
        if not any(line.code in codes for line in reply):
            complaint = "; ".join(line.text for line in reply) or "nothing"
            raise HostError(f"bird at {self._control}: {what}: answered {complaint}")

    @contextmanager
    def _session(self) -> Generator["Ask"]:
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
                connection.settimeout(SECONDS)
                connection.connect(str(self._control))
                with connection.makefile("r", encoding="utf-8", errors="replace") as lines:
                    ask = Ask(connection, lines)
                    ask.reply()  # the greeting
                    yield ask
        except OSError as fault:
            raise HostError(f"bird at {self._control}: does not answer: {fault}; wanted: a running bird") from fault


class Ask:
    """Asks one question after the other over an open control socket."""

    def __init__(self, connection: socket.socket, lines: TextIO) -> None:
        self._connection, self._lines = connection, lines

    def __call__(self, question: str) -> list[Line]:
        """The lines of the reply."""
        self._connection.sendall(f"{question}\n".encode())
        return self.reply()

    def reply(self) -> list[Line]:
        """Lines up to the last: `CODE text` ends a reply, `CODE-text` and ` text` continue it, `+` is a message."""
        found: list[Line] = []
        for raw in self._lines:
            line = raw.rstrip("\n")
            if line.startswith("+"):
                continue
            if line.startswith(" "):
                found.append(Line(found[-1].code if found else "", line[1:]))
                continue
            found.append(Line(line[:4], line[5:]))
            if line[4:5] != "-":
                return found
        raise ConnectionError("the reply broke off")
