"""Who may call: what one AuthorizationPolicy says by itself. What several say together is in authorization_scope."""

import re
from collections.abc import Iterator
from functools import partial
from typing import Final

from meshfed.rules.istio.objects import AUTHORIZATION_POLICY
from meshfed.rules.node import Finding, Node, each
from meshfed.rules.resource import Resource
from meshfed.rules.rule import Pack, Rule
from meshfed.rules.statement import (
    Absent,
    All,
    AnyOf,
    Condition,
    Matches,
    Named,
    Not,
    OneOf,
    Some,
    Statement,
    places,
    stated,
)
from meshfed.settings.gate import GateParameters

_ALLOWS: Final = Not(OneOf("/spec.action", ("DENY", "AUDIT", "CUSTOM")))
"""Also without an action: ALLOW is what Istio takes then."""
_DENIES: Final = OneOf("/spec.action", ("DENY",))
_PEER: Final = ("principals", "namespaces", "serviceAccounts", "trustDomains")
"""Fields of a source that name a caller by the identity of its certificate."""
_ALL_FIELDS: Final = (
    *_PEER,
    "requestPrincipals",
    "ipBlocks",
    "remoteIpBlocks",
    "notPrincipals",
    "notNamespaces",
    "notServiceAccounts",
    "notTrustDomains",
    "notRequestPrincipals",
    "notIpBlocks",
    "notRemoteIpBlocks",
)
_HTTP: Final = ("hosts", "notHosts", "methods", "notMethods", "paths", "notPaths")
_SOURCES: Final = ("spec.rules[].from[].source",)
_PRINCIPALS: Final = tuple(f"{_SOURCES[0]}.{name}[]" for name in ("principals", "notPrincipals"))
_CONTROLS: Final = ("NIST SP 800-207 tenet 3", "NIST SP 800-53 AC-3", "NIST SP 800-53 AC-6")


def _none(*names: str, of: str = "") -> Condition:
    return All(tuple(Absent(f"{of}{name}") for name in names))


_NO_PEER: Final = _none(*_PEER, of="source.")
_ANY_TRUST_DOMAIN: Final = AnyOf((Absent("trustDomains"), Some("trustDomains[]", Matches("", r"\*"))))
_PUBLIC_ISSUERS: Final = (
    r"(https://)?(accounts\.google\.com|appleid\.apple\.com|gitlab\.com|token\.actions\.githubusercontent\.com"
    r"|www\.facebook\.com|login\.microsoftonline\.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2\.0)"
)
"""Where anyone may open an account; Microsoft's by the tenant of private accounts."""
_ANYBODYS_TOKEN: Final = rf"(?i)^\*|^(https?:/?/?)?[^/]*\*$|^{_PUBLIC_ISSUERS}/.*\*$"
_NO_ONE_TOKEN: Final = AnyOf(
    (Absent("source.requestPrincipals"), Some("source.requestPrincipals[]", Matches("", _ANYBODYS_TOKEN)))
)
_HTTP_WITHOUT_PORT: Final = All((Not(_none(*_HTTP, of="operation.")), Absent("operation.ports")))
_HTTP_OF_CALLER: Final = AnyOf(
    (
        Some("from[]", Not(_none("requestPrincipals", "notRequestPrincipals", of="source."))),
        Some("when[]", Matches("key", r"^request\.")),
    )
)
_PORT_IN_WHEN: Final = Some("when[]", All((OneOf("key", ("destination.port",)), Not(Absent("values")))))
_NO_DOMAIN: Final = "^spiffe:|[A-Z]|^$"
_NEVER_MATCHES: Final = r"^spiffe://|^[^/*]*[A-Z]|^[^/*]*$"
"""Written with the scheme, with capitals in the trust domain, or without a path: no certificate has such a name."""


def _callers_are_of_the_federation(policy: Resource, parameters: GateParameters) -> Iterator[Finding]:
    if parameters.trust_domains and policy.props["spec"]["action"].text() not in ("DENY", "AUDIT", "CUSTOM"):
        yield from each(places(policy.props, _PRINCIPALS[0]), partial(_is_of_the_federation, parameters))
        yield from each(
            places(policy.props, f"{_SOURCES[0]}.trustDomains[]"), partial(_is_of_the_federation, parameters)
        )


def _is_of_the_federation(parameters: GateParameters, caller: Node) -> Iterator[Finding]:
    domain = caller.text().partition("/")[0]
    is_for_others = "*" in domain or domain == "cluster.local" or re.search(_NO_DOMAIN, domain)
    if not is_for_others and domain not in parameters.trust_domains:
        yield caller.wrong("is of a trust domain that is none of the federation's")


RULES: Final = (
    Rule(
        id="MF-I10",
        title="No rule of an ALLOW policy is empty",
        why="An empty rule matches every request: it allows all, while spec: {} without rules denies all.",
        mend="Take the rule out, or name its callers in from.source.principals.",
        packs=(Pack.ZERO_TRUST,),
        checks={
            AUTHORIZATION_POLICY: stated(
                Statement(
                    ("spec.rules[]",), All((_ALLOWS, _none("from", "to", "when"))), "is empty: it allows everyone"
                )
            )
        },
        controls=_CONTROLS,
    ),
    Rule(
        id="MF-I11",
        title="Every rule of an ALLOW policy says who may call",
        why="Without from, or with an empty source, anyone who reaches the port is a caller, also without an identity.",
        mend="Name the callers in from.source.principals.",
        packs=(Pack.ZERO_TRUST,),
        checks={
            AUTHORIZATION_POLICY: stated(
                Statement(
                    ("spec.rules[]",),
                    All((_ALLOWS, _none("from", "when"), Not(Absent("to")))),
                    "names no caller: it allows everyone",
                    at="from",
                ),
                Statement(
                    ("spec.rules[].from[]",),
                    All((_ALLOWS, _none(*_ALL_FIELDS, of="source."))),
                    "is a source that says nothing: it allows everyone",
                    at="source",
                ),
            )
        },
        controls=_CONTROLS,
    ),
    Rule(
        id="MF-I12",
        title="Principals are written in full, and are of the federation",
        why="A wildcard takes in every peer of every federated domain; a principal in a wrong form matches nobody, so a"
        " DENY with it denies nothing.",
        mend="Write TRUST-DOMAIN/ns/NAMESPACE/sa/SERVICE-ACCOUNT, without spiffe:// and in small letters.",
        packs=(Pack.ZERO_TRUST,),
        checks={
            AUTHORIZATION_POLICY: (
                *stated(
                    Statement(
                        _PRINCIPALS[:1],
                        All((_ALLOWS, Matches("", r"\*"))),
                        "is a wildcard: it allows more than one caller",
                    ),
                    Statement(_PRINCIPALS, Matches("", _NEVER_MATCHES), "is no principal that a certificate can have"),
                    Statement(
                        _SOURCES,
                        All(
                            (
                                _ALLOWS,
                                _none("principals", "serviceAccounts"),
                                Not(Absent("trustDomains")),
                                AnyOf((Absent("namespaces"), Some("namespaces[]", OneOf("", ("*",))))),
                            )
                        ),
                        "allows every workload of a whole trust domain",
                        at="trustDomains",
                    ),
                ),
                _callers_are_of_the_federation,
            )
        },
        controls=_CONTROLS,
        weaker="Trust domains are compared with trust_domains, where the owner or the plan names them, in ALLOW alone.",
    ),
    Rule(
        id="MF-I13",
        title="A namespace or service account is named together with its trust domain",
        why="Alone they match in every federated domain, so a region that is taken over speaks for ours.",
        mend="Write full principals, or add source.trustDomains.",
        packs=(Pack.ZERO_TRUST,),
        checks={
            AUTHORIZATION_POLICY: stated(
                Statement(
                    _SOURCES,
                    All(
                        (
                            _ALLOWS,
                            Not(_none("namespaces", "serviceAccounts")),
                            Absent("principals"),
                            _ANY_TRUST_DOMAIN,
                        )
                    ),
                    "matches a namespace or service account in any trust domain",
                )
            )
        },
        controls=_CONTROLS,
    ),
    Rule(
        id="MF-I14",
        title="No principal begins with cluster.local",
        why="Istio reads cluster.local as the own trust domain and every alias of it, whatever their names are.",
        mend="Write the trust domain's real name.",
        packs=(Pack.ZERO_TRUST,),
        checks={
            AUTHORIZATION_POLICY: stated(
                Statement(
                    _PRINCIPALS, Matches("", r"^cluster\.local/"), "stands for the own trust domain and all its aliases"
                )
            )
        },
        controls=_CONTROLS,
        weaker="Refuses it with and without aliases, which one object does not show.",
    ),
    Rule(
        id="MF-I15",
        title="An ALLOW rule names its callers, not only addresses, exclusions, conditions or any token",
        why="An address can be taken, an exclusion lets in whoever is forgotten, and any token is anyone's token.",
        mend="Name the callers in from.source.principals, or end users in requestPrincipals as ISSUER/SUBJECT.",
        packs=(Pack.ZERO_TRUST,),
        checks={
            AUTHORIZATION_POLICY: stated(
                Statement(
                    ("spec.rules[].from[]",),
                    All((_ALLOWS, _NO_PEER, _NO_ONE_TOKEN, Not(_none(*_ALL_FIELDS, of="source.")))),
                    "names no caller by identity",
                    at="source",
                ),
                Statement(
                    ("spec.rules[]",),
                    All((_ALLOWS, Absent("from"), Not(Absent("when")))),
                    "names callers by conditions alone",
                    at="when",
                ),
            )
        },
        controls=_CONTROLS,
    ),
    Rule(
        id="MF-I17",
        title="An AuthorizationPolicy is enforced",
        why="With istio.io/dry-run a policy writes to the log and decides nothing.",
        mend="Take the annotation out; where a phase of the rollout needs it, write a waiver with an end date.",
        packs=(Pack.ZERO_TRUST,),
        checks={
            AUTHORIZATION_POLICY: stated(
                Statement(
                    ("metadata.annotations{}",),
                    All((Named(r"^istio\.io/dry-run$"), Not(Matches("", r"^(0|f|F|false|False|FALSE)$")))),
                    "is on: the policy is not enforced",
                )
            )
        },
        controls=_CONTROLS,
    ),
)

TRAPS: Final = stated(
    Statement(
        ("spec.rules[]",),
        All(
            (
                _DENIES,
                Not(_PORT_IN_WHEN),
                AnyOf(
                    (
                        Some("to[]", _HTTP_WITHOUT_PORT),
                        All((_HTTP_OF_CALLER, AnyOf((Absent("to"), Some("to[]", Absent("operation.ports")))))),
                    )
                ),
            )
        ),
        "asks for fields of HTTP without a port: on a port that is not HTTP it denies whatever the rest of it matches",
    ),
    Statement(
        ("spec",),
        All((OneOf("action", ("CUSTOM",)), Absent("provider.name"))),
        "asks nobody: CUSTOM names no provider",
        at="provider.name",
    ),
    Statement(
        ("spec.action",),
        Not(OneOf("", ("ALLOW", "AUDIT", "CUSTOM", "DENY", ""), default="")),
        "is no action that Istio knows",
    ),
)
"""MF-I16, as far as one object shows it."""
