"""One pass of the agent: read what is wanted, listen to the peers, and bring the host one step nearer.

A pass starts from what is on disk and in the host, not from what an earlier pass remembered: killed at any point, the
next one goes on. The order matters where a kill could hurt: firewall before tunnels, keys before their publication,
routes away from a generation before it goes.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from . import files, gateway, status
from .alarms import LOG, Alarms
from .bird import Bird
from .config import AgentConfig
from .distribution import Publisher
from .documents import Statement
from .errors import AgentError
from .gateway import GatewayDocument
from .health import Health
from .peers import Peers
from .publication import Publication
from .signer import Signer
from .store import Store
from .texts import TextFiles
from .tunnels import Tunnels
from .web import Web

DOCUMENT_LIMIT = 8 * 1024 * 1024
"""Bytes of a gateway document: 254 tunnels and their texts make about one million."""
OF_THE_HOST = ("accepted", "bird", "interface", "ipsec", "tunnel", "wireguard")
"""How alarms of this host begin; those of peers and of publication do not tell whether the machine works."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The services that the agent talks to."""

    store: Store
    publisher: Publisher
    signer: Signer
    web: Web


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a pass ended."""

    alarms: tuple[str, ...]
    poll_seconds: int
    moving: bool
    """A rotation is under way that the next pass can move on."""


class Agent:
    """The agent of one gateway."""

    def __init__(self, config: AgentConfig, around: Surroundings) -> None:
        self._config, self._store = config, around.store
        self._alarms = Alarms()
        bird = Bird(config.host.bird_socket)
        self._texts = TextFiles(config.config, config.state, bird)
        self._peers = Peers(config.state / "accepted", around.web, self._alarms)
        self._tunnels = Tunnels(config, bird, self._alarms)
        self._publication = Publication(config.region, config.gateway, around.publisher, around.signer)
        self.health = Health(config.host, bird)
        self._poll_seconds = status.FIRST_POLL_SECONDS
        self._restored = False

    def pass_once(self, now: datetime) -> Outcome:
        """Do what can be done now; faults become alarms, and the rest goes on."""
        self._alarms.begin()
        moving = False
        document, statements = self._document(), dict[str, Statement]()
        if document is not None:
            self._poll_seconds = document.poll_seconds
            with self._alarms.guard("host"):
                moving, statements = self._converge(document, now)
        report = status.Report(
            config=self._config,
            now=now,
            document=document,
            published=self._publication.current,
            accepted=statements,
            tunnels=self._tunnels.seen,
        )
        alarms = self._alarms.end()
        with self._alarms.guard("status"):
            status.write(report, alarms)
        return Outcome(alarms, self._poll_seconds, moving)

    def _converge(self, document: GatewayDocument, now: datetime) -> tuple[bool, dict[str, Statement]]:
        self._texts.apply_firewall(document.texts)  # without its firewall a gateway opens no tunnel
        with self._alarms.guard("bird"):
            self._texts.apply_routing(document.texts)
        self.health.expect(self._tunnels.sessions(document))
        with self._alarms.guard("accepted documents"):
            self._restore(document, now)
        statements = self._peers.poll(document.peers, now, document.publish.valid_seconds)
        moving = self._tunnels.decide(document, statements, int(now.timestamp()))
        with self._alarms.guard("publication"):
            self._publication.update(document, self._tunnels.published(document), now)
        self._tunnels.apply(document, statements)
        if (statements or not document.peers) and not self._alarms.concern(*OF_THE_HOST):
            self.health.applied()
        return moving, statements

    def _restore(self, document: GatewayDocument, now: datetime) -> None:
        """After a reboot, raise what was accepted before anybody is asked: a distribution may be silent for long.

        A host with tunnels is left as it is: a peer whose newer document is still unread would lose its own.
        """
        held = {} if self._restored else self._peers.held(document.peers)
        if held and not self._tunnels.standing():
            self._tunnels.decide(document, held, int(now.timestamp()))
            self._tunnels.apply(document, held)
        self._restored = True

    @property
    def _kept(self) -> Path:
        return self._config.state / "gateway.json"

    def _document(self) -> GatewayDocument | None:
        """The document in the store if it is good, the last good one otherwise, None before the first."""
        kept = files.read(self._kept)
        try:
            data = self._store.read(f"gateways/{self._config.gateway}/peers.json", DOCUMENT_LIMIT)
            document = gateway.parse(data, self._config.region, self._config.gateway)
            if data != kept:
                self._texts.check(document.texts)
                files.write(self._kept, data)
                LOG.info("gateway document: %s peer gateways, now in use", len(document.peers))
        except AgentError as fault:
            if kept is None:
                self._alarms.set("gateway document", f"{fault}; there is none before it")
                return None
            self._alarms.set("gateway document", f"{fault}; the last good one stays in use")
            return self._last_good(kept)
        return document

    def _last_good(self, kept: bytes) -> GatewayDocument | None:
        try:
            return gateway.parse(kept, self._config.region, self._config.gateway)
        except AgentError as fault:
            self._alarms.set(str(self._kept), f"{fault}; the host stays as it is")
            return None
