"""Istiod itself: its environment, the values of its chart, and whose clusters it reads."""

from collections.abc import Iterator
from typing import Final

from meshfed.rules.fields import is_absent, is_off, is_on, is_one_of
from meshfed.rules.forms.helm import ISTIOD
from meshfed.rules.istio.mesh_config import proxy_metadata
from meshfed.rules.istio.objects import ISTIOD_ENVIRONMENT, PROXY_CONFIG
from meshfed.rules.node import Finding, Node, each
from meshfed.rules.resource import Resource
from meshfed.rules.rule import Pack, Rule
from meshfed.rules.statement import All, Named, Not, OneOf, Statement, stated
from meshfed.settings.gate import GateParameters

_MUST_BE_OFF: Final = {
    "PILOT_SKIP_VALIDATE_TRUST_DOMAIN": "accepts peers of every trust domain",
    "XDS_AUTH_PLAINTEXT": "believes what a client in plaintext says that it is",
    "JWKS_RESOLVER_INSECURE_SKIP_VERIFY": "takes the keys of tokens from a server that it does not verify",
    "UNSAFE_ENABLE_ADMIN_ENDPOINTS": "offers endpoints that change istiod",
    "ISTIO_MULTIROOT_MESH": "puts the roots of all trust domains into one pool, where each can forge the others",
    "ENABLE_WILDCARD_HOST_SERVICE_ENTRIES_FOR_TLS": "lets a caller choose the destination by the name it sends",
}
_MUST_BE_ON: Final = {
    "XDS_AUTH": "gives configuration to whoever asks",
    "PILOT_ENABLE_XDS_IDENTITY_CHECK": "gives a proxy the configuration and secrets of another namespace",
    "ENABLE_DEBUG_ENDPOINT_AUTH": "shows the configuration of all namespaces to each of them",
    "ENABLE_XDS_API_GENERATOR_AUTH": "gives the whole configuration to clients without an identity",
    "ISTIO_WORKLOAD_ENTRY_VALIDATE_IDENTITY": "lets a machine register as another one",
}
_MUST_BE_AWAY: Final = {
    "TRUSTED_GATEWAY_CIDR": "believes a header from these addresses instead of a certificate",
    "SHARED_MESH_CONFIG": "lays over MeshConfig what stands in another ConfigMap, where no rule reads it",
    "JWT_RULE": "accepts tokens of another issuer than the cluster as identities of proxies",
}
_NODE_PROXIES: Final = frozenset({"istio-system/ztunnel", "kube-system/ztunnel"})
_HARMLESS_FOR_ZTUNNEL: Final = frozenset(
    {
        "CONNECTION_TERMINATION_DEADLINE",
        "ISTIO_META_DNS_CAPTURE",
        "RUST_BACKTRACE",
        "RUST_LOG",
        "ZTUNNEL_WORKER_THREADS",
    }
)
_REMOTE_CONFIGS: Final = "PILOT_MULTICLUSTER_KUBECONFIG_PATH"


def _debug_is_off(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    node = resource.props["ENABLE_DEBUG_ON_HTTP"]
    if node.flag(default=True):
        yield node.wrong("offers debug pages without TLS; where nothing is written it does")


def _only_ztunnel_speaks_for_others(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    node = resource.props["CA_TRUSTED_NODE_ACCOUNTS"]
    accounts = {name.strip() for name in node.text().split(",")} - {""}
    if not accounts <= _NODE_PROXIES:
        yield node.wrong("lets other accounts than ztunnel's request certificates for whatever runs on their node")


def _trust_domain_fits(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    node = resource.props["global"]["trustDomain"]
    mesh = resource.props["meshConfig"]["trustDomain"]
    if not node.is_absent and node.text() != mesh.text():
        yield node.wrong("is another trust domain than MeshConfig's")


def _nobody_reads(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    node = resource.props["global"]["enableReaderRBAC"]
    if node.flag(default=True):
        yield node.wrong("makes an account that reads this cluster for others; where nothing is written it does")


def _environment_is_harmless(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    yield from proxy_metadata(resource.props["spec"]["environmentVariables"])


def _ztunnels_environment_is_harmless(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    yield from proxy_metadata(resource.props["env"], _HARMLESS_FOR_ZTUNNEL)


def _profile_is_plain(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    nodes = [resource.props["profile"], resource.props["global"]["profile"]]
    yield from each(nodes, _is_a_plain_profile)


def _is_a_plain_profile(node: Node) -> Iterator[Finding]:
    if node.text() not in ("", "default", "stable", "ambient"):
        yield node.wrong("is a profile for demonstrations, for other control planes, or one that no rule knows")


RULES: Final = (
    Rule(
        id="MF-I24",
        title="Istiod checks who asks it",
        why="Its environment can switch off the checks by which a proxy gets its own configuration and identity only.",
        mend='Take the variable out, and write ENABLE_DEBUG_ON_HTTP: "false".',
        packs=(Pack.ZERO_TRUST,),
        checks={
            ISTIOD_ENVIRONMENT: (
                *(is_off(name, message) for name, message in _MUST_BE_OFF.items()),
                *(is_on(name, message) for name, message in _MUST_BE_ON.items()),
                *(is_absent(name, message) for name, message in _MUST_BE_AWAY.items()),
                _debug_is_off,
                _only_ztunnel_speaks_for_others,
            )
        },
        controls=("NIST SP 800-53 IA-9", "NIST SP 800-53 AC-3"),
        weaker="Istiod is known by its container's name or image; arguments that replace a variable are not read.",
    ),
    Rule(
        id="MF-I36",
        title="No control plane reads another cluster",
        why="Whoever takes the region that holds a remote secret reads, and often changes, the other region's cluster.",
        mend="Exchange exports and imports by Git instead; take the secret out and write enableReaderRBAC: false.",
        packs=(Pack.ZERO_TRUST,),
        checks={
            "core/Secret": stated(
                Statement(
                    ("metadata.labels.{}",),
                    All((Named("^istio/multiCluster$"), Not(OneOf("", ("false", ""), default="")))),
                    "holds the access of one region's control plane to another region's cluster",
                )
            ),
            ISTIOD_ENVIRONMENT: (is_absent(_REMOTE_CONFIGS, "gives istiod the access to other clusters as a file"),),
            "helm:base": (_nobody_reads,),
            ISTIOD: (
                _nobody_reads,
                is_absent("global.remotePilotAddress", "takes the control plane of another cluster"),
                is_off("global.externalIstiod", "serves other clusters as their control plane"),
                is_off("global.configCluster", "keeps the configuration of another cluster's control plane"),
                is_off("istiodRemote.enabled", "takes the control plane of another cluster"),
            ),
        },
        controls=("NIST SP 800-53 AC-6", "NIST SP 800-53 SC-7"),
    ),
    Rule(
        id="MF-I37",
        title="Istio's own values weaken no pod and no identity",
        why="Values for all pods can make every proxy privileged, hand identities to another CA, or switch validation"
        " off.",
        mend="Take the value out; write pilot.cni.enabled: true, so that no pod needs NET_ADMIN.",
        packs=(Pack.ZERO_TRUST,),
        checks={
            ISTIOD: (
                is_off("global.proxy.privileged", "makes every proxy a privileged container"),
                is_on(
                    "pilot.cni.enabled",
                    "gives every pod NET_ADMIN to redirect its own traffic; where nothing is written it does",
                    default=False,
                ),
                is_absent("global.caName", "has identities issued by somebody else than SPIRE"),
                is_absent("global.caAddress", "has identities issued by somebody else than SPIRE"),
                is_off("global.mountMtlsCerts", "takes identities from files, which nobody renews or attests"),
                is_one_of("global.jwtPolicy", ("", "third-party-jwt"), "takes tokens that no audience binds"),
                is_on("global.configValidation", "lets the cluster take configuration unchecked", default=True),
                is_absent("pilot.extraContainerArgs", "gives istiod arguments that no rule reads"),
                is_absent("compatibilityVersion", "brings back the behaviour of an older version, checks included"),
                _trust_domain_fits,
                _profile_is_plain,
            ),
            "helm:ztunnel": (
                *(
                    is_absent(name, "has identities issued by somebody else")
                    for name in ("caAddress", "global.caAddress")
                ),
                is_absent("xdsAddress", "takes configuration from elsewhere than the mesh's own cluster"),
                _ztunnels_environment_is_harmless,
            ),
            PROXY_CONFIG: (
                _environment_is_harmless,
                *stated(
                    Statement(
                        ("spec.image",),
                        OneOf("imageType", ("debug",)),
                        "runs proxies with a shell and tools",
                        at="imageType",
                    )
                ),
            ),
        },
        controls=("NIST SP 800-53 CM-7", "NIST SP 800-53 AC-6"),
        weaker="global.trustDomain is not asked for, as MF-I23 asks for MeshConfig's; global.mtls is for MF-G1, as no"
        " chart knows it any more.",
    ),
)
