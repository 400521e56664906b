"""EKS clusters: who reaches the API server, who administers it, and what it records."""

from collections.abc import Iterator
from typing import Final

from meshfed.rules.aws.documents import matches, some
from meshfed.rules.issuers import is_ours
from meshfed.rules.networks import names_internet
from meshfed.rules.node import Finding, Node, each
from meshfed.rules.resource import Resource
from meshfed.rules.rule import Pack, Rule
from meshfed.settings.gate import GateParameters

CLUSTER: Final = "aws:eks/cluster:Cluster"
ACCESS: Final = "aws:eks/accessPolicyAssociation:AccessPolicyAssociation"
ENTRY: Final = "aws:eks/accessEntry:AccessEntry"
ISSUER: Final = "aws:eks/identityProviderConfig:IdentityProviderConfig"
_RECORDED: Final = ("audit", "authenticator")
_CLUSTER_ADMINISTRATION: Final = "amazoneksclusteradminpolicy"
_HARMLESS: Final = frozenset({"amazoneksviewpolicy", "amazoneksadminviewpolicy", "amazoneksautonodepolicy"})
"""What changes nothing in a cluster, or is a node's; Edit of a whole cluster impersonates every account in it."""


def _endpoint_is_private(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    public = resource.props["vpcConfig"]["endpointPublicAccess"]
    if public.flag(default=True):
        yield public.wrong("the API server answers on the internet; where nothing is written it does")


def _no_range_is_the_internet(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    yield from each(resource.props["vpcConfig"]["publicAccessCidrs"].items(), _is_no_internet)


def _is_no_internet(source: Node) -> Iterator[Finding]:
    if names_internet(source):
        yield source.wrong("whoever turns the public endpoint on opens it to the whole internet")


def _access_is_by_entries(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    mode = resource.props["accessConfig"]["authenticationMode"]
    if mode.text().strip().upper() != "API":
        yield mode.wrong("a ConfigMap of the cluster may also say who its administrators are")


def _its_creator_is_no_administrator(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    bootstrap = resource.props["accessConfig"]["bootstrapClusterCreatorAdminPermissions"]
    if bootstrap.flag(default=True):
        yield bootstrap.wrong("whoever creates the cluster stays its administrator, in no list; by default it is so")


def _logs_say_who_did_what(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    types = resource.props["enabledClusterLogTypes"]
    missing = set(_RECORDED) - {name.strip().lower() for name in types.texts()}
    if missing:
        yield types.wrong(f"the control plane does not log {' and '.join(sorted(missing))}")


def _secrets_are_encrypted(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    encryption = resource.props["encryptionConfig"]
    if encryption["provider"]["keyArn"].is_absent or "secrets" not in encryption["resources"].texts():
        yield encryption.wrong("Secrets are encrypted by no key of the owner's")


def _deletion_needs_two_steps(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
    protection = resource.props["deletionProtection"]
    if not protection.flag() and resource.props["tags"]["meshfed-region"].text() not in parameters.leaving_regions:
        yield protection.wrong("one call deletes the cluster")


def _tokens_are_of_known_issuers(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
    issuer = resource.props["oidc"]["issuerUrl"]
    if not issuer.text().strip().lower().startswith("https://"):
        yield issuer.wrong("tokens of an issuer without TLS can be forged by whoever stands between")
    elif not parameters.issuers or not is_ours(issuer.text(), parameters):
        yield issuer.wrong("is a second list of the cluster's users, and none of the named issuers keeps it")


def _groups_of_tokens_are_apart(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    oidc = resource.props["oidc"]
    if not oidc["groupsClaim"].is_absent and oidc["groupsPrefix"].is_absent:
        yield oidc["groupsPrefix"].wrong("a token may name any group, those of the cluster's administrators too")


def _administrators_are_named(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
    policy = resource.props["policyArn"].text().strip().rpartition("/")[2].lower()
    if policy in _HARMLESS:
        return
    scope, principal = resource.props["accessScope"], resource.props["principalArn"]
    is_bounded = scope["type"].text("cluster").strip().lower() == "namespace"
    if is_bounded and policy != _CLUSTER_ADMINISTRATION and not _reaches_the_platform(scope["namespaces"], parameters):
        return
    if principal.text() not in parameters.cluster_administrators:
        yield principal.wrong(
            "administers the cluster, by a policy or by a namespace of the platform, and is none of the named"
            " administrators"
        )


def _reaches_the_platform(namespaces: Node, parameters: GateParameters) -> bool:
    """Whether names, which may hold `*`, take in a namespace of the platform; none at all is every namespace."""
    platform = (parameters.root_namespace, *parameters.system_namespaces)
    return namespaces.is_absent or some(
        namespaces.items(), lambda one: any(matches(one.text(), name) for name in platform)
    )


def _entries_name_no_administrators(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    yield from each((*resource.props["kubernetesGroups"].items(), resource.props["userName"]), _is_no_system_name)


def _is_no_system_name(name: Node) -> Iterator[Finding]:
    if name.text().strip().lower().startswith(("system:masters", "system:serviceaccount", "eks:")):
        yield name.wrong("is a name by which the cluster knows its own administrators and accounts")


RULES: Final = (
    Rule(
        id="MF-A1",
        title="The API server of EKS has no public endpoint",
        why="A control plane on the internet is one leaked credential away from everyone.",
        mend="Write vpcConfig: {endpointPublicAccess: false, endpointPrivateAccess: true}, and no publicAccessCidrs.",
        packs=(Pack.CLOUD_BASELINE,),
        checks={CLUSTER: (_endpoint_is_private, _no_range_is_the_internet)},
        controls=("CIS EKS 5.4.2", "NIST SP 800-53 SC-7"),
    ),
    Rule(
        id="MF-A2",
        title="Access to EKS comes from access entries alone",
        why="The aws-auth ConfigMap and the creator's right are lists of administrators that no reviewer sees: whoever"
        " may edit a ConfigMap in kube-system makes themselves one.",
        mend="Write accessConfig: {authenticationMode: API, bootstrapClusterCreatorAdminPermissions: false}; give the"
        " cluster no other issuer of tokens than those in the gate's parameter issuers, and a groupsPrefix.",
        packs=(Pack.CLOUD_BASELINE,),
        checks={
            CLUSTER: (_access_is_by_entries, _its_creator_is_no_administrator),
            ISSUER: (_tokens_are_of_known_issuers, _groups_of_tokens_are_apart),
        },
        controls=("CIS EKS 4.1.7", "NIST SP 800-53 AC-6"),
    ),
    Rule(
        id="MF-A3",
        title="An EKS cluster logs who did what, encrypts Secrets with the owner's key and is not deleted by one call",
        why="Without audit logs an intruder leaves no trace, a copy of etcd's disk gives all Secrets away, and one"
        " mistaken call takes a region's control plane.",
        mend="Write enabledClusterLogTypes with audit and authenticator, encryptionConfig with a key for secrets, and"
        " deletionProtection: true.",
        packs=(Pack.CLOUD_BASELINE,),
        checks={CLUSTER: (_logs_say_who_did_what, _secrets_are_encrypted, _deletion_needs_two_steps)},
        controls=("CIS EKS 2.1.1", "CIS EKS 5.3.1", "NIST SP 800-53 AU-12", "NIST SP 800-53 SC-28"),
    ),
    Rule(
        id="MF-A4",
        title="Only named roles administer a whole EKS cluster",
        why="A person or a pipeline with cluster-wide administration turns the mesh's own policies off.",
        mend="Give a narrower policy, with accessScope: {type: namespace} and the tenant's namespaces; name the roles"
        " for emergencies in the gate's parameter cluster_administrators.",
        packs=(Pack.CLOUD_BASELINE,),
        checks={ACCESS: (_administrators_are_named,), ENTRY: (_entries_name_no_administrators,)},
        controls=("CIS EKS 4.1.1", "NIST SP 800-53 AC-6"),
        weaker="Whether a role is a person's, a pipeline's or a controller's stands nowhere: every role that the owner"
        " has not named is refused. AmazonEKSAdminViewPolicy reads Secrets of the whole cluster and passes.",
    ),
)
