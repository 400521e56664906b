"""All tunnels of the gateway: what rotation decides for each is carried out on keys, interfaces and BGP sessions."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

from . import files, rotation
from .alarms import LOG, Alarms
from .bird import Bird
from .config import AgentConfig
from .documents import Keys, Statement
from .errors import HostError
from .gateway import IPSEC, GatewayDocument, PeerGateway, Tunnel
from .ipsec import Ends, Ipsec
from .keys import KeyRing, published
from .links import Links
from .rotation import Decision, View


@dataclass(frozen=True, slots=True)
class Seen:
    """A tunnel's generation as the last pass saw it."""

    peer: str
    generation: int
    interface: str
    session: bool
    handshake: int
    """Seconds since 1970; 0 for never, or for IPsec."""


class Tunnels:
    """The tunnels of one gateway."""

    def __init__(self, config: AgentConfig, bird: Bird, alarms: Alarms) -> None:
        self._name, self._bird, self._alarms = config.name, bird, alarms
        self._keys = KeyRing(config.state / "keys")
        self._links = Links(config.state / "links")
        self._ipsec = Ipsec(config.config / "swanctl", config.host.vici_uri)
        self._requests = config.state / "rotate"
        self._settling: dict[str, float] = {}
        self._since: dict[str, float] = {}
        self._moving = False
        self._disabled: frozenset[str] = frozenset()
        self.seen: tuple[Seen, ...] = ()

    def sessions(self, document: GatewayDocument) -> frozenset[str]:
        """Names of all BGP sessions that the document knows."""
        return frozenset(name for peer in document.peers for tunnel in peer.tunnels for name in tunnel.bgp)

    def standing(self) -> bool:
        """Whether the host has any tunnel's interface: it has none after a reboot."""
        return bool(self._links.present())

    def published(self, document: GatewayDocument) -> dict[str, Keys]:
        """The public keys for this gateway's peer document."""
        return {peer.name: published(self._keys.own(peer)) for peer in document.peers}

    def decide(self, document: GatewayDocument, statements: Mapping[str, Statement], now: int) -> bool:
        """Make, pair and drop keys as rotation decides; True while a rotation can be moved on soon."""
        established = self._watched()
        self._moving = False
        disabled: set[str] = set()
        for peer in document.peers:
            with self._alarms.guard(f"tunnel {peer.name}"):
                decision = self._step(
                    document, peer, _published_by(statements.get(peer.name), self._name, peer), now, established
                )
                disabled |= {name for generation in decision.disable for name in peer.tunnel(generation).bgp}
        self._disabled = frozenset(disabled)
        self._keys.keep_only(tunnel for peer in document.peers for tunnel in peer.tunnels)
        return self._moving

    def _step(
        self, document: GatewayDocument, peer: PeerGateway, far: Keys, now: int, established: frozenset[str]
    ) -> Decision:
        request = self._requests / peer.name
        steady = self._older_than(document.settle_seconds)
        view = View(
            starter=self._name < peer.name,
            own=self._keys.own(peer),
            peer=far,
            established=_carrying(peer, established),
            steady=_carrying(peer, steady),
            now=now,
            rotate_seconds=document.rotate_seconds,
            requested=request.exists(),
            settled=self._settled(peer.name, document.settle_seconds),
        )
        decision = rotation.decide(view)
        self._carry_out(peer, decision, far, now)
        if decision.make and view.own:
            files.remove(request)
        self._moving |= view.starter and len(view.own) > 1 and bool(view.established)
        if decision.disable:
            self._settling.setdefault(peer.name, time.monotonic())
        else:
            self._settling.pop(peer.name, None)
        return decision

    def _watched(self) -> frozenset[str]:
        """The established sessions, and since when each is."""
        established, now = self._established(), time.monotonic()
        self._since = {name: self._since.get(name, now) for name in established}
        return established

    def _older_than(self, seconds: int) -> frozenset[str]:
        now = time.monotonic()
        return frozenset(name for name, since in self._since.items() if now - since >= seconds)

    def _settled(self, name: str, seconds: int) -> bool:
        since = self._settling.get(name)
        return since is not None and time.monotonic() - since >= seconds

    def _carry_out(self, peer: PeerGateway, decision: Decision, far: Keys, now: int) -> None:
        for generation in sorted(decision.make):
            self._keys.make(peer, generation, far.get(generation, ""), now)
            LOG.info("tunnel %s: generation %s has a new key", peer.name, generation)
        for generation in sorted(decision.pair):
            self._keys.pair(peer, generation, far[generation])
        for generation in sorted(decision.drop):
            self._keys.drop(peer.tunnel(generation))
            LOG.info("tunnel %s: generation %s is dropped", peer.name, generation)

    def apply(self, document: GatewayDocument, statements: Mapping[str, Statement]) -> None:
        """Bring interfaces and BGP sessions to what keys and documents say."""
        present = self._links.present()
        ends: dict[tuple[PeerGateway, int], Ends] = {}
        standing: dict[str, tuple[PeerGateway, Tunnel]] = {}
        for peer in document.peers:
            far = _published_by(statements.get(peer.name), self._name, peer)
            for tunnel in peer.tunnels:
                with self._alarms.guard(f"tunnel {peer.name}"):
                    found = self._ends(peer, tunnel, far)
                    ends[peer, tunnel.generation] = found
                    if found.secret is not None and found.peer_key is not None:
                        standing[tunnel.interface] = peer, tunnel
                        if self._links.ensure(tunnel, found.secret, found.peer_key, present):
                            LOG.info("tunnel %s: interface %s is set", peer.name, tunnel.interface)
        self._remove(frozenset(present) - frozenset(standing))
        with self._alarms.guard("ipsec"):
            self._apply_ipsec(document.texts.swanctl, ends, standing)
        with self._alarms.guard("bird"):
            self._bird.switch(self._disabled, self.sessions(document) - self._disabled)
        self._look(standing)

    def _ends(self, peer: PeerGateway, tunnel: Tunnel, far: Keys) -> Ends:
        own = self._keys.own(peer)
        secret = self._keys.secret(tunnel) if tunnel.generation in own else None
        return Ends(secret, far.get(tunnel.generation))

    def _remove(self, names: frozenset[str]) -> None:
        for name in sorted(names):
            with self._alarms.guard(f"interface {name}"):
                self._links.remove(name)
                LOG.info("interface %s is removed", name)

    def _apply_ipsec(
        self,
        text: str,
        ends: Mapping[tuple[PeerGateway, int], Ends],
        standing: Mapping[str, tuple[PeerGateway, Tunnel]],
    ) -> None:
        if not text and not self._ipsec.in_use:
            return
        self._ipsec.apply(text, ends)
        sessions = self._ipsec.sessions()
        for peer, tunnel in standing.values():
            # One end starts, as one end keeps a WireGuard tunnel alive: two that start at once collide.
            if tunnel.kind == IPSEC and self._name < peer.name:
                with self._alarms.guard(f"tunnel {peer.name}"):
                    self._ipsec.start(tunnel, sessions)
        for name in sorted((sessions.connecting | sessions.established) - standing.keys()):
            self._ipsec.stop(name)
        if not text:
            self._ipsec.forget()

    def _established(self) -> frozenset[str]:
        try:
            return self._bird.established()
        except HostError as fault:
            self._alarms.set("bird", str(fault))
            return frozenset()

    def _look(self, standing: Mapping[str, tuple[PeerGateway, Tunnel]]) -> None:
        """What the status tells. Nothing is decided by it."""
        established = self._established()
        wireguard = [name for name, (_, tunnel) in standing.items() if tunnel.kind != IPSEC]
        handshakes: dict[str, int] = {}
        with self._alarms.guard("wireguard"):
            handshakes = self._links.handshakes() if wireguard else {}
        self.seen = tuple(
            Seen(
                peer=peer.name,
                generation=tunnel.generation,
                interface=name,
                session=established.issuperset(tunnel.bgp),
                handshake=handshakes.get(name, 0),
            )
            for name, (peer, tunnel) in sorted(standing.items())
        )


def _carrying(peer: PeerGateway, sessions: frozenset[str]) -> frozenset[int]:
    """Generations all of whose BGP sessions are among these."""
    return frozenset(tunnel.generation for tunnel in peer.tunnels if sessions.issuperset(tunnel.bgp))


def _published_by(statement: Statement | None, own_name: str, peer: PeerGateway) -> Keys:
    """The keys that the far end published for the tunnel to us, of the kind that the tunnel has."""
    none: Keys = {}
    keys = statement.tunnels.get(own_name, none) if statement is not None else none
    wants_pem = peer.tunnels[0].kind == IPSEC
    return {generation: key for generation, key in keys.items() if key.startswith("-----") == wants_pem}
