"""GKE clusters: what the platform itself enforces."""

from collections.abc import Iterator
from typing import Final

from meshfed.rules.expect import ABSENT, absent, none_of, off, on, one_of, present, word
from meshfed.rules.gcp.kinds import CLUSTER, NODE_POOL
from meshfed.rules.node import Finding, Node, each
from meshfed.rules.resource import Resource
from meshfed.rules.rule import Check, Pack, Rule
from meshfed.settings.gate import GateParameters


def _unless_autopilot(check: Check) -> Check:
    """A check of what Google itself decides in an Autopilot cluster."""

    def chosen(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
        if not resource.props["enableAutopilot"].flag():
            yield from check(resource, parameters)

    return chosen


def _images_are_judged(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    binary = resource.props["binaryAuthorization"]
    mode = binary["evaluationMode"]
    if word(mode.text()) in {ABSENT, "disabled", "evaluation_mode_unspecified"} and not binary["enabled"].flag():
        yield mode.wrong("any image runs, whoever signed it")


def _image_policy_refuses(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    def one(rule: Node) -> Iterator[Finding]:
        if word(rule["evaluationMode"].text()) == "always_allow":
            yield rule["evaluationMode"].wrong("any image runs, whoever signed it")
        if word(rule["enforcementMode"].text()) == "dryrun_audit_log_only":
            yield rule["enforcementMode"].wrong("an image that nobody signed is written down and runs")

    rules = [resource.props["defaultAdmissionRule"], *resource.props["clusterAdmissionRules"].items()]
    yield from each(rules, one)


def _image_policy_has_no_way_around(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    def one(pattern: Node) -> Iterator[Finding]:
        if pattern["namePattern"].text().strip().startswith("*"):
            yield pattern["namePattern"].wrong("any image runs, whoever signed it")

    yield from each(resource.props["admissionWhitelistPatterns"].items(), one)


_READ_ONLY_PORT: Final = off(
    "nodeConfig.kubeletConfig.insecureKubeletReadonlyPortEnabled", "whoever reaches the node reads its pods, unasked"
)
_METADATA: Final = one_of(
    "nodeConfig.workloadMetadataConfig.mode",
    frozenset({ABSENT, "gke_metadata"}),
    "pods reach the metadata of the machine, and with it the node's identity",
)

RULES: Final = (
    Rule(
        id="MF-C2",
        title="GKE enforces network policies, workload identity and signed starts, and knows no old logins",
        why="Without Dataplane V2 a NetworkPolicy is text; the node's metadata gives every pod the node's rights; a"
        " client certificate, a password or ABAC are logins that no one can revoke; secrets without a key of ours are"
        " Google's to open; external addresses of a Service and NET_ADMIN take others' traffic.",
        mend="Write datapathProvider: ADVANCED_DATAPATH, workloadIdentityConfig, databaseEncryption: {state: ENCRYPTED,"
        " keyName: ...}, releaseChannel, binaryAuthorization: {evaluationMode: PROJECT_SINGLETON_POLICY_ENFORCE}; leave"
        " out enableLegacyAbac, client certificates, serviceExternalIpsConfig and allowNetAdmin.",
        packs=(Pack.CLOUD_BASELINE,),
        checks={
            CLUSTER: (
                _unless_autopilot(
                    one_of(
                        "datapathProvider",
                        frozenset({"advanced_datapath"}),
                        "nothing enforces NetworkPolicies; where nothing is written nothing does",
                    )
                ),
                _unless_autopilot(
                    present("workloadIdentityConfig.workloadPool", "pods can only borrow the node's identity")
                ),
                _METADATA,
                off("enableLegacyAbac", "rights are given outside of RBAC"),
                off("masterAuth.clientCertificateConfig.issueClientCertificate", "hands out a login without an end"),
                absent("masterAuth.password", "a password enters the cluster, and stands in the state"),
                on("enableShieldedNodes", "nodes start what nobody signed", default=True),
                one_of(
                    "databaseEncryption.state",
                    frozenset({"encrypted", "all_objects_encryption_enabled"}),
                    "secrets are not sealed with a key of our own",
                ),
                none_of(
                    "releaseChannel.channel",
                    frozenset({ABSENT, "unspecified"}),
                    "nobody brings security fixes to the cluster",
                ),
                _images_are_judged,
                off("serviceExternalIpsConfig.enabled", "a Service may claim any address, and takes its traffic"),
                off("allowNetAdmin", "any pod of Autopilot may rewrite its node's network"),
                off("enableKubernetesAlpha", "runs what nobody maintains, and ends after 30 days"),
                _READ_ONLY_PORT,
            ),
            NODE_POOL: (_METADATA, _READ_ONLY_PORT),
            "gcp:binaryauthorization/policy:Policy": (_image_policy_refuses, _image_policy_has_no_way_around),
        },
        controls=(
            "CIS GKE 4.3.1",
            "CIS GKE 5.2.2",
            "CIS GKE 5.3.1",
            "CIS GKE 5.4.1",
            "CIS GKE 5.5.4",
            "CIS GKE 5.5.5",
            "CIS GKE 5.8.1",
            "CIS GKE 5.8.3",
            "CIS GKE 5.10.2",
            "CIS GKE 5.10.4",
            "NIST SP 800-53 CM-7",
            "NIST SP 800-53 SC-28",
            "NIST SP 800-53 IA-9",
            "NIST SP 800-207 tenet 3",
        ),
        weaker="The policy of Binary Authorization is read where the same program makes it; which attestors it asks,"
        " and whether there is one at all, is not.",
    ),
)
