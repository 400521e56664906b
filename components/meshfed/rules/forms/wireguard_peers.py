"""Peers of WireGuard outside of its own file: in commands, in JSON and YAML, in objects, and in any other text."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, cast

from meshfed.rules.forms.yaml_text import documents
from meshfed.rules.plain import Plain, Unknown, UnreadableError, from_json, plain

Steps = tuple[str | int, ...]

ALLOWED: Final = re.compile(r"allowed[-_ ]?(?:ips?|address(?:es)?)(?![A-Za-z])", re.IGNORECASE)
_DEEPEST: Final = 4
"""Texts in texts: a network's file in a file of cloud-init is two."""
_KEY: Final = re.compile(r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{43}=(?![A-Za-z0-9+/=])")
_TUNNEL: Final = re.compile(r"wire[-_ ]?guard|(?<![A-Za-z0-9])wg\d*(?![A-Za-z])", re.IGNORECASE)
_SET: Final = re.compile(r"\bwg(?:\.exe)?[\"']?\s+set\s+(\S+)\s+((?:(?!\\n)[^\n;&|])*)")
_CONTINUED: Final = re.compile(r"\\\r?\n")
_COMMENT: Final = re.compile(r"(?:^|(?<=\s))#[^\n]*", re.MULTILINE)
_RANGE: Final = r"(?:\d{1,3}(?:\.\d{1,3}){3}|(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f.]*)(?:/\d{1,3})?(?![\w:])"
_LISTED: Final = re.compile(
    rf"{ALLOWED.pattern}[\\\"'\s:=>]{{0,40}}((?:(?:[\[({{\s,;\"'\\+]|-\s){{0,40}}{_RANGE})+)", re.IGNORECASE
)
_ONE: Final = re.compile(_RANGE)
_PUBLIC: Final = frozenset({"publickey", "peerpublickey", "peerkey", "persistentkeepalive", "presharedkey"})
_NAMES: Final[Mapping[str, str]] = {
    "allowedips": "allowedips",
    "allowedip": "allowedips",
    "allowedaddress": "allowedips",
    "allowedaddresses": "allowedips",
    "endpoint": "endpoint",
    "keepalive": "persistentkeepalive",
    "persistentkeepalive": "persistentkeepalive",
}


def commands(text: str) -> Iterator[Plain]:
    """What `wg set` is told, by interface; what else the interface has is unknown here.

    >>> list(commands("wg set wg0 peer K allowed-ips 10.0.0.1/32,10.0.0.2/32"))
    [{'interface': None, 'peers': [{'allowedips': ['10.0.0.1/32', '10.0.0.2/32']}]}]
    """
    interfaces: dict[str, dict[str, dict[str, Plain]]] = {}
    for name, rest in _SET.findall(_COMMENT.sub("", _CONTINUED.sub(" ", text))):
        words = [word.strip("\"'\\") for word in rest.split()]
        peers = interfaces.setdefault(name, {})
        peer: dict[str, Plain] = {}
        for word, value in zip(words, [*words[1:], ""], strict=True):
            if word == "peer":
                peer = peers.setdefault(value, {})
            elif word == "allowed-ips":
                peer["allowedips"] = [one.removeprefix("+") for one in value.split(",") if one and one[0] != "-"]
            elif word == "endpoint" and not re.search(r"[$@{<]", value):
                peer["endpoint"] = value
    for peers in interfaces.values():
        if any("allowedips" in peer for peer in peers.values()):
            yield {"interface": None, "peers": list(peers.values())}


def loose(text: str) -> Iterator[Sequence[str]]:
    """The ranges behind each word for allowed addresses, however they are written, in a text about WireGuard."""
    if _TUNNEL.search(text) or _KEY.search(text):
        for listed in _LISTED.findall(_COMMENT.sub("", text)):
            yield [found.group() for found in _ONE.finditer(listed)]


def described_in(text: str, depth: int = 0) -> Iterator[Plain]:
    """The configurations in a text of JSON or YAML, and in the texts in it."""
    if depth >= _DEEPEST or not ALLOWED.search(text):
        return
    for document in _documents(text):
        for _, found in described(document):
            yield found
        for inner in _texts(document):
            yield from described_in(inner, depth + 1)


def described(value: Plain, steps: Steps = ()) -> Iterator[tuple[Steps, Plain]]:
    """The places of an object that hold peers, and these as a configuration: siblings are peers of one interface."""
    below = list(_members(value))
    # A command may be given word by word.
    words = [item for _, item in below if isinstance(item, str)]
    if "wg" in words and not isinstance(value, Mapping):
        yield from ((steps, found) for found in commands(" ".join(words)))
    peers = [peer for step, item in below if (peer := _peer(item, (*steps, step))) is not None]
    if peers:
        yield steps, {"interface": None, "peers": peers}
    for step, item in below:
        if isinstance(item, Mapping | Sequence) and not isinstance(item, str):
            inner = (*steps, step)
            yield from ((at, _with_interface(found, value, at, inner)) for at, found in described(item, inner))
    if not steps and (own := _peer(value, ())) is not None:
        yield steps, {"interface": None, "peers": [own]}


def _members(value: Plain) -> Iterator[tuple[str | int, Plain]]:
    if isinstance(value, Mapping):
        yield from value.items()
    elif isinstance(value, Sequence) and not isinstance(value, str):
        yield from enumerate(cast("Sequence[Plain]", value))


def _peer(value: Plain, steps: Steps) -> Plain:
    if not isinstance(value, Mapping):
        return None
    folded = {_fold(name): item for name, item in value.items()}
    found: dict[str, Plain] = {_NAMES[name]: item for name, item in folded.items() if name in _NAMES}
    if "allowedips" not in found or not _is_of_a_tunnel(folded, steps):
        return None
    found["allowedips"] = _ranges(found["allowedips"])
    if not isinstance(found.get("endpoint"), str | Unknown):
        found.pop("endpoint", None)
    shared = folded.get("presharedkey") or _member(folded.get("keys"), "shared")
    if isinstance(shared, str) and not shared.startswith("/"):
        # Judged by being there; its text goes nowhere.
        found["presharedkey"] = "given"
    return found


def _is_of_a_tunnel(folded: Mapping[str, Plain], steps: Steps) -> bool:
    names = [step for step in steps if isinstance(step, str)]
    return (
        not _PUBLIC.isdisjoint(folded)
        or _member(folded.get("keys"), "public") is not None
        or any(isinstance(item, str) and _KEY.search(item) for item in folded.values())
        or any(_TUNNEL.search(name) or _KEY.search(name) or "peer" in name.lower() for name in names)
    )


def _ranges(value: Plain) -> Plain:
    if isinstance(value, str):
        return [word.strip() for word in re.split(r"[,\s]+", value) if word.strip()]
    if isinstance(value, Sequence):
        items = cast("Sequence[Plain]", value)
        return [word for one in items for word in (_split(one) if isinstance(one, str) else [one])]
    return value


def _split(text: str) -> list[Plain]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _with_interface(found: Plain, above: Plain, at: Steps, inner: Steps) -> Plain:
    """A configuration with its interface, where its list of peers stands in one as netplan has it."""
    if at != inner or not isinstance(above, Mapping) or not isinstance(found, Mapping):
        return found
    folded = {_fold(name): item for name, item in above.items()}
    if folded.get("mode") != "wireguard":
        return found
    named = (("listenport", folded.get("port")), ("mtu", folded.get("mtu")))
    return {**found, "interface": {name: item for name, item in named if item is not None}}


def _member(value: Plain, name: str) -> Plain:
    return value.get(name) if isinstance(value, Mapping) else None


def _fold(name: str) -> str:
    return re.sub(r"[-_ ]", "", name).lower()


def _documents(text: str) -> list[Plain]:
    found = from_json(text) if text.lstrip().startswith(("{", "[")) else text
    try:
        return documents(text) if isinstance(found, str) else [plain(found)]
    except UnreadableError:
        # No YAML; what else it may be is read word by word.
        return []


def _texts(value: Plain) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for _, item in _members(value):
        yield from _texts(item)
