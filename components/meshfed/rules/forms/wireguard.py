"""WireGuard configurations in any text of a resource: user data, Secrets, ConfigMaps, parameters, stored objects."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final, cast

from meshfed.rules.forms.texts import Leaf, is_an_object, leaves, readings
from meshfed.rules.forms.wireguard_peers import ALLOWED, commands, described, described_in, loose
from meshfed.rules.node import Node
from meshfed.rules.plain import Plain, Unknown, UnreadableError
from meshfed.rules.resource import Resource

WIREGUARD_CONF: Final = "wireguard-conf"
"""Part: `interface` and `peers` with WireGuard's names in small letters; `allowedips` is a list. The interface is null
where peers stand by themselves, as in a command."""
_SECTION: Final = re.compile(r"""(?:^|[\s"'|>])\[(Interface|Peer|WireGuard|WireGuardPeer)\]\s*$""", re.IGNORECASE)
_SETTING: Final = re.compile(r"""^\s*([A-Za-z]+)\s*=\s*((?:.*[^"',\s])?)["',\s]*$""")
_SIZE: Final = re.compile(r"^[^\S\n]*MTUBytes\s*=\s*(\d+)", re.MULTILINE)
"""As systemd-networkd has it, in a section that comes before."""
_NAMES: Final = frozenset(
    {
        *("privatekey", "listenport", "fwmark", "address", "dns", "mtu", "table", "saveconfig"),
        *("preup", "postup", "predown", "postdown"),
        *("publickey", "presharedkey", "allowedips", "endpoint", "persistentkeepalive"),
    }
)
_MOST_PEERS: Final = 1_000
_MOST_RANGES: Final = 10_000
"""Of all peers together, in one text or object; a gateway has a peer for each other region."""
_FILE: Final = re.compile(r"(^|[/_.-])wg\S*\.conf$|wireguard", re.IGNORECASE)
_MARKS: Final = re.compile(rf"\[peer\]|\[interface\]|\[wireguard|[A-Za-z0-9+/]{{40}}|{ALLOWED.pattern}", re.IGNORECASE)


def wireguard_configurations(resource: Resource) -> Iterator[Resource]:
    """The configurations that the texts of a resource hold."""
    if not is_an_object(resource):
        return
    given = list(described(resource.props.value))
    for (steps, _), found in zip(given, _bounded(found for _, found in given), strict=True):
        yield _part(resource, Leaf(steps, "").node(resource.props).path, found)
    for leaf in leaves(resource.props.value):
        if isinstance(leaf.value, Unknown):
            if _FILE.search(leaf.name):
                yield replace(resource, kind=WIREGUARD_CONF, props=leaf.node(resource.props), outer=resource)
        elif _MARKS.search(leaf.value):
            path = leaf.node(resource.props).path
            for index, found in enumerate(_bounded(_configurations(leaf.value))):
                yield _part(resource, f"{path}#{index}", found)


def _part(resource: Resource, path: str, found: Plain) -> Resource:
    return replace(resource, kind=WIREGUARD_CONF, props=Node(found, path, urn=resource.urn), outer=resource)


def _bounded(configurations: Iterable[Plain]) -> list[Plain]:
    """All configurations, where they are no more than anybody writes; raises UnreadableError."""
    found: list[Plain] = []
    peers = ranges = 0
    for one in configurations:
        peers += len(_peers(one))
        ranges += sum(1 for peer in _peers(one) for _ in _ranges(peer))
        if peers > _MOST_PEERS or ranges > _MOST_RANGES:
            raise UnreadableError(
                f"holds more than {_MOST_PEERS:,} peers of WireGuard, or {_MOST_RANGES:,} ranges of theirs; split it."
            )
        found.append(one)
    return found


def _configurations(text: str) -> Iterator[Plain]:
    found: set[str] = set()
    known: set[str] = set()
    for reading in readings(text):
        for one in (*_parsed(reading), *commands(reading), *described_in(reading)):
            written = json.dumps(one, sort_keys=True, default=repr)
            if written not in found:
                found.add(written)
                known.update(listed for peer in _peers(one) for listed in _ranges(peer))
                yield one
        # A text in a text comes again without its escapes.
        ranges = dict.fromkeys(map(tuple, loose(reading))) if "\\n" not in reading else {}
        rest = [listed for listed in ranges if not known.issuperset(listed)]
        for listed in rest:
            known.update(listed)
            yield {"interface": None, "peers": [{"allowedips": list(listed)}]}


def _peers(found: Plain) -> Sequence[Plain]:
    peers = found.get("peers") if isinstance(found, Mapping) else None
    return cast("Sequence[Plain]", peers or ())


def _ranges(peer: Plain) -> Iterator[str]:
    listed = peer.get("allowedips") if isinstance(peer, Mapping) else None
    if isinstance(listed, Sequence):
        yield from (one for one in cast("Sequence[Plain]", listed) if isinstance(one, str))


def _parsed(text: str) -> list[Plain]:
    configurations: list[tuple[dict[str, Plain], list[dict[str, Plain]]]] = []
    section: dict[str, Plain] | None = None
    for line in text.splitlines():
        bare = line.partition("#")[0]
        header = _SECTION.search(bare)
        if header:
            section = _opened(configurations, header.group(1).lower())
        elif section is not None and not _is_taken(section, bare):
            section = None
    size = _SIZE.search(text)
    if size is not None:
        for interface, _ in configurations:
            interface.setdefault("mtu", size.group(1))
    return [{"interface": interface, "peers": list(peers)} for interface, peers in configurations if peers]


def _opened(configurations: list[tuple[dict[str, Plain], list[dict[str, Plain]]]], header: str) -> dict[str, Plain]:
    section: dict[str, Plain] = {}
    if header in ("interface", "wireguard"):
        configurations.append((section, []))
    else:
        if not configurations:
            configurations.append(({}, []))
        configurations[-1][1].append(section)
    return section


def _is_taken(section: dict[str, Plain], line: str) -> bool:
    """Takes a setting into a section; False where the line is no part of it."""
    setting = _SETTING.match(line)
    if setting is None:
        return not line.strip(" \t\"',")
    name, value = setting.group(1).lower(), setting.group(2)
    if name not in _NAMES:
        return False
    if name == "allowedips":
        before = cast("list[Plain]", section.setdefault(name, []))
        before += [word.strip() for word in value.split(",") if word.strip()]
    else:
        # Keys are judged by being there; their text goes nowhere.
        section[name] = "given" if name in ("privatekey", "presharedkey") else value
    return True
