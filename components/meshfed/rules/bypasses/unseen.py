"""What the gate cannot see: parts that cannot be taken apart, values not known yet, options that hide changes."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from meshfed.rules.bypasses.stateful import STATEFUL
from meshfed.rules.forms.opaque import OPAQUE
from meshfed.rules.forms.texts import is_an_object
from meshfed.rules.kinds import kind_of, object_kind
from meshfed.rules.node import Finding, UndecidedError
from meshfed.rules.plain import Unknown
from meshfed.rules.resource import Resource
from meshfed.rules.rule import ANY, Level, Pack, Rule
from meshfed.settings.gate import GateParameters

_HARMLESS: Final = frozenset(
    {"ami", "count", "currentNodeCount", "desiredCapacity", "desiredSize", "nodeCount", "replicas", "tags", "tagsAll"}
)
"""Last names of properties that a cloud's own scaling, image or cost tools change; none decides who reaches what."""
_SERVICE: Final = re.compile(r"^([a-z-]+):[^:/]+[:/]")
_RIGHTS: Final = ("aws:iam/", "azure-native:authorization:", "gcp:projects/")
_HOLDERS: Final = {"azure-native": "azure-native:resources:ResourceGroup", "gcp": "gcp:organizations/project:Project"}
_NAMESPACE: Final = "core/Namespace"
_CLUSTERS: Final = (
    "aws:eks/cluster:Cluster",
    "azure-native:containerservice:ManagedCluster",
    "gcp:container/cluster:Cluster",
)
_PROPAGATION: Final = "pulumi.com/deletionPropagationPolicy"


def _can_be_seen(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    why = resource.props.value
    if isinstance(why, Unknown):
        raise UndecidedError(resource.props.path, why.reason)
    yield resource.props.wrong(str(why))


def _hides_no_change(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    for path in filter(_matters, resource.options.ignore_changes):
        yield Finding(path, "is ignored when it changes, so that what the rules read is not what stands")


def _shows_each_change(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    for path in filter(_matters, resource.options.hidden_diffs):
        yield Finding(path, "changes without a word in the preview, which is what reviewers read")


def _matters(path: str) -> bool:
    return path.rpartition(".")[2].rpartition("]")[2] not in _HARMLESS


def _is_not_left_behind(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    # Of a List or a text each object is judged by itself.
    if resource.options.retain_on_delete and is_an_object(resource) and _written(resource) not in STATEFUL:
        yield Finding("", "stays in the cloud after it left the program, where no rule looks at it any more")


def _written(resource: Resource) -> str:
    """The kind by which a cloud or a cluster takes it: an object goes by what it says itself."""
    if not resource.is_kubernetes or not isinstance(resource.props.value, Mapping):
        return resource.kind
    version, kind = resource.props["apiVersion"], resource.props["kind"]
    said = resource.kind if kind.is_absent else object_kind(version.text(), kind.text()).name
    return said.removesuffix("Patch")


def _leaves_with_what_holds_it(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    owner = resource.options.deleted_with
    if (
        owner
        and is_an_object(resource)
        and not _is_held_by(resource, kind_of(owner.split("::")[2].rpartition("$")[2]).name)
    ):
        yield Finding("", "is never deleted: what it is said to be deleted with does not hold it, so it stays behind")


def _is_held_by(resource: Resource, owner: str) -> bool:
    """Whether a cloud deletes a resource with another one: what stands in it, or belongs to the same service."""
    if resource.token.startswith("kubernetes:"):
        is_inside = owner == _NAMESPACE and not resource.props["metadata"]["namespace"].is_absent
        return is_inside or owner in _CLUSTERS
    service = _SERVICE.match(resource.kind)
    if service is None or service[0] in _RIGHTS:
        return False
    return owner == _HOLDERS.get(service[1]) or owner.startswith(service[0])


def _leaves_with_what_it_made(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    if not resource.is_kubernetes or resource.outer is not None or not isinstance(resource.props.value, Mapping):
        return
    policy = resource.annotations[_PROPAGATION]
    if policy.text().strip().lower() == "orphan":
        yield policy.wrong("what it made stays in the cluster after it left the program")


def _reaches_its_cluster(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    for name in ("skipUpdateUnreachable", "deleteUnreachable"):
        option = resource.props[name]
        if option.flag():
            yield option.wrong("what could not be changed or deleted in a cluster is taken for done")


RULES: Final = (
    Rule(
        id="MF-G2",
        title="Every object can be taken apart",
        why="A cluster takes an object from a List or a text as from anywhere else; an unread one is not judged.",
        mend="Give it as an object, or as a text that is whole and valid.",
        packs=(Pack.ZERO_TRUST,),
        checks={OPAQUE: (_can_be_seen,)},
        weaker="Objects in Lists, Patches, texts and under foreign tokens have no finding of this id: they are judged.",
    ),
    Rule(
        id="MF-G6",
        title="Everything that a rule must see is known",
        why="A value that is not known yet can still turn out to be what a rule forbids.",
        mend="Nothing, in the preview of a first deployment: `up` decides before each resource is made. Set this id to"
        " mandatory for previews of what stands already.",
        packs=tuple(Pack),
        level=Level.ADVISORY,
        weaker="Has no checks: it is what every other rule says where it needs an unknown value.",
    ),
    Rule(
        id="MF-G7",
        title="No option hides what a resource becomes",
        why="With ignoreChanges the program stays right while the cloud drifts; what is retained is watched by nobody.",
        mend="Take the option out, or name only what a scaler or an image update changes. Buckets, keys, databases,"
        " volumes, log groups and their like may be retained.",
        packs=(Pack.ZERO_TRUST, Pack.CLOUD_BASELINE),
        checks={
            ANY: (
                _hides_no_change,
                _shows_each_change,
                _is_not_left_behind,
                _leaves_with_what_holds_it,
                _leaves_with_what_it_made,
            ),
            "pulumi:providers:kubernetes": (_reaches_its_cluster,),
        },
        controls=("NIST SP 800-53 CM-6", "NIST SP 800-53 SI-7"),
        weaker="The engine does not tell a policy of retainOnDelete, deletedWith and hideDiffs; `meshfed gate` reads"
        " them in a stack's export. What holds data and is retained is watched by nobody once it left. protect: false"
        " looks like no word at all, so what one call deletes is judged by what each cloud protects itself (MF-A3)."
        " aliases, import, replaceOnChanges, deleteBeforeReplace and customTimeouts say how and when a thing is made:"
        " what is made is judged all the same, and between the two halves of a replacement it is missing.",
    ),
)
