"""Who may take a role: web identities, certificates, pods, devices, other accounts; and which issuers are trusted."""

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from meshfed.rules.aws.accounts import account_of, is_account
from meshfed.rules.aws.documents import Condition, PolicyStatement, Principal, statements
from meshfed.rules.aws.resource_policies import RESOURCE_POLICIES
from meshfed.rules.node import Finding, Node, each
from meshfed.rules.resource import Resource
from meshfed.rules.rule import Check, Pack, Rule
from meshfed.settings.gate import GateParameters

ROLE: Final = "aws:iam/role:Role"
PROVIDER: Final = "aws:iam/openIdConnectProvider:OpenIdConnectProvider"
AUDIENCE: Final = "sts.amazonaws.com"
_GOOGLE: Final = "accounts.google.com"
_PEOPLE: Final = ("cognito-identity.amazonaws.com", "graph.facebook.com", "www.amazon.com")
_CERTIFICATE_TAGS: Final = (
    "aws:principaltag/x509subject/",
    "aws:principaltag/x509san/",
    "aws:principaltag/x509issuer/",
)
_ISSUER: Final = re.compile(r"^arn:[^:]+:iam::\d{12}:oidc-provider/(.+)$", re.IGNORECASE)
_SAML: Final = re.compile(r"^arn:[^:]+:iam::\d{12}:saml-provider/", re.IGNORECASE)

Who = Callable[[PolicyStatement, Principal, GateParameters], Iterator[Finding]]


def _principals(who: Who) -> Check:
    """A check of every principal that a role's trust policy lets in, each by itself."""

    def check(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
        def one(statement: PolicyStatement) -> Iterator[Finding]:
            if statement.allows:
                yield from each(statement.principals, partial(_judged, statement))

        def _judged(statement: PolicyStatement, principal: Principal) -> Iterator[Finding]:
            yield from who(statement, principal, parameters)

        yield from each(statements(resource.props["assumeRolePolicy"]), one)

    return check


def _web_identity(statement: PolicyStatement, principal: Principal, parameters: GateParameters) -> Iterator[Finding]:
    if principal.kind != "federated":
        return
    name = principal.node.text().strip()
    if _SAML.match(name):
        return
    issuer = _ISSUER.match(name)
    if name.lower() in _PEOPLE:
        yield principal.node.wrong("its tokens are of people with an account there, not of workloads")
    elif name.lower() == _GOOGLE:
        yield from _tokens_are_pinned(statement, _GOOGLE, ("sub", "aud", "oaud"))
    elif issuer is None:
        yield principal.node.wrong("is no OIDC provider of an account, so nobody knows whose tokens are taken")
    elif not _is_issuer(issuer[1], parameters):
        yield principal.node.wrong("is none of the federation's issuers")
    else:
        yield from _tokens_are_pinned(statement, issuer[1].lower(), ("sub", "aud"))


def _tokens_are_pinned(statement: PolicyStatement, issuer: str, claims: tuple[str, ...]) -> Iterator[Finding]:
    missing = [claim for claim in claims if not statement.pins(f"{issuer}:{claim}")]
    if missing:
        yield statement.node.wrong(
            f"does not hold {' and '.join(missing)} of the token to whole values, so other tokens of this issuer"
            " take the role too"
        )


def _is_issuer(name: str, parameters: GateParameters) -> bool:
    return not parameters.issuers or _bare(name) in map(_bare, parameters.issuers)


def _bare(issuer: str) -> str:
    return issuer.strip().lower().removeprefix("https://").rstrip("/")


def _service(statement: PolicyStatement, principal: Principal, _: GateParameters) -> Iterator[Finding]:
    if principal.kind == "service" and (check := _SERVICES.get(principal.node.text().strip().lower())):
        yield from check(statement)


def _certificate(statement: PolicyStatement) -> Iterator[Finding]:
    if not statement.pins("aws:sourcearn"):
        yield statement.node.wrong("any trust anchor of the account gives the role: aws:SourceArn names none")
    elif not any(map(_names_certificates, statement.conditions)):
        yield statement.node.wrong(
            "any certificate of the trust anchor gets the role: no aws:PrincipalTag/x509... names one"
        )


def _names_certificates(condition: Condition) -> bool:
    if not condition.narrows or not condition.key.startswith(_CERTIFICATE_TAGS):
        return False
    values = condition.values.texts()
    return bool(values) and all(map(_is_named, values))


def _is_named(value: str) -> bool:
    """Whether a value says which certificates are meant.

    >>> _is_named("spiffe://edge.example/*"), _is_named("spiffe://*"), _is_named("*"), _is_named("device-7")
    (True, False, False, True)
    """
    scheme, is_url, rest = value.strip().partition("://")
    begin = rest.partition("/")[0] if is_url else scheme[:1]
    return bool(begin) and not re.search(r"[*?]", begin)


def _pod(statement: PolicyStatement) -> Iterator[Finding]:
    is_one_cluster = statement.pins("aws:sourcearn", "aws:requesttag/eks-cluster-arn") or (
        statement.pins("aws:sourceaccount") and statement.pins("aws:requesttag/eks-cluster-name")
    )
    if not is_one_cluster:
        yield statement.node.wrong("pods of any cluster of the account get the role")
        return
    for tag in ("kubernetes-namespace", "kubernetes-service-account"):
        if not statement.pins(f"aws:requesttag/{tag}"):
            yield statement.node.wrong(f"pods of the cluster with any {tag} get the role")
            return


def _device(statement: PolicyStatement) -> Iterator[Finding]:
    if not statement.pins("aws:sourcearn"):
        yield statement.node.wrong("any role alias of AWS IoT gives the role: aws:SourceArn names none")


_SERVICES: Final = {
    "rolesanywhere.amazonaws.com": _certificate,
    "pods.eks.amazonaws.com": _pod,
    "credentials.iot.amazonaws.com": _device,
}


def _account(statement: PolicyStatement, principal: Principal, parameters: GateParameters) -> Iterator[Finding]:
    if principal.kind == "federated":
        return
    if principal.is_everyone:
        yield principal.node.wrong("everyone on AWS may take the role")
        return
    name = principal.node.text()
    is_foreign = is_account(name) and account_of(name) not in parameters.accounts
    if is_foreign and not statement.pins("sts:externalid", "aws:principalarn"):
        yield principal.node.wrong("everyone in an account that is none of the owner's may take the role")


def _nobody_is_left_out(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    yield from each(statements(resource.props["assumeRolePolicy"]), _names_who_may)


def _names_who_may(statement: PolicyStatement) -> Iterator[Finding]:
    if statement.allows and (others := statement.exception) is not None:
        yield others.wrong("everyone else on AWS may take the role")


def _issuer_is_ours(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
    url = resource.props["url"]
    if url.text().strip().lower().startswith("http://"):
        yield url.wrong("tokens of an issuer without TLS can be forged by whoever stands between")
    elif not _is_issuer(url.text(), parameters):
        yield url.wrong("is none of the federation's issuers")


def _token_issuer_is_ours(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
    url = resource.props.at("trustedTokenIssuerConfiguration", "oidcJwtConfiguration", "issuerUrl")
    if not _is_issuer(url.text(), parameters):
        yield url.wrong("is none of the federation's issuers")


def _pods_name_their_account(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    account = resource.props["serviceAccount"]
    if account.text().strip() in ("", "default", "*"):
        yield account.wrong("every pod of the namespace that names no account of its own gets the role")


def _audience_is_sts(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    yield from each(resource.props["clientIdLists"].items(), _is_sts)


def _is_sts(audience: Node) -> Iterator[Finding]:
    if audience.text() != AUDIENCE:
        yield audience.wrong(f"tokens that were made for someone else than {AUDIENCE} are taken")


RULES: Final = (
    Rule(
        id="MF-A6",
        title="A role by web identity is for one workload of one issuer",
        why="Whoever gets a token of the issuer takes a role that does not say for whom it is: any pod of the cluster,"
        " any repository, any Google account.",
        mend="Compare both claims with StringEquals: {ISSUER:sub: 'system:serviceaccount:NAMESPACE:NAME', ISSUER:aud:"
        " sts.amazonaws.com}; of accounts.google.com sub, aud and oaud.",
        packs=(Pack.ZERO_TRUST, Pack.CLOUD_BASELINE),
        checks={ROLE: (_principals(_web_identity),)},
        controls=("NIST SP 800-207 tenet 3", "NIST SP 800-53 IA-9", "NIST SP 800-53 AC-6"),
    ),
    Rule(
        id="MF-A7",
        title="A role for certificates, pods or devices says which ones",
        why="Without a source and a name every certificate under any trust anchor, every pod with Pod Identity or every"
        " IoT thing of the account takes the role.",
        mend="Roles Anywhere: aws:SourceArn of the trust anchor and aws:PrincipalTag/x509SAN/URI or another x509 tag."
        " Pods: aws:RequestTag/eks-cluster-arn, .../kubernetes-namespace and .../kubernetes-service-account."
        " IoT: aws:SourceArn of the role alias.",
        packs=(Pack.ZERO_TRUST, Pack.CLOUD_BASELINE),
        checks={
            ROLE: (_principals(_service),),
            "aws:eks/podIdentityAssociation:PodIdentityAssociation": (_pods_name_their_account,),
        },
        controls=("NIST SP 800-207 tenet 3", "NIST SP 800-53 IA-9", "NIST SP 800-53 AC-6"),
    ),
    Rule(
        id="MF-A8",
        title="No role and no resource is for everyone, nor for a whole foreign account",
        why="A role that everyone may take is public, and so is a secret, an image or a queue whose own policy says"
        " `*`; a role for a foreign account without an ExternalId is taken through whoever serves both of us.",
        mend="Name the roles that may take or use it, or the aws:SourceArn, aws:SourceAccount or aws:PrincipalOrgID;"
        " for a foreign account add sts:ExternalId; name the owner's accounts in the gate's parameter accounts.",
        packs=(Pack.CLOUD_BASELINE,),
        checks={ROLE: (_principals(_account), _nobody_is_left_out), **RESOURCE_POLICIES},
        controls=("NIST SP 800-53 AC-3", "NIST SP 800-53 AC-6"),
        weaker="Policies of APIs, public registries and VPC endpoints are not asked whom they let in. In a resource's"
        " policy a foreign account is found where the parameter accounts says which are the owner's.",
    ),
    Rule(
        id="MF-A10",
        title="An OIDC provider is one of ours, over TLS, for STS alone",
        why="A provider decides whose tokens AWS believes; an audience that others use too lets their tokens in.",
        mend="Write clientIdLists: [sts.amazonaws.com] and an https URL of a cluster's issuer; list the federation's"
        " issuers in the gate's parameter issuers.",
        packs=(Pack.ZERO_TRUST, Pack.CLOUD_BASELINE),
        checks={
            PROVIDER: (_issuer_is_ours, _audience_is_sts),
            "aws:ssoadmin/trustedTokenIssuer:TrustedTokenIssuer": (_token_issuer_is_ours,),
        },
        controls=("NIST SP 800-53 IA-9",),
    ),
)
