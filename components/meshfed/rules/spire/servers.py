"""SPIRE servers: where their keys lie, whom they attest, and how long what they sign lives."""

import re
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Final

from meshfed.rules.forms.spire import AGENT_CONF, SERVER_CONF
from meshfed.rules.node import Finding, Node, each
from meshfed.rules.resource import Resource, Stack
from meshfed.rules.rule import Check, Pack, Rule
from meshfed.rules.spire.attestors import attests_by_proof, chart_attestors
from meshfed.rules.spire.authorities import authority_is_ours, chart_authority_is_ours
from meshfed.rules.spire.charts import CHART, SERVER_CHART, issuer_values, labelled, server_values
from meshfed.rules.spire.durations import seconds_of, svid_fits, token_fits
from meshfed.settings.gate import GateParameters
from meshfed.topology.lifetimes import authority_needed

_DEFAULT_CA_SECONDS: Final = 24 * 3600
"""SPIRE's own `ca_ttl`; how long a CA without an upstream authority may live where its identities do not need more."""
_SVID_TTL: Final = "1h"
"""SPIRE's own `default_x509_svid_ttl`."""
_CHART_SVID_TTL: Final = "4h"
"""`defaultX509SvidTTL` of the chart where nothing is written."""
_WEAK_KEYS: Final = ("disk", "memory")
_INSECURE_SCHEME: Final = re.compile(r"allow_insecure_scheme[\"']?\s*[=:]\s*true", re.IGNORECASE)


def _plugins(conf: Resource, kind: str) -> list[tuple[str, Node]]:
    return labelled(conf.props["plugins"][kind])


def _identities_are_short(conf: Resource, parameters: GateParameters) -> Iterator[Finding]:
    node = conf.props["server"]["default_x509_svid_ttl"]
    given = Node(_SVID_TTL, node.path, urn=node.urn) if node.is_absent else node
    yield from svid_fits(given, parameters.lifetimes.workload_svid_seconds, parameters.lifetimes)


def _authority_is_as_long_as_needed(conf: Resource, _: GateParameters) -> Iterator[Finding]:
    server = conf.props["server"]
    has_upstream = bool(_plugins(conf, "upstreamauthority"))
    yield from _authority(server["ca_ttl"], server["default_x509_svid_ttl"], _SVID_TTL, has_upstream=has_upstream)


def _authority(ttl: Node, svid: Node, default: str, *, has_upstream: bool) -> Iterator[Finding]:
    seconds = _DEFAULT_CA_SECONDS if ttl.is_absent else seconds_of(ttl)
    signed = seconds_of(Node(default) if svid.is_absent else svid)
    if seconds is None:
        yield ttl.wrong("is no duration as 24h")
        return
    needed = authority_needed(int(signed or 0))
    if seconds < needed:
        yield ttl.wrong(f"identities end before their time: the CA needs {needed} s to sign them at full length")
    elif not has_upstream and seconds > max(needed, _DEFAULT_CA_SECONDS):
        yield ttl.wrong("a CA of the server's own lives longer than its identities need, with nobody above to end it")


def _keys_are_held_elsewhere(conf: Resource, _: GateParameters) -> Iterator[Finding]:
    for name, plugin in _plugins(conf, "keymanager"):
        if name in _WEAK_KEYS:
            yield plugin.wrong("the CA's key lies in a file or in memory, where whoever takes the pod copies it")

    for name, plugin in _plugins(conf, "upstreamauthority"):
        if name == "disk":
            yield plugin.wrong(
                "the key above all of the region's lies in a file, where whoever takes the pod copies it"
            )


def _plugins_are_spires_own(conf: Resource, _: GateParameters) -> Iterator[Finding]:
    for _kind, plugins in labelled(conf.props["plugins"]):
        for _name, plugin in labelled(plugins):
            if not plugin["plugin_cmd"].is_missing:
                yield plugin.wrong("is a program of its own, which gives or takes identities as it likes")


def _nobody_rules_from_outside(conf: Resource, parameters: GateParameters) -> Iterator[Finding]:
    server, lifetimes = conf.props["server"], parameters.lifetimes
    if not server["admin_ids"].is_absent:
        yield server["admin_ids"].wrong("whoever has one of these identities makes any other")
    if server["experimental"]["allow_agentless_node_attestors"].flag(default=False):
        yield server["experimental"].wrong("a machine without an agent gets identities")
    yield from each([server["default_jwt_svid_ttl"]], lambda one: token_fits(one, lifetimes.workload_svid_seconds))
    yield from each([server["agent_ttl"]], lambda one: token_fits(one, lifetimes.edge_svid_seconds))


def _endpoint_is_not_public(conf: Resource, _: GateParameters) -> Iterator[Finding]:
    endpoint = conf.props["server"]["federation"]["bundle_endpoint"]
    if not endpoint.is_missing and _is_public(endpoint["address"].text("0.0.0.0")):  # noqa: S104 - SPIRE's default
        yield endpoint.wrong("the server itself answers strangers; bundles belong in a store, signed")


def _is_public(address: str) -> bool:
    try:
        found = ip_address(address)
    except ValueError:
        return True
    return found.is_unspecified or found.is_global


def _chart_identities_are_short(chart: Resource, parameters: GateParameters) -> Iterator[Finding]:
    for server in server_values(chart):
        node = server["defaultX509SvidTTL"]
        given = Node(_CHART_SVID_TTL, node.path, urn=node.urn) if node.is_absent else node
        yield from svid_fits(given, parameters.lifetimes.workload_svid_seconds, parameters.lifetimes)


def _chart_authority(chart: Resource, _: GateParameters) -> Iterator[Finding]:
    for server in server_values(chart):
        upstream = [node for _, node in labelled(server["upstreamAuthority"]) if node["enabled"].flag(default=False)]
        svid = server["defaultX509SvidTTL"]
        yield from _authority(server["caTTL"], svid, _CHART_SVID_TTL, has_upstream=bool(upstream))


def _chart_keys(chart: Resource, _: GateParameters) -> Iterator[Finding]:
    for server in server_values(chart):
        manager = server["keyManager"]
        for name in _WEAK_KEYS:
            # The chart's own choice is the disk.
            if manager[name]["enabled"].flag(default=name == "disk"):
                yield manager[name]["enabled"].wrong(
                    "the CA's key lies in a file or in memory; where nothing is written it does"
                )
        upstream = server["upstreamAuthority"]["disk"]["enabled"]
        if upstream.flag(default=False):
            yield upstream.wrong(
                "the key above all of the region's lies in a file, where whoever takes the pod copies it"
            )


def _chart_endpoint(chart: Resource, _: GateParameters) -> Iterator[Finding]:
    for server in server_values(chart):
        enabled = server["federation"]["enabled"]
        if enabled.flag(default=False):
            yield enabled.wrong("the server itself answers strangers; bundles belong in a store, signed")


def _chart_store(chart: Resource, _: GateParameters) -> Iterator[Finding]:
    for server in server_values(chart):
        store = server["dataStore"]["sql"]["databaseType"]
        if (server["replicaCount"].number(1) or 1) > 1 and store.text("sqlite3") == "sqlite3":
            yield store.wrong(
                "each of several servers has a list of identities of its own; where nothing is written it has"
            )


def _chart_issuer(chart: Resource, _: GateParameters) -> Iterator[Finding]:
    enabled = issuer_values(chart)["insecureScheme"]["enabled"]
    if enabled.flag(default=False):
        yield enabled.wrong("the issuer's keys are published without TLS, so anybody on the way replaces them")


def _issuer_has_tls(config: Resource, _: GateParameters) -> Iterator[Finding]:
    data = config.props["data"]
    # What is not known in any ConfigMap would be undecided in most first deployments.
    for _name, text in [] if data.is_unknown else labelled(data):
        if not text.is_unknown and _INSECURE_SCHEME.search(text.text()):
            yield text.wrong("allow_insecure_scheme publishes the issuer's keys without TLS")


def _servers_share_a_store(stack: Stack, _: GateParameters) -> Iterator[Finding]:
    for cluster in stack.clusters():
        several = [one for one in cluster.of("apps/StatefulSet", "apps/Deployment") if _is_several_servers(one)]
        for conf in cluster.of(SERVER_CONF):
            store = conf.props["plugins"]["datastore"]["sql"]["plugin_data"]["database_type"]
            if any(one.namespace == conf.namespace for one in several) and store.text("sqlite3") == "sqlite3":
                yield store.wrong("each of several servers has a list of identities of its own")


def _is_several_servers(resource: Resource) -> bool:
    return "spire-server" in resource.name and (resource.props["spec"]["replicas"].number(1) or 1) > 1


_CHART_CHECKS: Final[tuple[Check, ...]] = (
    _chart_identities_are_short,
    _chart_authority,
    _chart_keys,
    chart_attestors,
    chart_authority_is_ours,
    _chart_endpoint,
    _chart_store,
)

RULES: Final = (
    Rule(
        id="MF-S2",
        title="A SPIRE server keeps its key in a KMS, attests by proof, and signs for as long as was declared",
        why="A key in a file is copied with the pod, a join token or an open attestor makes any machine a node, and a "
        "lifetime that was not thought through either outlives a theft or dies in an outage.",
        mend="Use a cloud's KMS as KeyManager, aws_pca or gcp_cas as UpstreamAuthority, k8s_psat of the server's own "
        "cluster with an allow list, lifetimes as declared with ca_ttl of at least six times theirs, one SQL store for "
        "all servers, and no bundle endpoint.",
        packs=(Pack.ZERO_TRUST,),
        checks={
            SERVER_CONF: (
                _identities_are_short,
                _authority_is_as_long_as_needed,
                _keys_are_held_elsewhere,
                attests_by_proof,
                authority_is_ours,
                _endpoint_is_not_public,
                _plugins_are_spires_own,
                _nobody_rules_from_outside,
            ),
            AGENT_CONF: (_plugins_are_spires_own,),
            CHART: (*_CHART_CHECKS, _chart_issuer),
            SERVER_CHART: _CHART_CHECKS,
            "core/ConfigMap": (_issuer_has_tls,),
        },
        relations=(_servers_share_a_store,),
        controls=("NIST SP 800-53 SC-12", "NIST SP 800-53 IA-3", "NIST SP 800-53 IA-5"),
        weaker="Whose Google project gcp_cas signs in is not compared, nor an account of AWS where `accounts` is empty "
        "or no ARN is written, nor what an issuer of cert-manager signs with. insecure_bootstrap is MF-S4's. What "
        "environment variables and options of the command put into a configuration is not seen; SPIRE's charts are "
        "known from their documentation, not rendered.",
    ),
)
