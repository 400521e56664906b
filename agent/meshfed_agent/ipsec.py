"""strongSwan's connections, for tunnels of kind `ipsec`: key files beside `swanctl.conf`, loaded together.

The connection, its child and the interface share one name. The text holds both generations of every tunnel; until a far
key is known, a throw-away public key stands in its place (nobody has its private part), since strongSwan refuses a
connection whose key file is missing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from . import files
from .commands import run
from .documents import public_key
from .errors import HostError
from .gateway import IPSEC, PeerGateway, Tunnel
from .keys import Secret, generate

READABLE = 0o640
MAIN = "swanctl.conf"
DETACHED = "-1"
"""Do not wait for the outcome: the next pass sees it."""


@dataclass(frozen=True, slots=True)
class Ends:
    """The keys of one generation as far as they are known."""

    secret: Secret | None
    peer_key: str | None


@dataclass(frozen=True, slots=True)
class Sessions:
    """Names of connections."""

    connecting: frozenset[str]
    established: frozenset[str]
    """Both ends have proved who they are."""
    installed: frozenset[str]
    """The kernel encrypts with their keys."""


class Ipsec:
    """The folder `<config>/swanctl` and the charon that reads it."""

    def __init__(self, folder: Path, vici_uri: str) -> None:
        self._folder, self._uri = folder, vici_uri
        self._loaded = False

    def apply(self, text: str, tunnels: Mapping[tuple[PeerGateway, int], Ends]) -> bool:
        """Write keys and connections and load them if something changed; True then."""
        for name in ("ecdsa", "pubkey", "x509", "x509ca"):
            (self._folder / name).mkdir(parents=True, exist_ok=True)
        wanted = self._wanted(text, tunnels)
        before = {path: files.read(path) for path in wanted}
        changed = {path: data for path, data in wanted.items() if before[path] != data}
        if not self._forget(wanted) and not changed and self._loaded:
            return False
        self._loaded = False
        for path, data in changed.items():
            files.write(path, data, mode=files.PRIVATE if path.parent.name == "ecdsa" else READABLE)
        try:
            self._swanctl("--load-all", "--clear", "--noprompt")
        except HostError:
            # What charon refused must not stay where the next start would read it.
            self._restore(before, changed)
            raise
        self._loaded = True
        return bool(changed)

    def start(self, tunnel: Tunnel, sessions: Sessions) -> None:
        """Bring the connection up if it is not; called by one end of a tunnel only.

        One that is being made is left alone: each further request would wait behind it and be made as well.
        """
        if tunnel.interface not in sessions.connecting | sessions.installed:
            self._swanctl("--initiate", "--child", tunnel.interface, "--timeout", DETACHED)

    def stop(self, name: str) -> None:
        """End the connection."""
        self._swanctl("--terminate", "--ike", name, "--force", "--timeout", "5")

    def sessions(self) -> Sessions:
        """Connections by how far they are."""
        states: dict[str, set[str]] = {"CONNECTING": set(), "ESTABLISHED": set(), "INSTALLED": set()}
        for line in self._swanctl("--list-sas").splitlines():
            name, _, rest = line.strip().partition(":")
            for state, names in states.items():
                if f" {state}," in rest:
                    names.add(name)
        return Sessions(*(frozenset(names) for names in states.values()))

    @property
    def in_use(self) -> bool:
        """Whether connections of an earlier document are still written."""
        return (self._folder / MAIN).exists()

    def forget(self) -> None:
        """No tunnel is of this kind any more."""
        files.remove(self._folder / MAIN)

    def _restore(self, before: Mapping[Path, bytes | None], changed: Mapping[Path, bytes]) -> None:
        for path in changed:
            data = before[path]
            if data is None:
                files.remove(path)
            else:
                files.write(path, data, mode=files.PRIVATE if path.parent.name == "ecdsa" else READABLE)

    def _swanctl(self, *arguments: str) -> str:
        environment = {"SWANCTL_DIR": str(self._folder)}
        return run(["swanctl", *arguments, "--uri", self._uri], environment=environment)

    def _wanted(self, text: str, tunnels: Mapping[tuple[PeerGateway, int], Ends]) -> dict[Path, bytes]:
        wanted, stand_in = {self._folder / MAIN: text.encode()}, self._stand_in()
        for (peer, generation), ends in tunnels.items():
            tunnel = peer.tunnel(generation)
            if tunnel.kind != IPSEC:
                continue
            far = self._folder / "pubkey" / f"{peer.name}-{generation}.pem"
            own = self._folder / "pubkey" / f"{tunnel.interface}.pem"
            wanted[far] = _pem(ends.peer_key) if ends.peer_key else stand_in
            wanted[own] = ends.secret.public(IPSEC).encode() if ends.secret else stand_in
            if ends.secret is not None:
                wanted[self._folder / "ecdsa" / f"{tunnel.interface}.pem"] = ends.secret.text.encode()
        return wanted

    def _stand_in(self) -> bytes:
        path = self._folder / "stand-in.pem"
        known = files.read(path)
        if known is None:
            known = generate(IPSEC).public(IPSEC).encode()
            files.write(path, known, mode=READABLE)
        return known

    def _forget(self, wanted: Mapping[Path, bytes]) -> bool:
        """Remove private keys that are wanted no more; True when there were some."""
        gone = [path for path in sorted((self._folder / "ecdsa").glob("*.pem")) if path not in wanted]
        for path in gone:
            files.remove(path)
        return bool(gone)


def _pem(text: str) -> bytes:
    """The key alone, without whatever else a PEM text may carry."""
    return public_key(text).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
