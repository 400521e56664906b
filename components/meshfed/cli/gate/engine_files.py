"""What Pulumi's engine saves: previews as JSON or as a stream of events, plans, exports of stacks."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, cast

from meshfed.cli.common import counted
from meshfed.cli.gate.found import Form, Found, Reading, stack_urn, unusable
from meshfed.rules.plain import Unknown, UnreadableError
from meshfed.rules.resource import Options, resource_of

_GONE: Final = frozenset(
    {
        "delete",
        "delete-replaced",
        "discard",
        "discard-replaced",
        "read",
        "read-discard",
        "read-replacement",
        "refresh",
        "remove-pending-replace",
    }
)
"""Steps after which a resource is not the program's: gone, or only looked at."""
_BEGUN: Final = frozenset({"creating", "importing", "updating"})
"""Operations that may have made a thing which no list of resources has yet."""
_ROOT: Final = "pulumi:pulumi:Stack"
_SHOWN_SECRET: Final = "[secret]"  # noqa: S105 - what a preview shows in place of one
_HIDDEN: Final = Unknown("is a secret that a preview hides; a plan of --save-plan with --show-secrets has it")
_DEPLOYMENTS: Final = range(3, 5)
"""Versions of a deployment in an export whose resources look as they do here."""
_FAILED: Final = "is of a run that failed, so nobody knows what is missing in it."
_WHOLE_PREVIEW: Final = "Mend what failed and take it again; --partial judges what is there."

_AGAIN: Final = "Save it again with Pulumi."

State = Mapping[str, Any]


def export(file: str, content: State) -> Reading:
    """What `pulumi stack export` says."""
    version = content.get("version")
    if version not in _DEPLOYMENTS:
        hint = f"Versions {_DEPLOYMENTS.start} to {_DEPLOYMENTS.stop - 1} are known; export with a Pulumi of these."
        raise unusable(file, f"is an export of version {version}, which this gate does not know.", hint)
    deployment = content["deployment"]
    pending = _objects(file, "pending_operations", deployment.get("pending_operations") or ())
    begun = [_object(file, "pending_operations", one.get("resource")) for one in pending if one.get("type") in _BEGUN]
    kept = [one for one in _objects(file, "resources", deployment.get("resources") or ()) if not one.get("external")]
    missing, remedy = "", ""
    if pending:
        missing = f"is of a run that was cut off in {counted(len(pending), 'operation')}, so nobody knows what stands."
        remedy = "`pulumi refresh` finds out; --partial judges what is there and what was begun."
    elif leaving := sum(bool(one.get("delete")) for one in kept):
        missing = f"holds {counted(leaving, 'resource')} still to be deleted, beside what came instead."
        remedy = "`pulumi up` deletes; --partial judges all of it."
    return Reading(file, Form.EXPORT, _by_stack(file, [*kept, *begun]), missing, remedy)


def preview(file: str, content: State) -> Reading:
    """What `pulumi preview --json` says."""
    steps = _objects(file, "steps", content["steps"])
    untouched = [step for step in steps if _is_left_out(file, step.get("op"), step.get("oldState"))]
    states = _last(file, [(str(one.get("op")), one.get("newState")) for one in steps if one not in untouched])
    told = _object(file, "changeSummary", content.get("changeSummary") or {})
    seen = sum(step.get("op") == "same" for step in steps)
    missing, remedy = _aimed(len(untouched))
    if any(
        one.get("severity") in ("error", "fatal")
        for one in _objects(file, "diagnostics", content.get("diagnostics") or ())
    ):
        missing, remedy = _FAILED, _WHOLE_PREVIEW
    elif steps and not told:
        missing, remedy = "does not say how many resources the stack has.", "Take it again with a newer Pulumi."
    elif (left_out := _count(told.get("same")) - seen) > 0:
        missing = f"leaves out {left_out} of the stack's resources, which do not change."
        remedy = "Take it again with --show-sames; --partial judges what is there."
    return Reading(file, Form.PREVIEW, _by_stack(file, states), missing, remedy)


def events(file: str, lines: Sequence[State]) -> Reading:
    """What a streaming preview or an event log says."""
    made = [line["resourcePreEvent"] for line in lines if "resourcePreEvent" in line]
    steps = [_object(file, "metadata", _object(file, "resourcePreEvent", event).get("metadata")) for event in made]
    untouched = [step for step in steps if _is_left_out(file, step.get("op"), step.get("old"))]
    states = _last(file, [(str(one.get("op")), one.get("new")) for one in steps if one not in untouched])
    summary = next((line["summaryEvent"] for line in reversed(lines) if "summaryEvent" in line), None)
    missing, remedy = _aimed(len(untouched))
    if summary is None:
        missing, remedy = "ends before the run that it is of.", "Wait for its end; --partial judges what is there."
    elif _object(file, "summaryEvent", summary).get("result", "succeeded") != "succeeded":
        missing, remedy = _FAILED, _WHOLE_PREVIEW
    note = "events do not tell of ignoreChanges (MF-G7); a preview as one JSON document does"
    return Reading(file, Form.EVENTS, _by_stack(file, states), missing, remedy, (note,))


def plan(file: str, content: State) -> Reading:
    """What `pulumi preview --save-plan` says; of what stands already it holds only what changes."""
    stacks: dict[str, list[Found]] = {}
    changed = 0
    for urn, one in _object(file, "resourcePlans", content["resourcePlans"]).items():
        planned = _object(file, "resourcePlans", one)
        steps = set(_texts(file, "steps", planned.get("steps") or ()))
        if steps and steps <= _GONE:
            continue
        # Without a goal it left the program, and stays because the plan was aimed at others.
        goal = _object(file, "goal", planned.get("goal") or {"type": urn.split("::")[2].rpartition("$")[2]})
        difference = _object(file, "inputDiff", goal.get("inputDiff") or {})
        inputs = {
            **_object(file, "adds", difference.get("adds") or {}),
            **_object(file, "updates", difference.get("updates") or {}),
        }
        found = _found(file, {**goal, "urn": urn, "inputs": inputs}, is_difference="create" not in steps)
        if found is not None:
            found = replace(found, deleted=tuple(_texts(file, "deletes", difference.get("deletes") or ())))
            changed += found.is_difference
            stacks.setdefault(stack_urn(urn), []).append(found)
    missing = f"holds only what changes of {counted(changed, 'resource')} already standing." if changed else ""
    remedy = "Give `pulumi stack export` of the same stack beside it; --partial judges what is new."
    note = "a plan does not tell of retainOnDelete (MF-G7); a preview as one JSON document does"
    return Reading(file, Form.PLAN, stacks, missing, remedy if changed else "", (note,))


def _is_left_out(file: str, operation: object, before: object) -> bool:
    """Whether a resource of the program is not made in this run: it stays as it is, and never was."""
    known: State = _object(file, "steps", before) if before is not None else {}
    return operation == "same" and bool(known.get("custom")) and not known.get("id")


def _aimed(left_out: int) -> tuple[str, str]:
    if not left_out:
        return "", ""
    missing = f"leaves out {counted(left_out, 'resource')} of the program, since it was aimed at others."
    return missing, "Take it again without --target and --exclude; --partial judges what is there."


def _object(file: str, name: str, value: object) -> State:
    if isinstance(value, Mapping):
        return cast("State", value)
    raise unusable(file, f"has {name} that no Pulumi writes: an object is wanted.", _AGAIN)


def _objects(file: str, name: str, value: object) -> list[State]:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_object(file, name, item) for item in cast("Sequence[object]", value)]
    raise unusable(file, f"has {name} that no Pulumi writes: a list is wanted.", _AGAIN)


def _texts(file: str, name: str, value: object) -> list[str]:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [str(item) for item in cast("Sequence[object]", value)]
    raise unusable(file, f"has {name} that no Pulumi writes: a list is wanted.", _AGAIN)


def _count(value: object) -> int:
    return value if isinstance(value, int) else 0


def _last(file: str, steps: Sequence[tuple[str, object]]) -> Iterator[State]:
    """The state that each resource ends with."""
    found: dict[str, State] = {}
    for operation, state in steps:
        if operation not in _GONE and state is not None:
            known = _object(file, "steps", state)
            found[str(known.get("urn"))] = known
    yield from found.values()


def _by_stack(file: str, states: Sequence[State] | Iterator[State]) -> Mapping[str, Sequence[Found]]:
    stacks: dict[str, list[Found]] = {}
    for state in states:
        if (found := _found(file, state)) is not None:
            stacks.setdefault(stack_urn(found.resource.urn), []).append(found)
    return stacks


def _found(file: str, state: State, *, is_difference: bool = False) -> Found | None:
    urn, token = str(state.get("urn", "")), str(state.get("type", ""))
    if urn.count("::") < 3 or not token:
        raise unusable(file, "has a resource without a URN or a type.", _AGAIN)
    if token == _ROOT:
        return None
    options = Options(
        ignore_changes=tuple(_texts(file, "ignoreChanges", state.get("ignoreChanges") or ())),
        protect=bool(state.get("protect")),
        retain_on_delete=bool(state.get("retainOnDelete")),
        aliases=tuple(_texts(file, "aliases", state.get("aliases") or ())),
        hidden_diffs=tuple(_texts(file, "hideDiff", state.get("hideDiff") or ())),
        deleted_with=str(state.get("deletedWith") or ""),
    )
    provider = str(state.get("provider") or "").rpartition("::")[0]
    try:
        resource = resource_of(token, urn, _shown(state.get("inputs") or {}, 0), options=options, provider=provider)
    except UnreadableError as error:
        raise unusable(file, f"{error}", "Take the resource out.", urn) from error
    return Found(resource, _position(state), is_difference=is_difference)


def _shown(value: object, depth: int) -> object:
    """Inputs with every secret that a preview hides marked as not known."""
    if value == _SHOWN_SECRET:
        return _HIDDEN
    if depth > 200:  # deeper than what can be read: `plain` says so
        return value
    if isinstance(value, dict):
        members = cast("dict[str, object]", value)
        return {key: _shown(item, depth + 1) for key, item in members.items() if key != "__defaults"}
    if isinstance(value, list):
        return [_shown(item, depth + 1) for item in cast("list[object]", value)]
    return value


def _position(state: State) -> str:
    """The first place in the project's own files that made a resource."""
    trace = state.get("stackTrace")
    known = cast("list[object]", trace) if isinstance(trace, list) else []
    frames = [cast("State", frame).get("sourcePosition") for frame in known if isinstance(frame, Mapping)]
    for frame in (state.get("sourcePosition"), *frames):
        place = str(frame or "").removeprefix("project:///")
        if place and not place.startswith(("..", "/", ".venv")) and "site-packages" not in place:
            return place
    return ""
