"""API groups, versions and kinds: which are built in, which live in a namespace, and the type of a custom one."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, cast

from meshfed_local.standins.faults import UNKNOWN
from meshfed_local.standins.spec import Property, Spec, Specs, sdk_folder

RELEASE: Final = "kubernetes:helm.sh/v3:Release"
CHART: Final = "kubernetes:helm.sh/v4:Chart"
NAMESPACE: Final = "kubernetes:core/v1:Namespace"
DEFINITION: Final = "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition"

_CONFIG_MAP: Final = "kubernetes:core/v1:ConfigMap"
_CLUSTER_KINDS: Final = frozenset(
    {
        "APIService",
        "CSIDriver",
        "CSINode",
        "CertificateSigningRequest",
        "ClusterRole",
        "ClusterRoleBinding",
        "ClusterTrustBundle",
        "ComponentStatus",
        "CustomResourceDefinition",
        "DeviceClass",
        "FlowSchema",
        "IPAddress",
        "IngressClass",
        "MutatingAdmissionPolicy",
        "MutatingAdmissionPolicyBinding",
        "MutatingWebhookConfiguration",
        "Namespace",
        "Node",
        "PersistentVolume",
        "PriorityClass",
        "PriorityLevelConfiguration",
        "ResourceSlice",
        "RuntimeClass",
        "SelfSubjectAccessReview",
        "SelfSubjectReview",
        "SelfSubjectRulesReview",
        "ServiceCIDR",
        "StorageClass",
        "StorageVersionMigration",
        "SubjectAccessReview",
        "TokenReview",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
        "ValidatingWebhookConfiguration",
        "VolumeAttachment",
        "VolumeAttributesClass",
    }
)
"""Built-in kinds that are in no namespace (`kubectl api-resources --namespaced=false`, 1.36)."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of object, as an API server serves it."""

    group: str
    """Empty for the core group."""
    version: str
    name: str

    @property
    def api_version(self) -> str:
        """What an object of this kind says in `apiVersion`."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def token(self) -> str:
        """The engine's type token."""
        return f"kubernetes:{self.group or 'core'}/{self.version}:{self.name}"

    @property
    def is_built_in(self) -> bool:
        """Whether every API server has it; all others come with a CustomResourceDefinition."""
        first, _, rest = self.group.partition(".")
        if not rest:
            return True
        # `gateway.networking.k8s.io` ends like a built-in group, yet the SDK has no folder for it.
        return self.group.endswith(".k8s.io") and (sdk_folder("kubernetes") / first).is_dir()

    @property
    def is_in_cluster(self) -> bool:
        """Whether its objects are the cluster's own, in no namespace."""
        return self.is_built_in and self.name.removesuffix("Patch") in _CLUSTER_KINDS


def of(api_version: str, name: str) -> Kind:
    """The kind that an object names with `apiVersion` and `kind`."""
    group, _, version = api_version.rpartition("/")
    return Kind(group, version, name)


def of_token(token: str) -> Kind | None:
    """The kind that a type token stands for; None for charts, releases and other helpers of the plugin."""
    middle, _, name = token.removeprefix("kubernetes:").rpartition(":")
    group, _, version = middle.rpartition("/")
    if group in {"helm.sh", "yaml", "kustomize", ""}:
        return None
    return Kind("" if group == "core" else group, version, name)


def spec(specs: Specs, token: str, inputs: Mapping[str, Any]) -> Spec:
    """The type of a token; for a custom kind that of its frame: apiVersion, kind and metadata, with anything else.

    Raises SdkError for a built-in group's kind that the SDK does not have.
    """
    kind = of_token(token)
    if kind is None or kind.is_built_in:
        found = specs.of(token)
        return _with_free_schemas(found) if token == DEFINITION else found
    frame = specs.of(_CONFIG_MAP)
    fields = {name: Property("any", required=False) for name in inputs}
    for name in ("apiVersion", "kind"):
        fields[name] = Property("str", required=True)
    fields["metadata"] = Property(frame.inputs["metadata"].type, required=True)
    outputs = {name: field.type for name, field in fields.items()}
    return Spec(token, fields, {**outputs, "metadata": frame.outputs["metadata"]}, frame.types)


def _with_free_schemas(definition: Spec) -> Spec:
    """The definition's type without that of the schemas in it: the SDK spells `x-kubernetes-…` in its own way."""
    types = {
        name: {key: replace(field, type="any") if key == "openAPIV3Schema" else field for key, field in fields.items()}
        for name, fields in definition.types.items()
    }
    return replace(definition, types=types)


def mapping(value: Any) -> Mapping[str, Any]:
    """A value as an object; an empty one when it is none, or not known yet."""
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}


def listed(value: Any) -> list[Any]:
    """A value as a list; an empty one when it is none, or not known yet."""
    return cast("list[Any]", value) if isinstance(value, list) else []


def known_text(value: Any) -> str:
    """A value that is a string; an empty one when it is none, or not known yet."""
    return value if isinstance(value, str) else ""


def namespace_of(token: str, inputs: Mapping[str, Any], default: str) -> str:
    """The namespace that an object or release goes to; empty for the cluster's own and for what is not known yet."""
    if token == RELEASE:
        return default if inputs.get("namespace") is None else known_text(inputs["namespace"])
    kind = of_token(token)
    if kind is None or kind.is_in_cluster:
        return ""
    given = mapping(inputs.get("metadata")).get("namespace")
    if given is UNKNOWN:
        return ""
    # Of a custom kind only its definition tells; one without a namespace is taken for the cluster's own.
    return known_text(given) or (default if kind.is_built_in else "")
