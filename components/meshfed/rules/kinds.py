"""Canonical kinds: one name for a thing, whatever version, alias or patch token a program reaches it by."""

import re
from dataclasses import dataclass
from typing import Final

_VERSION: Final = re.compile(r"^v\d+((alpha|beta)\d+)?$")
_MOVED: Final = {
    ("extensions", "Ingress"): "networking.k8s.io",
    ("extensions", "NetworkPolicy"): "networking.k8s.io",
    ("extensions", "Deployment"): "apps",
    ("extensions", "DaemonSet"): "apps",
    ("extensions", "ReplicaSet"): "apps",
    ("gateway.networking.x-k8s.io", "Gateway"): "gateway.networking.k8s.io",
}
"""Kinds that had another group before (Kubernetes' deprecated API guide)."""
_AWS_ALIASES: Final = {
    "alb": "lb",
    "albtargetgroup": "lb",
    "applicationloadbalancing": "lb",
    "elasticloadbalancingv2": "lb",
}
"""Modules of pulumi-aws that make the same resources as another one."""
_AZURE: Final = "azure-native"
_AZURE_PACKAGES: Final = re.compile(r"^azure-native(-v2|_[a-z0-9]+_v\d{8}[a-z]*)?$")
"""Also what `pulumi package add azure-native MODULE VERSION` makes: a package of its own for one API version."""
_COMPOSED: Final = ("helm.sh", "yaml", "kustomize", "apiextensions.k8s.io")
"""Groups of pulumi-kubernetes that are no API groups of a cluster, but for definitions of kinds."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What a type token means."""

    name: str
    """`core/Service`, `security.istio.io/PeerAuthentication`, `aws:lb/listener:Listener`."""
    is_patch: bool = False
    is_list: bool = False

    @property
    def judged(self) -> str:
        """The kind by which rules find it: a List is not one of its items."""
        return f"{self.name}List" if self.is_list else self.name


def kind_of(token: str) -> Kind:
    """The canonical kind of a Pulumi type token.

    >>> kind_of("kubernetes:security.istio.io/v1beta1:PeerAuthenticationPatch")
    Kind(name='security.istio.io/PeerAuthentication', is_patch=True, is_list=False)
    >>> kind_of("azure-native:network/v20230901:SecurityRule").name, kind_of("aws:alb/listener:Listener").name
    ('azure-native:network:SecurityRule', 'aws:lb/listener:Listener')
    """
    package, _, rest = token.partition(":")
    module, _, name = rest.rpartition(":")
    if package == "kubernetes":
        return _kubernetes(module, name)
    if package_of(token) == _AZURE:
        return Kind(f"azure-native:{module.partition('/')[0]}:{name}")
    if package == "aws":
        return Kind(_aws(module, name))
    return Kind(token)


def package_of(token: str) -> str:
    """The package that a type token's resources are of, whichever way a program got hold of them.

    >>> package_of("azure-native_network_v20240501:network:SecurityRule"), package_of("gcp:compute/router:Router")
    ('azure-native', 'gcp')
    """
    package = token.partition(":")[0]
    return _AZURE if _AZURE_PACKAGES.match(package) else package


def object_kind(api_version: str, kind: str) -> Kind:
    """The canonical kind of a Kubernetes object.

    >>> object_kind("v1", "ServiceList")
    Kind(name='core/Service', is_patch=False, is_list=True)
    """
    return _kubernetes(api_version, kind)


def _kubernetes(module: str, name: str) -> Kind:
    group, slash, _ = module.partition("/")
    if not group or (not slash and _VERSION.match(group)):
        group = "core"
    if group in _COMPOSED and not name.startswith("CustomResourceDefinition"):
        return Kind(f"{group}/{name}")
    is_patch = name.endswith("Patch") and name != "Patch"
    plain_name = name.removesuffix("Patch") if is_patch else name
    is_list = plain_name.endswith("List")
    plain_name = plain_name.removesuffix("List") if is_list else plain_name
    group = _MOVED.get((group, plain_name), group)
    return Kind(f"{group}/{plain_name}", is_patch, is_list)


def _aws(module: str, name: str) -> str:
    service, slash, part = module.partition("/")
    service = _AWS_ALIASES.get(service, service)
    part = part if slash else name[:1].lower() + name[1:]
    if service == "s3":
        # BucketV2 and its satellites were folded back into the names without a number.
        name, part = name.removesuffix("V2"), part.removesuffix("V2")
    return f"aws:{service}/{part}:{name}"
