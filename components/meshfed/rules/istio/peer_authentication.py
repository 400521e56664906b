"""Whether workloads take plaintext: PeerAuthentication in every place where its mode can be written."""

import json
from collections.abc import Iterator
from functools import partial
from typing import Final

from meshfed.rules.istio.objects import PEER_AUTHENTICATION, installs_istio
from meshfed.rules.node import Finding, Node, each, some
from meshfed.rules.resource import Resource, Stack
from meshfed.rules.rule import Pack, Rule
from meshfed.rules.statement import Absent, All, AnyOf, Not, OneOf, Parameter, Statement, stated
from meshfed.settings.gate import GateParameters

_IN_ROOT: Final = OneOf("/metadata.namespace", Parameter("root_namespace"), default="default")
_SELECTS: Final = Not(Absent("/spec.selector.matchLabels"))
_TAKES_PLAINTEXT: Final = Not(OneOf("mode", ("STRICT", "UNSET"), default="UNSET"))
"""Also a mode in another spelling: what Istio makes of it is nothing to rely on."""
_CONTROLS: Final = ("NIST SP 800-207 tenet 2", "NIST SP 800-53 SC-8", "NIST SP 800-53 SC-23")


def _one_policy_a_scope(stack: Stack, _: GateParameters) -> Iterator[Finding]:
    for cluster in stack.clusters():
        first: dict[str, Resource] = {}
        whole = (policy for policy in cluster.of(PEER_AUTHENTICATION) if not policy.is_patch)
        yield from each(whole, partial(_second, first))


def _second(first: dict[str, Resource], policy: Resource) -> Iterator[Finding]:
    labels = sorted((name, label.text()) for name, label in _selected(policy).entries())
    known = first.setdefault(json.dumps([policy.namespace, labels]), policy)
    if (known.urn, known.props.path) != (policy.urn, policy.props.path):
        whose = "the workloads that it selects" if labels else f"all workloads of {policy.namespace}"
        yield policy.props["metadata"].wrong(f"is a second policy for {whose}; only the oldest counts")


def _mesh_is_strict(stack: Stack, parameters: GateParameters) -> Iterator[Finding]:
    for cluster in stack.clusters():
        is_strict = partial(_is_strict_root, parameters)
        if installs_istio(cluster) and not some(cluster.of(PEER_AUTHENTICATION), is_strict):
            yield Finding("", f"no PeerAuthentication in {parameters.root_namespace} makes the mesh STRICT")


def _selected(policy: Resource) -> Node:
    """The labels it selects by; without any it is for the whole namespace."""
    return policy.props["spec"]["selector"]["matchLabels"]


def _is_strict_root(parameters: GateParameters, policy: Resource) -> bool:
    spec: Node = policy.props["spec"]
    return (
        policy.namespace == parameters.root_namespace
        and _selected(policy).is_absent
        and spec["mtls"]["mode"].text() == "STRICT"
    )


RULES: Final = (
    Rule(
        id="MF-I1",
        title="A PeerAuthentication asks for STRICT",
        why="PERMISSIVE and DISABLE take plaintext: a caller without any identity is served.",
        mend="Write spec.mtls.mode: STRICT.",
        packs=(Pack.ZERO_TRUST,),
        checks={PEER_AUTHENTICATION: stated(Statement(("spec.mtls",), _TAKES_PLAINTEXT, "takes plaintext", at="mode"))},
        controls=_CONTROLS,
    ),
    Rule(
        id="MF-I2",
        title="No port is an exception from STRICT",
        why="A mode of one port overrides the workload's, so one port of a STRICT workload takes plaintext.",
        mend="Take the port out of spec.portLevelMtls, or write STRICT there.",
        packs=(Pack.ZERO_TRUST,),
        checks={
            PEER_AUTHENTICATION: stated(
                Statement(
                    ("spec.portLevelMtls.{}",),
                    AnyOf(
                        (
                            _TAKES_PLAINTEXT,
                            All(
                                (
                                    OneOf("mode", ("UNSET",), default="UNSET"),
                                    Not(OneOf("/spec.mtls.mode", ("STRICT",), default="UNSET")),
                                )
                            ),
                        )
                    ),
                    "takes plaintext on this port",
                    at="mode",
                )
            )
        },
        controls=_CONTROLS,
    ),
    Rule(
        id="MF-I3",
        title="The policy of the root namespace names its mode",
        why="UNSET without a parent is PERMISSIVE, and nothing stands above the root namespace.",
        mend="Write spec.mtls.mode: STRICT.",
        packs=(Pack.ZERO_TRUST,),
        checks={
            PEER_AUTHENTICATION: stated(
                Statement(
                    ("",),
                    All((_IN_ROOT, Not(_SELECTS), OneOf("spec.mtls.mode", ("UNSET",), default="UNSET"))),
                    "leaves the mode of the whole mesh to its default, which takes plaintext",
                    at="spec.mtls.mode",
                )
            )
        },
        controls=_CONTROLS,
    ),
    Rule(
        id="MF-I4",
        title="A policy in the root namespace selects no workload",
        why="Istio takes a selector there for that namespace alone, while its author believes in a mesh-wide policy.",
        mend="Take spec.selector out, or put the policy into the workload's namespace.",
        packs=(Pack.ZERO_TRUST,),
        checks={
            PEER_AUTHENTICATION: stated(
                Statement(
                    ("",), All((_IN_ROOT, _SELECTS)), "selects workloads in the root namespace", at="spec.selector"
                )
            )
        },
    ),
    Rule(
        id="MF-I5",
        title="Workloads have one PeerAuthentication of a scope",
        why="Of several the oldest wins, so a new STRICT one behind an old PERMISSIVE one changes nothing.",
        mend="Keep one of them: one for the namespace, one for each selector.",
        packs=(Pack.ZERO_TRUST,),
        relations=(_one_policy_a_scope,),
        weaker="Takes two selectors for the same only where they are equal.",
        live="Whether an older policy from elsewhere stands in the cluster already.",
    ),
    Rule(
        id="MF-I6",
        title="Whoever installs Istio makes the mesh STRICT",
        why="Without a policy in the root namespace every workload takes plaintext.",
        mend="Add a PeerAuthentication without selector in the root namespace, with spec.mtls.mode: STRICT.",
        packs=(Pack.ZERO_TRUST,),
        stack_checks=(_mesh_is_strict,),
        controls=_CONTROLS,
        weaker="Asked of the stack that installs Istio.",
        live="Whether a cluster whose Istio came by hand has the policy.",
    ),
)
