"""What the gate cannot see: parts that cannot be taken apart, values not known yet, options that hide changes."""

from collections.abc import Iterator
from typing import Final

from meshfed.rules.forms.opaque import OPAQUE
from meshfed.rules.node import Finding, UndecidedError
from meshfed.rules.plain import Unknown
from meshfed.rules.resource import Resource
from meshfed.rules.rule import ANY, Level, Pack, Rule
from meshfed.settings.gate import GateParameters

_HARMLESS: Final = frozenset(
    {"ami", "count", "currentNodeCount", "desiredCapacity", "desiredSize", "nodeCount", "replicas", "tags", "tagsAll"}
)
"""Last names of properties that a cloud's own scaling, image or cost tools change; none decides who reaches what."""


def _can_be_seen(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    why = resource.props.value
    if isinstance(why, Unknown):
        raise UndecidedError(resource.props.path, why.reason)
    yield resource.props.wrong(str(why))


def _hides_no_change(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    for path in resource.options.ignore_changes:
        last = path.rpartition(".")[2].rpartition("]")[2]
        if last not in _HARMLESS:
            yield Finding(path, "is ignored when it changes, so that what the rules read is not what stands")


def _is_not_left_behind(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    if resource.options.retain_on_delete:
        yield Finding("", "stays in the cloud after it left the program, where no rule looks at it any more")


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
        mend="Take the option out, or name only what a scaler or an image update changes.",
        packs=(Pack.ZERO_TRUST, Pack.CLOUD_BASELINE),
        checks={ANY: (_hides_no_change, _is_not_left_behind)},
        controls=("NIST SP 800-53 CM-6", "NIST SP 800-53 SI-7"),
        weaker="The engine does not tell a policy of retainOnDelete; `meshfed gate` reads it in a stack's export.",
    ),
)
