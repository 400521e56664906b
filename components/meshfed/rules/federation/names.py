"""Trust domains: one a region, none forged, none under a second name, and every import in the domain of its region."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from meshfed.rules.forms.spire import AGENT_CONF, SERVER_CONF
from meshfed.rules.forms.texts import readings
from meshfed.rules.istio.objects import DESTINATION_RULE, MESH_CONFIG, SERVICE_ENTRY
from meshfed.rules.node import Finding, Node, each
from meshfed.rules.plain import Plain, UnreadableError
from meshfed.rules.resource import Resource, Stack
from meshfed.rules.rule import Pack, Rule
from meshfed.rules.spire.charts import AGENT_CHART, CHART, SERVER_CHART
from meshfed.settings.gate import GateParameters
from meshfed.topology.plan import Plan, RegionPlan

_SPIFFE: Final = re.compile(r"spiffe:(?:\\*/|\\+u002f){2}([A-Za-z0-9._-]+)", re.IGNORECASE)
"""Also as JSON may write it inside of a text."""
_NAMING: Final = (SERVER_CONF, AGENT_CONF, CHART, SERVER_CHART, AGENT_CHART, "spire.spiffe.io/ControllerManagerConfig")
"""Kinds that say which trust domain a server or an agent is of."""
_NETWORK: Final = "topology.istio.io/network"


def _names_only_our_domains(plan: Plan, stacks: Sequence[Stack], _: GateParameters) -> Iterator[Finding]:
    ours = {region.trust_domain for region in plan.regions.values()}
    for stack in stacks:
        for resource in stack.resources:
            for path, text in _texts(resource.props.value, resource.props.path):
                names = _SPIFFE.findall(" ".join(_readings(text)))
                if resource.kind in _NAMING and path.rpartition(".")[2].lower().replace("_", "") == "trustdomain":
                    names.append(text)
                for domain in names:
                    if domain and domain.lower() not in ours:
                        yield Finding(path, f"names the trust domain {domain}, which no region has", urn=resource.urn)


def _a_mesh_has_its_own_domain(_plan: Plan, stacks: Sequence[Stack], _: GateParameters) -> Iterator[Finding]:
    """Two meshes of one trust domain accept each other's identities, whatever their clusters."""
    owners: dict[str, tuple[str, str]] = {}
    for stack in stacks:
        for cluster in stack.clusters():
            for config in cluster.of(MESH_CONFIG):
                node = config.props["trustDomain"]
                domain, here = node.text(), (stack.name, config.provider)
                owner = owners.setdefault(domain, here)
                # A domain of no region at all is for MF-I23.
                if domain and owner != here:
                    yield node.wrong(f"is {domain}, which another mesh ({owner[0]}) has; the two would be one")


def _imports_pin_their_region(plan: Plan, stacks: Sequence[Stack], _: GateParameters) -> Iterator[Finding]:
    for stack in stacks:
        for entry in stack.of(SERVICE_ENTRY):
            yield from each(
                entry.props["spec"]["endpoints"].items(), lambda place, entry=entry: _pinned(plan, entry, place)
            )


def _rules_keep_the_pins(plan: Plan, stacks: Sequence[Stack], _: GateParameters) -> Iterator[Finding]:
    """Names in a DestinationRule count in place of those of the import."""
    for stack in stacks:
        for cluster in stack.clusters():
            domains: dict[str, set[str]] = {}
            for entry in cluster.of(SERVICE_ENTRY):
                yield from each([entry], lambda one, domains=domains: _domains_by_host(plan, one, domains))
            for rule in cluster.of(DESTINATION_RULE):
                yield from each([rule], lambda one, domains=domains: _keeps(one, domains))


def _domains_by_host(plan: Plan, entry: Resource, domains: dict[str, set[str]]) -> Iterator[Finding]:
    regions = [_region(plan, place) for place in entry.props["spec"]["endpoints"].items()]
    for host in entry.props["spec"]["hosts"].texts():
        domains.setdefault(host, set()).update(one.trust_domain for one in regions if one is not None)
    yield from ()


def _keeps(rule: Resource, domains: Mapping[str, set[str]]) -> Iterator[Finding]:
    spec = rule.props["spec"]
    allowed = domains.get(spec["host"].text())
    if not allowed:
        return
    policies = [spec["trafficPolicy"], *(one["trafficPolicy"] for one in spec["subsets"].items())]
    policies += [port for policy in policies for port in policy["portLevelSettings"].items()]
    for name in (name for policy in policies for name in policy["tls"]["subjectAltNames"].items()):
        found = _SPIFFE.match(name.text())
        if found is None or found[1] not in allowed:
            yield name.wrong(f"is not an identity of {', '.join(sorted(allowed))}, where the import leads to")


def _region(plan: Plan, endpoint: Node) -> RegionPlan | None:
    """The region that an endpoint is in: by the gateway's address, which decides, or by its network."""
    address = endpoint["address"]
    network = None if address.is_unknown else address.network()
    for region in plan.regions.values():
        for own in (region.ranges.gateways, region.ranges.gateways_ipv6):
            if network is not None and network.version == own.version and network.network_address in own:
                return region
    named = endpoint["network"].text() or endpoint["labels"][_NETWORK].text()
    return plan.regions.get(named)


def _pinned(plan: Plan, entry: Resource, endpoint: Node) -> Iterator[Finding]:
    """Identities of an import against the region that its endpoint is in."""
    region = _region(plan, endpoint)
    names = entry.props["spec"]["subjectAltNames"]
    if region is None or names.is_absent:
        return
    named = endpoint["network"].text()
    if named in plan.regions and plan.regions[named] is not region:
        yield endpoint["network"].wrong(f"is {named}, and the address is a gateway's of {region.key}")
    regions = [_region(plan, place) for place in entry.props["spec"]["endpoints"].items()]
    domains = {one.trust_domain for one in regions if one is not None}
    for name in names.items():
        found = _SPIFFE.match(name.text())
        if found is None or found.group(1) not in domains:
            yield name.wrong(f"is not an identity of {', '.join(sorted(domains))}, where the endpoints are")
    if not any(name.text().startswith(f"spiffe://{region.trust_domain}/") for name in names.items()):
        yield endpoint.wrong(f"is in {region.key}, and no identity of {region.trust_domain} is pinned")


def _texts(value: Plain, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, member in value.items():
            yield path, key
            yield from _texts(member, f"{path}.{key}" if path else key)
    elif isinstance(value, Sequence):
        for index, member in enumerate(value):
            yield from _texts(member, f"{path}[{index}]")


def _readings(text: str) -> Iterator[str]:
    try:
        yield from readings(text)
    except UnreadableError:
        # What is packed too deep is for MF-G2; what comes before was read.
        return


RULES: Final = (
    Rule(
        id="MF-F1",
        title="Every trust domain is one of the federation's, and each mesh has its own",
        why="An identity of a foreign or doubled trust domain is accepted as if one of our regions had issued it.",
        mend="Use the trust domain of the region: its key, a dot, and the settings' trust_domain.",
        packs=(Pack.FEDERATION,),
        plan_checks=(_names_only_our_domains, _a_mesh_has_its_own_domain),
        controls=("NIST SP 800-207 tenet 6", "NIST SP 800-53 IA-3"),
        weaker="Reads identities where they are written out; one that a program builds while it runs is not seen.",
    ),
    Rule(
        id="MF-F2",
        title="An import pins identities of the region that it leads to",
        why="A gateway of one region could answer for services of another, with a certificate that is its own.",
        mend="List in spec.subjectAltNames the identities of the endpoints' own regions, each in full.",
        packs=(Pack.FEDERATION,),
        plan_checks=(_imports_pin_their_region, _rules_keep_the_pins),
        controls=("NIST SP 800-53 IA-9",),
        weaker="An endpoint belongs to a region by its gateway's address or by its network; others are for MF-I39.",
    ),
)
