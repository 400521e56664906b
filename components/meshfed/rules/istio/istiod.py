"""Istiod itself: its environment, the values of its chart, and whose clusters it reads."""

from collections.abc import Iterator
from typing import Final

from meshfed.rules.fields import is_absent, is_off, is_on, is_one_of
from meshfed.rules.forms.helm import ISTIOD
from meshfed.rules.istio.istiod_containers import (
    arguments_are_harmless,
    files_are_istiods,
    mounts_of_values_are_harmless,
    program_is_istiods,
    variables_are_written,
)
from meshfed.rules.istio.istiod_variables import (
    DEBUG,
    MUST_BE_AWAY,
    MUST_BE_OFF,
    MUST_BE_ON,
    NODE_ACCOUNTS,
    REMOTE_CONFIGS,
)
from meshfed.rules.istio.mesh_config import proxy_metadata
from meshfed.rules.istio.objects import INJECTOR_VALUES, ISTIOD_CONTAINER, ISTIOD_ENVIRONMENT, PROXY_CONFIG
from meshfed.rules.node import Finding, Node, each
from meshfed.rules.resource import Resource
from meshfed.rules.rule import Pack, Rule
from meshfed.rules.statement import All, Named, Not, OneOf, Statement, stated
from meshfed.settings.gate import GateParameters

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


def _debug_is_off(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    node = resource.props[DEBUG]
    if node.flag(default=True):
        yield node.wrong("offers debug pages without TLS; where nothing is written it does")


def _only_ztunnel_speaks_for_others(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    node = resource.props[NODE_ACCOUNTS]
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


def _trust_domain_is_ours(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
    node = resource.props["global"]["trustDomain"]
    if parameters.trust_domains and not node.is_absent and node.text() not in parameters.trust_domains:
        yield node.wrong("is no trust domain of the federation")


def _registry_is_known(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
    values = resource.props["global"]
    prefixes = tuple(f"{prefix.rstrip('/')}/" for prefix in parameters.registries)

    def is_known(node: Node) -> Iterator[Finding]:
        # Without a slash it is the image's name alone, which the hub stands before.
        is_whole = node.path.endswith("hub") or "/" in node.text()
        if prefixes and not node.is_absent and is_whole and not f"{node.text()}/".startswith(prefixes):
            yield node.wrong("takes the proxies of all pods from none of the registries of the federation")

    yield from each((values["hub"], values["proxy"]["image"], values["proxy_init"]["image"]), is_known)


_VALUES_OF_PODS: Final = (
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
    _registry_is_known,
)
"""Values that templates of injection put into pods."""

RULES: Final = (
    Rule(
        id="MF-I24",
        title="Istiod checks who asks it",
        why="Its environment, its arguments and files laid over its own can switch off the checks by which a proxy gets"
        " its own configuration and identity only, or bring in a MeshConfig that nobody judged.",
        mend='Take the variable, argument or mount out, write variables in env, and ENABLE_DEBUG_ON_HTTP: "false".',
        packs=(Pack.ZERO_TRUST,),
        checks={
            ISTIOD_ENVIRONMENT: (
                *(is_off(name, message) for name, message in MUST_BE_OFF.items()),
                *(is_on(name, message) for name, message in MUST_BE_ON.items()),
                *(is_absent(name, message) for name, message in MUST_BE_AWAY.items()),
                _debug_is_off,
                _only_ztunnel_speaks_for_others,
            ),
            ISTIOD_CONTAINER: (
                arguments_are_harmless,
                program_is_istiods,
                variables_are_written,
                files_are_istiods,
            ),
            ISTIOD: (mounts_of_values_are_harmless,),
        },
        controls=("NIST SP 800-53 IA-9", "NIST SP 800-53 AC-3"),
        weaker="Istiod is known by its container's name, image, program, arguments or variables, or by the name, labels"
        " or account of its pod; a program built anew from it, under other names, is for the registries of MF-K12.",
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
            ISTIOD_ENVIRONMENT: (is_absent(REMOTE_CONFIGS, "gives istiod the access to other clusters as a file"),),
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
                *_VALUES_OF_PODS,
                is_on("global.configValidation", "lets the cluster take configuration unchecked", default=True),
                is_absent("pilot.extraContainerArgs", "gives istiod arguments that no rule reads"),
                is_absent("compatibilityVersion", "brings back the behaviour of an older version, checks included"),
                is_absent(
                    "istiodRemote.injectionURL", "has pods injected by a server that the cluster does not verify"
                ),
                _trust_domain_fits,
                _profile_is_plain,
            ),
            INJECTOR_VALUES: (*_VALUES_OF_PODS, _trust_domain_is_ours),
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
