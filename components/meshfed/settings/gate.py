"""What an owner tells the policy gate: names of the mesh that rules need, waivers, and permanent exceptions."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Annotated, cast

from pydantic import BeforeValidator, ConfigDict, Field, StringConstraints, WithJsonSchema

from meshfed.settings.lifetimes import Lifetimes
from meshfed.settings.model import DnsLabel, DnsName, HttpsUrl, RegionKeyText, Settings
from meshfed.settings.patterns import (
    AWS_ACCOUNT,
    AWS_ROLE,
    CHARTS,
    COMPONENT_TYPE,
    IMAGE_PREFIX,
    LABEL_KEY,
    LABEL_VALUE,
    NAME,
    OBJECT_NAME,
    PACKAGE,
    RULE_ID,
    SHA256,
    URN_PATTERN,
)


class Level(StrEnum):
    """What a violation does."""

    MANDATORY = "mandatory"
    ADVISORY = "advisory"
    DISABLED = "disabled"


ObjectName = Annotated[str, StringConstraints(pattern=OBJECT_NAME)]
"""`namespace/name`; a name may end in `*` for any text."""

ImagePrefix = Annotated[str, StringConstraints(pattern=IMAGE_PREFIX)]
PackageName = Annotated[str, StringConstraints(pattern=PACKAGE)]
Charts = Annotated[str, StringConstraints(pattern=CHARTS)]
ComponentType = Annotated[str, StringConstraints(pattern=COMPONENT_TYPE)]
RoleArn = Annotated[str, StringConstraints(pattern=AWS_ROLE)]
LogicalName = Annotated[str, StringConstraints(pattern=NAME)]
Account = Annotated[str, StringConstraints(pattern=AWS_ACCOUNT)]
LabelKey = Annotated[str, StringConstraints(pattern=LABEL_KEY)]
LabelValue = Annotated[str, StringConstraints(pattern=LABEL_VALUE)]


class AllowedObject(Settings):
    """A permanent exception of the mesh itself: one object by name and content."""

    kind: str = Field(min_length=3)
    """Canonical kind: `networking.istio.io/EnvoyFilter`; of a script that a cloud runs and of an IAM policy, the
    resource's type."""
    namespace: str = ""
    name: str = Field(min_length=1)
    sha256: Annotated[str, StringConstraints(pattern=SHA256)]
    """Of its `spec` or of the policy as canonical JSON, or of the script; a violation says what it is."""
    reason: str = Field(min_length=15)
    owner: str = Field(min_length=3)


class GateParameters(Settings):
    """Names and numbers that rules compare with; the same in every pack, in CI and in the engine."""

    root_namespace: DnsLabel = "istio-system"
    """Istio's root namespace: mesh-wide policies stand there."""
    trust_domains: tuple[DnsName, ...] = ()
    """Trust domains of the federation; none: any well-formed one is taken for one of ours."""
    revisions: tuple[DnsLabel, ...] = ("default",)
    """Revisions and tags of istiods that another stack installs into the clusters; those of a stack's own are seen."""
    system_namespaces: tuple[DnsLabel, ...] = (
        "kube-system",
        "istio-system",
        "spire-server",
        "spire-system",
        "spire-mgmt",
        "gatekeeper-system",
    )
    """Namespaces of the platform itself: they may be outside of the mesh, without pod security and deny-all. Their pods
    and accounts get nothing by it."""
    privileged_workloads: tuple[ObjectName, ...] = (
        "istio-system/istio-cni-node",
        "istio-system/ztunnel",
        "kube-system/aws-node",
        "kube-system/calico-node",
        "kube-system/cilium",
        "kube-system/cilium-envoy",
        "kube-system/cilium-operator",
        "kube-system/ebs-csi-node",
        "kube-system/istio-cni-node",
        "kube-system/kube-proxy",
        "kube-system/ztunnel",
        "spire-server/spiffe-csi-driver",
        "spire-server/spire-agent",
        "spire-system/spiffe-csi-driver",
        "spire-system/spire-agent",
        "spire-system/spire-spiffe-csi-driver",
    )
    """Workloads that may do on their node what no application may, as `namespace/name`; they may also do what
    `controllers` may."""
    controllers: tuple[ObjectName, ...] = (
        "gatekeeper-system/gatekeeper-admin",
        "gatekeeper-system/gatekeeper-audit",
        "gatekeeper-system/gatekeeper-controller-manager",
        "istio-system/istio-cni",
        "istio-system/istio-eastwestgateway",
        "istio-system/istio-egressgateway",
        "istio-system/istio-ingressgateway",
        "istio-system/istiod",
        "istio-system/istiod-*",
        "kube-system/coredns",
        "spire-server/spire-server",
    )
    """Workloads and service accounts that may hold a token for the API server, write secrets and webhooks, and stand in
    a namespace outside of the mesh, as `namespace/name` (`cert-manager/cert-manager`); a list of your own takes the
    place of this one."""
    public_gateways: tuple[ObjectName, ...] = ()
    """Services of the mesh's public gateways, as `namespace/name`: their load balancers may be public, on ports that
    are none of the mesh's own, before pods that are gateways."""
    east_west_labels: dict[LabelKey, LabelValue] = Field(default={"istio": "eastwestgateway"}, min_length=1)
    """Labels of the east-west gateways' pods."""
    registries: tuple[ImagePrefix, ...] = ()
    """Image registries that may be used, as prefixes; none: any, as long as the digest is named."""
    packages: tuple[PackageName, ...] = ()
    """Further Pulumi packages that a program may use (`github`): ones that reach neither a cloud nor a cluster."""
    chart_repositories: tuple[Charts, ...] = ()
    """Further repositories that hold the charts of Istio and SPIRE unchanged, as prefixes (`oci://HOST/charts`)."""
    issuers: tuple[HttpsUrl, ...] = ()
    """OIDC issuers of the federation's clusters; none: issuers are judged by form alone."""
    bundle_hosts: tuple[DnsName, ...] = ()
    """Hosts, with all names below them, from which SPIRE may take bundles; none: any that answers over TLS."""
    gateway_components: tuple[ComponentType, ...] = (
        "meshfed:index:AwsGateway",
        "meshfed:index:AzureGateway",
        "meshfed:index:GcpGateway",
    )
    """Component types below which machines may forward packets: tunnel gateways."""
    accounts: tuple[Account, ...] = ()
    """AWS accounts of the owner; none: the root of any account counts as a foreign one."""
    cluster_administrators: tuple[RoleArn, ...] = ()
    """ARNs of the IAM roles that may administer a whole EKS cluster, such as the one for emergencies."""
    short_certificate_anchors: tuple[LogicalName, ...] = ()
    """Logical names of Roles Anywhere trust anchors whose CA signs certificates that expire within the declared
    lifetimes, so that they need no revocation list."""
    leaving_regions: tuple[RegionKeyText, ...] = ()
    """Keys of regions that are being taken down, whose clusters may be deleted by one call."""
    lifetimes: Lifetimes = Lifetimes()
    """Declared lifetimes and outage; what is longer or shorter than they allow is refused."""
    allowed: tuple[AllowedObject, ...] = ()
    """Permanent exceptions; those of the exceptions file are added."""

    @property
    def namespaces_outside(self) -> tuple[str, ...]:
        """Namespaces that may be outside of the mesh: the platform's, and those of named workloads."""
        named = (one.partition("/")[0] for one in (*self.privileged_workloads, *self.controllers))
        return tuple(dict.fromkeys((*self.system_namespaces, *named)))


class Waiver(Settings):
    """A violation that its owner takes on for a time."""

    ids: tuple[Annotated[str, StringConstraints(pattern=RULE_ID)], ...] = Field(min_length=1)
    """Rules: `MF-A1`."""
    urns: tuple[Annotated[str, StringConstraints(pattern=URN_PATTERN)], ...] = Field(min_length=1)
    """Resources: URNs that begin with `urn:pulumi:` and a stack, with `*` for any text."""
    reason: str = Field(min_length=15)
    """Why it must be so for now."""
    owner: str = Field(min_length=3)
    """Whom to ask: a mail address or a channel."""
    until: date
    """Last day on which it counts."""


class Exceptions(Settings):
    """The reviewed file of all exceptions."""

    waivers: tuple[Waiver, ...] = ()
    """For a time: an expired or unused one fails."""
    allowed: tuple[AllowedObject, ...] = ()
    """For good, by name and content: another content is another object."""


def _level(value: object) -> object:
    """A level stands by itself or in an object, as in the configuration of any Pulumi policy pack."""
    if not isinstance(value, Mapping):
        return value
    given = cast("Mapping[str, object]", value)
    if set(given) != {"enforcementLevel"}:
        raise ValueError("a level is wanted, or an object with enforcementLevel alone")
    return given["enforcementLevel"]


_LEVEL_NAMES = {"enum": list(Level)}
_LevelEntry = Annotated[
    Level,
    BeforeValidator(_level),
    WithJsonSchema(
        {
            "anyOf": [
                _LEVEL_NAMES,
                {
                    "type": "object",
                    "properties": {"enforcementLevel": _LEVEL_NAMES},
                    "required": ["enforcementLevel"],
                    "additionalProperties": False,
                },
            ]
        }
    ),
]


class GateOptions(GateParameters):
    """The entry `meshfed` of a configuration: parameters of the rules, and where the exceptions are."""

    exceptions: str = ""
    """File of waivers and permanent exceptions, seen from the project's folder."""


class GateConfiguration(Settings):
    """What `--policy-pack-config` and `meshfed gate --config` take: levels by rule, and the entry `meshfed`.

    Every other key is a rule's id: `"MF-A1": "advisory"`.
    """

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={"propertyNames": {"pattern": f"^(all|meshfed|{RULE_ID[1:-1]})$"}},
    )
    __pydantic_extra__: dict[Annotated[str, StringConstraints(pattern=RULE_ID)], _LevelEntry] = Field(init=False)  # pyright: ignore[reportIncompatibleVariableOverride] - how pydantic types keys that no field names

    everything: _LevelEntry | None = Field(default=None, alias="all")
    """Level of each rule that has none of its own here."""
    meshfed: GateOptions = GateOptions()

    @property
    def levels(self) -> Mapping[str, Level]:
        """The levels that stand here, by id."""
        return cast("Mapping[str, Level]", self.model_extra or {})
