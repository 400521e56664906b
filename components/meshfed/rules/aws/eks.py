"""EKS clusters: who reaches the API server, who administers it, and what it records."""

from collections.abc import Iterator
from typing import Final

from meshfed.rules.networks import names_internet
from meshfed.rules.node import Finding, Node, each
from meshfed.rules.resource import Resource
from meshfed.rules.rule import Pack, Rule
from meshfed.settings.gate import GateParameters

CLUSTER: Final = "aws:eks/cluster:Cluster"
ACCESS: Final = "aws:eks/accessPolicyAssociation:AccessPolicyAssociation"
_RECORDED: Final = ("audit", "authenticator")
_ADMINISTRATION: Final = ("/AmazonEKSClusterAdminPolicy", "/AmazonEKSAdminPolicy")


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


def _administrators_are_named(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
    policy = resource.props["policyArn"]
    if not policy.text().endswith(_ADMINISTRATION):
        return
    scope = resource.props["accessScope"]["type"]
    if scope.text("cluster").strip().lower() == "namespace":
        return
    principal = resource.props["principalArn"]
    if principal.text() not in parameters.cluster_administrators:
        yield principal.wrong("administers the whole cluster and is none of the named administrators")


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
        mend="Write accessConfig: {authenticationMode: API, bootstrapClusterCreatorAdminPermissions: false}.",
        packs=(Pack.CLOUD_BASELINE,),
        checks={CLUSTER: (_access_is_by_entries, _its_creator_is_no_administrator)},
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
        mend="Give a narrower policy, or accessScope: {type: namespace}; name the roles for emergencies in the gate's"
        " parameter cluster_administrators.",
        packs=(Pack.CLOUD_BASELINE,),
        checks={ACCESS: (_administrators_are_named,)},
        controls=("CIS EKS 4.1.1", "NIST SP 800-53 AC-6"),
        weaker="Whether a role is a person's, a pipeline's or a controller's stands nowhere: every role that the owner"
        " has not named is refused.",
    ),
)
