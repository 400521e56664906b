"""Properties whose change makes a new resource; `*` holds for every type.

Source: the API server's immutable fields, and the table of Pulumi's own plugin (provider/pkg/provider/diff.go).
"""

from collections.abc import Mapping
from typing import Final

_CLAIMS: Final = ("podManagementPolicy", "revisionHistoryLimit", "selector", "serviceName", "volumeClaimTemplates")
_JOB: Final = ("completions", "parallelism", "selector", "template")


def _below_spec(names: tuple[str, ...]) -> frozenset[str]:
    return frozenset(f"spec.{name}" for name in names)


REPLACES: Final[Mapping[str, frozenset[str]]] = {
    "*": frozenset({"metadata.name", "metadata.namespace"}),
    "kubernetes:apps/v1:DaemonSet": _below_spec(("selector",)),
    "kubernetes:apps/v1:Deployment": _below_spec(("selector",)),
    "kubernetes:apps/v1:StatefulSet": _below_spec(_CLAIMS),
    "kubernetes:batch/v1:Job": _below_spec(_JOB),
    "kubernetes:core/v1:ConfigMap": frozenset({"data", "binaryData"}),
    "kubernetes:core/v1:Secret": frozenset({"type", "data", "stringData"}),
    "kubernetes:core/v1:Service": _below_spec(("clusterIP",)),
    "kubernetes:helm.sh/v3:Release": frozenset({"name", "namespace"}),
    "kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding": frozenset({"roleRef"}),
    "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding": frozenset({"roleRef"}),
    "kubernetes:storage.k8s.io/v1:StorageClass": frozenset({"parameters", "provisioner"}),
}
