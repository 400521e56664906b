"""Requests at a proxy: tokens that are asked for, and how far a sidecar sees and lets out."""

from collections.abc import Iterator
from typing import Final

from meshfed.rules.istio.objects import AUTHORIZATION_POLICY, REQUEST_AUTHENTICATION, SIDECAR
from meshfed.rules.istio.token_keys import keys_are_the_issuers
from meshfed.rules.node import Finding, Node, UndecidedError
from meshfed.rules.resource import Resource, Stack
from meshfed.rules.rule import Pack, Rule
from meshfed.rules.statement import Absent, Matches, Not, OneOf, Statement, stated
from meshfed.settings.gate import GateParameters


def _tokens_are_asked_for(stack: Stack, parameters: GateParameters) -> Iterator[Finding]:
    for cluster in stack.clusters():
        policies = cluster.of(AUTHORIZATION_POLICY)
        for authentication in cluster.of(REQUEST_AUTHENTICATION):
            places = {authentication.namespace, parameters.root_namespace}
            if not authentication.is_patch and not _is_asked(policies, places):
                spec = authentication.props["spec"]
                yield spec.wrong("refuses wrong tokens and takes requests without any; no policy asks for one")


def _is_asked(policies: tuple[Resource, ...], namespaces: set[str]) -> bool:
    pending: UndecidedError | None = None
    for policy in policies:
        try:
            if policy.namespace in namespaces and _asks(policy.props["spec"]):
                return True
        except UndecidedError as error:
            pending = error
    if pending:
        raise pending
    return False


def _asks(spec: Node) -> bool:
    """Whether a policy lets nobody in without a token: by allowing with one, or by denying without."""
    denies = spec["action"].text("ALLOW") == "DENY"
    name = "notRequestPrincipals" if denies else "requestPrincipals"
    for rule in spec["rules"].items():
        if any(not source["source"][name].is_absent for source in rule["from"].items()):
            return True
        if not denies and any(one["key"].text().startswith("request.auth.") for one in rule["when"].items()):
            return True
    return False


RULES: Final = (
    Rule(
        id="MF-I22",
        title="A Sidecar narrows what a proxy may reach",
        why="ALLOW_ANY opens the way out that the mesh closed, an own TLS takes callers without the mesh's identity,"
        " and */* gives each proxy the configuration of the whole mesh.",
        mend="Write outboundTrafficPolicy: {mode: REGISTRY_ONLY} or nothing, no tls, and egress hosts by namespace.",
        packs=(Pack.ZERO_TRUST,),
        checks={
            SIDECAR: stated(
                Statement(
                    ("spec.outboundTrafficPolicy",),
                    Not(OneOf("mode", ("REGISTRY_ONLY",), default="REGISTRY_ONLY")),
                    "lets these pods call any address",
                    at="mode",
                ),
                Statement(
                    ("spec.ingress[]",),
                    Not(Absent("tls")),
                    "takes callers by a TLS of its own instead of the mesh's identity",
                    at="tls",
                ),
                Statement(
                    ("spec.egress[].hosts[]",),
                    Matches("", r"^([*]/)?[*]$"),
                    "reaches every service of every namespace",
                ),
            )
        },
        controls=("NIST SP 800-53 SC-7", "NIST SP 800-53 AC-4"),
    ),
    Rule(
        id="MF-I33",
        title="A token is asked for, and its issuer is who it says",
        why="A RequestAuthentication alone refuses wrong tokens and takes requests without one; keys of somebody's"
        " own or fetched without TLS, or tokens for anyone, are no proof of anything.",
        mend="Add an AuthorizationPolicy with requestPrincipals in the namespace, write https:// and audiences, and"
        " jwksUri below the issuer's own address or not at all; `allowed` takes other keys by the object's spec.",
        packs=(Pack.ZERO_TRUST,),
        checks={
            REQUEST_AUTHENTICATION: (
                *stated(
                    Statement(
                        ("spec.jwtRules[]",),
                        Absent("audiences"),
                        "takes tokens that were issued for somebody else",
                        at="audiences",
                    ),
                    Statement(
                        ("spec.jwtRules[]",),
                        Matches("jwksUri", "(?i)^http://"),
                        "fetches keys without TLS, so whoever is on the way chooses them",
                        at="jwksUri",
                    ),
                    Statement(
                        ("spec.jwtRules[]",),
                        Matches("issuer", "(?i)^http://"),
                        "looks for keys without TLS, so whoever is on the way chooses them",
                        at="issuer",
                    ),
                ),
                keys_are_the_issuers,
            )
        },
        relations=(_tokens_are_asked_for,),
        controls=("NIST SP 800-53 IA-2", "NIST SP 800-53 IA-9"),
        weaker="Any policy of the namespace or the root namespace that asks for a token counts, whichever workloads"
        " and paths it is about; one from another stack is not seen. Which"
        " issuer is to be trusted is its author's word. Preflight requests of browsers pass without a"
        " token in any case.",
    ),
)
