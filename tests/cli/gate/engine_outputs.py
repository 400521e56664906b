"""What Pulumi's engine writes, as it writes it: the shapes of version 3.259, with the parts that matter."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
CIPHER = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1:AAAA:BBBB"}
PROJECT = "urn:pulumi:one::shop::"
ROOT = f"{PROJECT}pulumi:pulumi:Stack::shop-one"
PROVIDER = f"{PROJECT}pulumi:providers:aws::default::04da6b54-80e4-46f7-96ec-b56ff0331ba9"
CLUSTER = "aws:eks/cluster:Cluster"
PUBLIC = {"vpcConfig": {"endpointPublicAccess": True}}
PRIVATE: Mapping[str, Any] = {
    "vpcConfig": {"endpointPublicAccess": False, "endpointPrivateAccess": True},
    "accessConfig": {"authenticationMode": "API", "bootstrapClusterCreatorAdminPermissions": False},
    "enabledClusterLogTypes": ["api", "audit", "authenticator", "controllerManager", "scheduler"],
    "encryptionConfig": {"provider": {"keyArn": "arn:aws:kms:us-east-1:1:key/1"}, "resources": ["secrets"]},
    "deletionProtection": True,
}
"""A cluster that no rule minds."""


def state(name: str, inputs: Mapping[str, Any], token: str = CLUSTER, **more: Any) -> dict[str, Any]:
    """A resource as exports and previews show it."""
    return {
        "urn": f"{PROJECT}{token}::{name}",
        "custom": True,
        "type": token,
        "inputs": {"__defaults": ["name"], **inputs},
        "parent": ROOT,
        "provider": PROVIDER,
        "sourcePosition": "project:///../site-packages/pulumi/runtime/stack.py#235",
        "stackTrace": [{"sourcePosition": "project:///program/__main__.py#12"}, {}],
        **more,
    }


def export(*resources: Mapping[str, Any]) -> dict[str, Any]:
    """`pulumi stack export`."""
    root = {"urn": ROOT, "custom": False, "type": "pulumi:pulumi:Stack"}
    return {"version": 3, "deployment": {"manifest": {}, "resources": [root, *resources]}}


def cut_off(whole: dict[str, Any], inputs: Mapping[str, Any]) -> dict[str, Any]:
    """An export of a run that was killed while it made a resource."""
    pending = [{"resource": state("begun", inputs), "type": "creating"}]
    return {**whole, "deployment": {**whole["deployment"], "pending_operations": pending}}


def aimed(whole: dict[str, Any]) -> dict[str, Any]:
    """A preview that was given --target or --exclude: what it does not make has neither an id nor inputs."""
    new = {key: value for key, value in state("new", {}).items() if key != "inputs"}
    step = {"op": "same", "urn": new["urn"], "oldState": new, "newState": new}
    return {**whole, "steps": [*whole["steps"], step], "changeSummary": {**whole["changeSummary"], "same": 1}}


def aimed_events(*resources: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The same as a stream."""
    new: dict[str, Any] = {"type": CLUSTER, "urn": f"{PROJECT}{CLUSTER}::new", "custom": True, "id": "", "inputs": {}}
    step: dict[str, Any] = {"op": "same", "urn": new["urn"], "old": new, "new": new}
    return [{"resourcePreEvent": {"metadata": step}}, *events(*resources)]


def preview(*resources: Mapping[str, Any], op: str = "create", **more: Any) -> dict[str, Any]:
    """`pulumi preview --json`."""
    steps = [{"op": op, "urn": one["urn"], "newState": one, "detailedDiff": None} for one in resources]
    return {"steps": steps, "diagnostics": [], "duration": 1, "changeSummary": {op: len(steps)}, **more}


def events(*resources: Mapping[str, Any], result: str = "succeeded") -> Sequence[Mapping[str, Any]]:
    """A streaming preview: one event a line."""
    new = [{key: one[key] for key in ("type", "urn", "custom", "inputs", "provider")} for one in resources]
    made = [{"resourcePreEvent": {"metadata": {"op": "create", "urn": one["urn"], "new": one}}} for one in new]
    gone = {"resourcePreEvent": {"metadata": {"op": "delete", "urn": "x", "new": None}}}
    return [{"preludeEvent": {"config": {}}}, *made, gone, {"summaryEvent": {"result": result}}]


def plan(
    *resources: Mapping[str, Any], steps: Sequence[str] = ("create",), deletes: Sequence[str] = ()
) -> dict[str, Any]:
    """`pulumi preview --save-plan`."""
    planned = {
        one["urn"]: {
            "goal": {
                "type": one["type"],
                "inputDiff": {"adds": one["inputs"], "deletes": list(deletes)},
                "provider": PROVIDER,
            },
            "steps": list(steps),
        }
        for one in resources
    }
    return {"manifest": {}, "resourcePlans": planned}


def written(path: Path, content: object) -> Path:
    """A file with something as JSON; a list as a line each."""
    lines = cast("list[object]", content) if isinstance(content, list) else [content]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path
