"""Whose bundles a SPIRE server takes, and from where."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote, urlsplit

from meshfed.rules.forms.spire import SERVER_CONF
from meshfed.rules.node import Finding, Node, each, guarded
from meshfed.rules.resource import Resource, Stack
from meshfed.rules.rule import Pack, Rule
from meshfed.rules.spire.charts import CHART, SERVER_CHART, labelled, server_values
from meshfed.settings.gate import GateParameters

_PLAIN_URL: Final = re.compile(
    r"https://[A-Za-z0-9._\[\]:-]+(/[A-Za-z0-9._~/%@:+=,!$&'()*;-]*)?(\?[^\s#\\]*)?", re.IGNORECASE
)
FEDERATED: Final = "spire.spiffe.io/ClusterFederatedTrustDomain"
_KINDS: Final = (FEDERATED, SERVER_CONF, CHART, SERVER_CHART)


@dataclass(frozen=True, slots=True)
class Friend:
    """A trust domain that is federated with."""

    domain: Node
    url: Node
    profile: str
    endpoint_id: Node
    given: Node
    """A bundle that is written out in place of one that is fetched."""


def _friends(resource: Resource) -> Iterator[Friend]:
    if resource.kind == FEDERATED:
        yield _described(resource.props["spec"])
    elif resource.kind == SERVER_CONF:
        for name, one in labelled(resource.props["server"]["federation"]["federates_with"]):
            domain = Node(name, one.path, urn=one.urn)
            profiles = one["bundle_endpoint_profile"]
            profile = next(iter(name for name, _ in labelled(profiles)), "")
            identity = profiles["https_spiffe"]["endpoint_spiffe_id"]
            yield Friend(domain, one["bundle_endpoint_url"], profile, identity, one["trust_domain_bundle"])
    else:
        for server in server_values(resource):
            for _, one in labelled(server["controllerManager"]["identities"]["clusterFederatedTrustDomains"]):
                if one["enabled"].flag(default=True):
                    yield _described(one)


def _described(one: Node) -> Friend:
    profile = one["bundleEndpointProfile"]
    identity, given = profile["endpointSPIFFEID"], one["trustDomainBundle"]
    return Friend(one["trustDomain"], one["bundleEndpointURL"], profile["type"].text(), identity, given)


def _bundles_come_from_us(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
    for friend in _friends(resource):
        yield from guarded(_address(friend, parameters))
        yield from guarded(_name(friend, parameters))
        yield from guarded(_is_fetched(friend))


def _address(friend: Friend, parameters: GateParameters) -> Iterator[Finding]:
    text = friend.url.text().strip()
    url = urlsplit(text)
    host = (url.hostname or "").rstrip(".")
    path = unquote(f"{url.path}?{url.query}").lower()
    # A server that proves itself by its identity may stand anywhere, unless what proves it is written beside it.
    is_anywhere = friend.profile == "https_spiffe" and friend.given.is_absent
    if url.scheme.lower() != "https":
        yield friend.url.wrong("the bundle comes without TLS, so anybody on the way replaces the domain's keys")
    elif not _PLAIN_URL.fullmatch(text) or ".." in path.split("/"):
        yield friend.url.wrong("is an address that programs read in several ways")
    elif not is_anywhere and parameters.bundle_hosts and not _is_ours(host, parameters.bundle_hosts):
        yield friend.url.wrong("the bundle comes from a host that the pack's configuration does not name")
    elif any(name != friend.domain.text() and _names(path, name) for name in parameters.trust_domains):
        yield friend.url.wrong("the bundle is another trust domain's")


def _names(path: str, domain: str) -> bool:
    return re.search(rf"(?<![a-z0-9.-]){re.escape(domain.lower())}(?![a-z0-9-])", path) is not None


def _is_fetched(friend: Friend) -> Iterator[Finding]:
    if friend.profile != "https_spiffe" and not friend.given.is_absent:
        yield friend.given.wrong("whoever writes a bundle here gives the domain's keys; it is fetched over TLS without")


def _is_ours(host: str, ours: tuple[str, ...]) -> bool:
    return any(host == one or host.endswith(f".{one}") for one in ours)


def _name(friend: Friend, parameters: GateParameters) -> Iterator[Finding]:
    domain = friend.domain.text()
    if parameters.trust_domains and domain not in parameters.trust_domains:
        yield friend.domain.wrong("is no trust domain of this federation")
    identity = friend.endpoint_id
    if friend.profile == "https_spiffe" and not identity.text().startswith(f"spiffe://{domain}/"):
        yield identity.wrong("the bundle's server shows an identity of another trust domain")


def _every_bundle_is_one_domains(stack: Stack, _: GateParameters) -> Iterator[Finding]:
    for cluster in stack.clusters():
        friends = [friend for one in cluster.of(*_KINDS) for friend in _friends(one)]
        first: dict[str, str] = {}
        for friend in friends:
            if friend.url.is_unknown or friend.domain.is_unknown:
                continue
            domain = friend.domain.text()
            if first.setdefault(_place(friend.url.text(), domain), domain) != domain:
                yield friend.url.wrong("two trust domains have one bundle, so each is the other")


def _place(address: str, domain: str) -> str:
    """What an address leads to, in one way of writing it; a query counts where it says which domain is meant."""
    url = urlsplit(address.strip())
    query = url.query.lower() if domain in url.query else ""
    port = url.netloc.rpartition("@")[2].partition(":")[2] or "443"
    return f"{(url.hostname or '').rstrip('.')}:{port}{unquote(url.path).rstrip('/').lower()}?{query}"


def _nobody_federates_with_itself(stack: Stack, _: GateParameters) -> Iterator[Finding]:
    for cluster in stack.clusters():
        own = {conf.props["server"]["trust_domain"].text() for conf in cluster.of(SERVER_CONF)}
        own |= {chart.props.at("global", "spire", "trustDomain").text() for chart in cluster.of(CHART)}
        friends = [friend for one in cluster.of(*_KINDS) for friend in _friends(one)]
        yield from each(friends, lambda friend, own=own - {""}: _is_another(friend, own))


def _is_another(friend: Friend, own: set[str]) -> Iterator[Finding]:
    if friend.domain.text() in own:
        yield friend.domain.wrong("is the server's own trust domain; a bundle from outside would replace its keys")


RULES: Final = (
    Rule(
        id="MF-S3",
        title="A trust domain's bundle comes over TLS from a host of ours, and is its own",
        why="Whoever gives a bundle gives a domain's keys: from a stranger's host, without TLS, or under another name "
        "it makes a stranger's certificates those of a friend.",
        mend="Write an https URL of the distribution, one path for each trust domain, and leave the own domain out.",
        packs=(Pack.ZERO_TRUST,),
        checks=dict.fromkeys(_KINDS, (_bundles_come_from_us,)),
        relations=(_every_bundle_is_one_domains, _nobody_federates_with_itself),
        controls=("NIST SP 800-53 SC-17", "NIST SP 800-53 IA-5"),
        weaker="Hosts and domains are compared where the pack's configuration lists them. className, which only says "
        "which controller reads an object, is not judged.",
    ),
)
