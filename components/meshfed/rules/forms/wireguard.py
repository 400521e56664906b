"""WireGuard configurations in any text of a resource: user data, Secrets, ConfigMaps, parameters, stored objects."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from meshfed.rules.forms.texts import is_an_object, leaves, readings
from meshfed.rules.node import Node
from meshfed.rules.plain import Plain, Unknown
from meshfed.rules.resource import Resource

WIREGUARD_CONF: Final = "wireguard-conf"
"""Part: `interface` and `peers` with WireGuard's names in small letters; `allowedips` is a list."""
_SECTION: Final = re.compile(r"""(?:^|[\s"'|>])\[(Interface|Peer|WireGuard|WireGuardPeer)\]\s*$""", re.IGNORECASE)
_SETTING: Final = re.compile(r"""^\s*([A-Za-z]+)\s*=\s*(.*?)["',\s]*$""")
_NAMES: Final = frozenset(
    {
        *("privatekey", "listenport", "fwmark", "address", "dns", "mtu", "table", "saveconfig"),
        *("preup", "postup", "predown", "postdown"),
        *("publickey", "presharedkey", "allowedips", "endpoint", "persistentkeepalive"),
    }
)
_FILE: Final = re.compile(r"(^|[/_.-])wg\S*\.conf$|wireguard", re.IGNORECASE)
_MARKS: Final = re.compile(r"\[peer\]|\[interface\]|\[wireguard|[A-Za-z0-9+/]{40}", re.IGNORECASE)


def wireguard_configurations(resource: Resource) -> Iterator[Resource]:
    """The configurations that the texts of a resource hold."""
    if not is_an_object(resource):
        return
    for leaf in leaves(resource.props.value):
        if isinstance(leaf.value, Unknown):
            if _FILE.search(leaf.name):
                yield replace(resource, kind=WIREGUARD_CONF, props=leaf.node(resource.props), outer=resource)
        elif _MARKS.search(leaf.value):
            place = leaf.node(resource.props)
            for index, found in enumerate(_configurations(leaf.value)):
                part = Node(found, f"{place.path}#{index}", urn=resource.urn)
                yield replace(resource, kind=WIREGUARD_CONF, props=part, outer=resource)


def _configurations(text: str) -> list[Plain]:
    found: list[Plain] = []
    for reading in readings(text):
        found += [one for one in _parsed(reading) if one not in found]
    return found


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
        before = section.get(name)
        listed: list[Plain] = [word.strip() for word in value.split(",") if word.strip()]
        section[name] = [*before, *listed] if isinstance(before, list) else listed
    else:
        # Keys are judged by being there; their text goes nowhere.
        section[name] = "given" if name in ("privatekey", "presharedkey") else value
    return True
