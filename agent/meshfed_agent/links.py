"""Tunnel interfaces: created, brought to what is wanted, removed. What is already as wanted is not touched.

The private key reaches WireGuard through a pipe: no file but the key file holds it, and no argument list.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from . import files
from .commands import run, start
from .errors import HostError
from .gateway import INTERFACE, IPSEC, PLACEHOLDER, Tunnel
from .keys import Secret

OURS = frozenset({"wireguard", "tun", "xfrm"})
"""Kinds of interface that the agent makes; `tun` is WireGuard where the kernel has none."""


@dataclass(frozen=True, slots=True)
class Link:
    """An interface as it is on the host."""

    name: str
    index: int
    mtu: int
    up: bool
    addresses: frozenset[str]
    public_key: str
    """WireGuard's own key; empty without one."""
    peers: tuple[str, ...]
    """Public keys of WireGuard's peers."""


class Links:
    """The tunnel interfaces of this network namespace."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._userspace = False

    def present(self) -> dict[str, Link]:
        """Interfaces of ours that exist, whoever made them."""
        shown = cast("list[dict[str, object]]", json.loads(run(["ip", "-j", "-d", "address", "show"]) or "[]"))
        ours = [entry for entry in shown if _is_ours(entry)]
        if not ours:
            return {}
        # `public-key` and `peers`, not `dump`: the dump holds the private keys.
        keys, peers = _wireguard("public-key"), _wireguard("peers")
        return {link.name: link for link in (_link(entry, keys, peers) for entry in ours)}

    def ensure(self, tunnel: Tunnel, secret: Secret, peer_key: str, present: Mapping[str, Link]) -> bool:
        """Bring the tunnel's interface to what is wanted; True when something had to be done."""
        link = present.get(tunnel.interface)
        changed = link is None
        if link is None:
            self._create(tunnel)
        if tunnel.kind != IPSEC:
            changed |= self._keyed(tunnel, secret, peer_key, link)
        return _dressed(tunnel, link) or changed

    def remove(self, name: str) -> None:
        """Take the interface away; routes through it go with it."""
        run(["ip", "link", "delete", "dev", name])
        files.remove(self._mark(name))

    def handshakes(self) -> dict[str, int]:
        """When each WireGuard interface last shook hands, in seconds since 1970; 0 for never."""
        rows = (line.split() for line in run(["wg", "show", "all", "latest-handshakes"]).splitlines())
        return {row[0]: int(row[2]) for row in rows}

    def _create(self, tunnel: Tunnel) -> None:
        if tunnel.kind == IPSEC:
            run(["ip", "link", "add", tunnel.interface, "type", "xfrm", "dev", "lo", "if_id", str(tunnel.if_id)])
            return
        if not self._userspace:
            try:
                run(["ip", "link", "add", tunnel.interface, "type", "wireguard"])
            except HostError as fault:
                if "Unknown device type" not in str(fault):
                    raise
                self._userspace = True
        if self._userspace:
            start(["wireguard-go", tunnel.interface])

    def _mark(self, name: str) -> Path:
        return self._folder / name

    def _keyed(self, tunnel: Tunnel, secret: Secret, peer_key: str, link: Link | None) -> bool:
        """Give WireGuard its keys unless it has them: a needless write re-opens the socket of wireguard-go."""
        text = tunnel.wireguard.replace(PLACEHOLDER, peer_key)
        mark = hashlib.sha256(f"{text}\n{secret.public(tunnel.kind)}".encode()).hexdigest().encode()
        name = tunnel.interface
        wanted = secret.public(tunnel.kind), (peer_key,)
        if link is not None and (link.public_key, link.peers) == wanted and files.read(self._mark(name)) == mark:
            return False
        # Without a PrivateKey line syncconf would take the key away, and with it every session.
        whole, found = re.subn(r"(?m)^\[Interface\]$", f"[Interface]\nPrivateKey = {secret.text}", text, count=1)
        if not found:
            whole = f"[Interface]\nPrivateKey = {secret.text}\n{text}"
        run(["wg", "syncconf", name, "/dev/stdin"], stdin=whole)
        files.write(self._mark(name), mark)
        return True


def _dressed(tunnel: Tunnel, link: Link | None) -> bool:
    """Addresses, MTU and state; True when something had to be done."""
    name, wanted = tunnel.interface, frozenset(tunnel.addresses)
    have = link.addresses if link else frozenset[str]()
    for address in sorted(have - wanted):
        run(["ip", "address", "delete", address, "dev", name])
    for address in sorted(wanted - have):
        run(["ip", "address", "replace", address, "dev", name])
    if link is None or link.mtu != tunnel.mtu or not link.up:
        run(["ip", "link", "set", "dev", name, "mtu", str(tunnel.mtu), "up"])
        return True
    return have != wanted


def _is_ours(entry: Mapping[str, object]) -> bool:
    info = cast("Mapping[str, object]", entry.get("linkinfo") or {})
    return bool(re.fullmatch(INTERFACE, str(entry.get("ifname")))) and info.get("info_kind") in OURS


def _wireguard(what: str) -> dict[str, tuple[str, ...]]:
    """What all WireGuard interfaces say about one thing."""
    rows = (line.split() for line in run(["wg", "show", "all", what]).splitlines())
    found: dict[str, tuple[str, ...]] = {}
    for name, *values in rows:
        found[name] = (*found.get(name, ()), *values)
    return found


def _link(
    entry: Mapping[str, object], keys: Mapping[str, tuple[str, ...]], peers: Mapping[str, tuple[str, ...]]
) -> Link:
    name, addresses = str(entry["ifname"]), cast("list[Mapping[str, object]]", entry.get("addr_info") or [])
    return Link(
        name=name,
        index=int(str(entry["ifindex"])),
        mtu=int(str(entry["mtu"])),
        up="UP" in cast("list[str]", entry["flags"]),
        addresses=frozenset(
            f"{address['local']}/{address['prefixlen']}" for address in addresses if address["scope"] == "global"
        ),
        public_key="".join(keys.get(name, ())),
        peers=peers.get(name, ()),
    )
