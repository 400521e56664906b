"""The peers' documents: polled over HTTPS, accepted by the rules, and the last accepted one kept on disk.

A document that is refused changes nothing. One that expired after it was accepted stays in use, and is told.
"""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from . import documents, files, grants
from .alarms import LOG, Alarms
from .documents import Asked, Statement
from .errors import AgentError, RefusedError
from .gateway import PeerGateway
from .grants import Grant
from .web import Web

WORKERS = 16
"""A partition leaves half of 254 peers silent for a whole deadline each: asked one by one they take half an hour."""


@dataclass(frozen=True, slots=True)
class Held:
    """What is held of one peer."""

    remembered: Statement | None
    """Accepted once. Its sequence counts even if its signing key is pinned no more."""
    usable: Statement | None
    """Accepted, and good under what is pinned today."""
    data: bytes
    """The document itself."""
    fault: str = "none is accepted"
    """Why there is none that is usable."""


class Peers:
    """Accepted documents in `<state>/accepted`."""

    def __init__(self, folder: Path, web: Web, alarms: Alarms) -> None:
        self._folder, self._web, self._alarms = folder, web, alarms
        self._read: dict[str, tuple[bytes, tuple[Asked, Grant | None], Held]] = {}
        self._valid_seconds = 0

    def poll(self, gateways: Iterable[PeerGateway], now: datetime, valid_seconds: int) -> dict[str, Statement]:
        """The usable statement of every peer that has one, after asking each for a newer one."""
        wanted, self._valid_seconds = list(gateways), valid_seconds
        with ThreadPoolExecutor(WORKERS) as workers:
            answers = list(workers.map(self._fetch, wanted))
        found: dict[str, Statement] = {}
        for gateway, answer in zip(wanted, answers, strict=True):
            statement = self._judge(gateway, answer, now)
            if statement is not None:
                found[gateway.name] = statement
        return found

    def held(self, gateways: Iterable[PeerGateway]) -> dict[str, Statement]:
        """The usable statement of every peer that has one on disk; nobody is asked."""
        found = ((gateway.name, self._held(gateway).usable) for gateway in gateways)
        return {name: usable for name, usable in found if usable is not None}

    def _fetch(self, gateway: PeerGateway) -> bytes | AgentError:
        try:
            return self._web.get(gateway.url, documents.SIZE_LIMIT)
        except AgentError as fault:
            return fault

    def _judge(self, gateway: PeerGateway, answer: bytes | AgentError, now: datetime) -> Statement | None:
        subject, held = f"peer {gateway.name}", self._held(gateway)
        usable = held.usable
        if isinstance(answer, AgentError):
            self._alarms.set(subject, f"{answer}; the last accepted document stays in use")
        elif usable is None or answer != held.data:
            try:
                usable = self._accept(gateway, answer, held.remembered, now)
            except RefusedError as fault:
                self._alarms.set(subject, f"refused from {gateway.url}: {fault}; the last accepted one stays in use")
        if usable is None:
            self._alarms.set(f"{subject} document", f"{held.fault}; its tunnel is closed")
        elif usable.not_after <= now:
            expired = usable.not_after.strftime(documents.TIME)
            self._alarms.set(f"{subject} document", f"expired at {expired}; it stays in use until a newer one comes")
        return usable

    def _accept(self, gateway: PeerGateway, data: bytes, last: Statement | None, now: datetime) -> Statement:
        asked = grants.judge(_asked(gateway), gateway.grant, last.epoch if last is not None else None, now)
        found = documents.accept(data, asked, last, now, self._valid_seconds)
        if found is not last:
            files.write(self._path(gateway), data)
            LOG.info("peer %s: accepted epoch %s sequence %s", gateway.name, found.epoch, found.sequence)
        return found

    def _held(self, gateway: PeerGateway) -> Held:
        """What is on disk; verified once for the same bytes and pins, since 254 peers are asked every minute."""
        data, pins = files.read(self._path(gateway)), (_asked(gateway), gateway.grant)
        if data is None:
            return Held(None, None, b"")
        if gateway.name in self._read:
            known, old_pins, held = self._read[gateway.name]
            if (known, old_pins) == (data, pins) and held.usable is not None:
                return held
        held = self._verified(gateway, data)
        self._read[gateway.name] = data, pins, held
        return held

    def _verified(self, gateway: PeerGateway, data: bytes) -> Held:
        try:
            remembered = documents.unverified(data, str(self._path(gateway)))
        except RefusedError as fault:
            return Held(None, None, data, str(fault))
        asked = _asked(gateway)
        try:
            usable = documents.verify(data, asked)
            grants.check(asked, gateway.grant)
        except RefusedError as fault:
            return Held(remembered, None, data, f"what was accepted is good no more: {fault}")
        return Held(remembered, usable, data)

    def _path(self, gateway: PeerGateway) -> Path:
        return self._folder / f"{gateway.name}.json"


def _asked(gateway: PeerGateway) -> Asked:
    return Asked(gateway.region, gateway.gateway, gateway.epoch, gateway.keys)
