"""What tunnel gateways are told, against the plan and the pinned facts: AllowedIPs, filters, keys, endpoints."""

import re
from collections.abc import Iterator, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Final

from meshfed.rules.forms.gateway_documents import GATEWAY_DOCUMENT
from meshfed.rules.node import Finding, Node, WrongTypeError, each
from meshfed.rules.resource import Resource, Stack
from meshfed.rules.rule import Pack, Rule
from meshfed.settings.gate import GateParameters
from meshfed.settings.keys import fingerprint
from meshfed.topology.plan import Plan, RegionPlan
from meshfed.values import Reroute

_OWNED: Final = re.compile(r"^[^\S\n]*(\d+): if net ~ \[ ([^\[\]]*) \] then accept;$", re.MULTILINE)
_LONGEST: Final = re.compile(r"bgp_path\.len > (\d+) then reject")
_OPEN: Final = re.compile(r"\b(import|export) all\b")
_SETTING: Final = re.compile(r"^[^\S\n]*(\w+)\s*=\s*(.*)$", re.MULTILINE)
Network = IPv4Network | IPv6Network


def _allowed_addresses(plan: Plan, stacks: Sequence[Stack], _: GateParameters) -> Iterator[Finding]:
    for document in _documents(stacks):
        region = document.props["region"].text()
        for peer in document.props["peers"].items():
            yield from each(_generations(peer), lambda one, near=region, far=peer: _allowed(plan, near, far, one))


def _allowed(plan: Plan, here: str, peer: Node, generation: Node) -> Iterator[Finding]:
    """AllowedIPs of one interface: link addresses, and gateway addresses of the peer, or of all peers with one hop."""
    region = plan.regions.get(peer["region"].text())
    text = generation["wireguard"]
    if region is None or text.is_absent:
        return
    others = [one for one in plan.regions.values() if one.key != here]
    one_hop = plan.federation.tunnels.reroute is Reroute.ONE_HOP
    wanted = [network for one in (others if one_hop else [region]) for network in _gateways(one)]
    wanted += [plan.federation.pools.tunnels, plan.unique_local]
    for allowed in _networks(text, ",".join(_settings(text, "allowedips"))):
        if not _is_covered(allowed, wanted):
            yield text.wrong(f"lets {allowed} come out of the tunnel to {region.key}; only gateway addresses may")


def _settings(text: Node, name: str) -> list[str]:
    """Every value of a setting: names have no case, and a second AllowedIPs adds to the first."""
    found = _SETTING.findall(text.text())
    return [value.partition("#")[0].strip() for key, value in found if key.lower() == name]


def _is_covered(allowed: Network, wanted: Sequence[Network]) -> bool:
    """Whether a range holds nothing but wanted addresses, also where it is several wanted ranges in one."""
    same = [one for one in wanted if one.version == allowed.version]
    if any(_within(allowed, one) for one in same):
        return True
    inside = [one for one in same if _within(one, allowed)]
    return sum(one.num_addresses for one in set(inside)) == allowed.num_addresses


def _within(inner: Network, outer: Network) -> bool:
    if isinstance(inner, IPv4Network) and isinstance(outer, IPv4Network):
        return inner.subnet_of(outer)
    return isinstance(inner, IPv6Network) and isinstance(outer, IPv6Network) and inner.subnet_of(outer)


def _filters(plan: Plan, stacks: Sequence[Stack], _: GateParameters) -> Iterator[Finding]:
    for document in _documents(stacks):
        bird = document.props["texts"]["bird"]
        text = bird.text()
        yield from _owned_ranges(plan, bird, text)
        most = 2 if plan.federation.tunnels.reroute is Reroute.ONE_HOP else 1
        if any(int(length) > most for length in _LONGEST.findall(text)):
            yield bird.wrong(f"takes routes over more than {most} regions")
        if _OPEN.search(text):
            yield bird.wrong("imports or exports all routes of a session")


def _owned_ranges(plan: Plan, bird: Node, text: str) -> Iterator[Finding]:
    by_asn = {str(region.asn): region for region in plan.regions.values()}
    for asn, listed in _OWNED.findall(text):
        region = by_asn.get(asn)
        own = _gateways(region) if region else ()
        foreign = [str(one) for one in _networks(bird, listed) if not any(_within(one, owned) for owned in own)]
        if foreign:
            owner = f"{region.key}, which does not own it" if region else "no region"
            yield bird.wrong(f"takes {', '.join(foreign)} from AS {asn}, which is {owner}")


def _facts_are_pinned(plan: Plan, stacks: Sequence[Stack], _: GateParameters) -> Iterator[Finding]:
    for document in _documents(stacks):
        yield from each(document.props["peers"].items(), lambda peer: _is_pinned(plan, peer))


def _is_pinned(plan: Plan, peer: Node) -> Iterator[Finding]:
    region = plan.regions.get(peer["region"].text())
    facts = region.facts if region else None
    if region is None or facts is None:
        yield peer["region"].wrong("is a peer of which nothing is pinned")
        return
    pinned = fingerprint(facts.peer_key)
    yield from each(peer["keys"].items(), lambda key: _is_key(key, pinned))
    addresses = {str(one) for one in (*facts.gateway_addresses, *(gateway.address for gateway in region.gateways))}
    for generation in _generations(peer):
        for endpoint in _settings(generation["wireguard"], "endpoint"):
            if endpoint and endpoint.rpartition(":")[0].strip("[]") not in addresses:
                yield generation.wrong(f"has an endpoint that is not a pinned address of {region.key}")


def _is_key(key: Node, pinned: str) -> Iterator[Finding]:
    try:
        is_pinned = fingerprint(key.text()) == pinned
    except ValueError:
        is_pinned = False
    if not is_pinned:
        yield key.wrong("is not the key that was pinned; whoever holds it could open tunnels")


def _documents(stacks: Sequence[Stack]) -> list[Resource]:
    return [document for stack in stacks for document in stack.of(GATEWAY_DOCUMENT)]


def _generations(peer: Node) -> list[Node]:
    return [one for gateway in peer["gateways"].items() for one in gateway["tunnels"].items()]


def _gateways(region: RegionPlan) -> tuple[Network, Network]:
    return region.ranges.gateways, region.ranges.gateways_ipv6


def _networks(node: Node, listed: str) -> list[Network]:
    try:
        return [ip_network(one.strip(), strict=False) for one in listed.split(",") if one.strip()]
    except ValueError as error:
        raise WrongTypeError(node.path, "a list of address ranges") from error


RULES: Final = (
    Rule(
        id="MF-F5",
        title="A tunnel carries gateway addresses alone, and a region speaks for its own range alone",
        why="A wider range lets a region's gateway send as another region, or draw another's traffic to itself.",
        mend="Let the library render what gateways read; the ranges follow from the slots.",
        packs=(Pack.FEDERATION,),
        plan_checks=(_allowed_addresses, _filters),
        controls=("NIST SP 800-53 AC-4", "NIST SP 800-53 SC-7"),
        weaker="Of bird's text it reads the ranges by origin, the longest path and open sessions, not every statement.",
    ),
    Rule(
        id="MF-F10",
        title="Only pinned facts are trusted",
        why="A key or address that nobody reviewed could be an attacker's: the tunnel would open towards it.",
        mend="Run `meshfed pin`, review the facts and commit them; the documents follow.",
        packs=(Pack.FEDERATION,),
        plan_checks=(_facts_are_pinned,),
        controls=("NIST SP 800-53 SC-12", "NIST SP 800-53 IA-3"),
    ),
)
