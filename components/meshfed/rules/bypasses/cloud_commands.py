"""Commands, calls and templates that a cloud runs by itself, at a time or where a policy finds something."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Final

from meshfed.rules.allowed import unless_allowed
from meshfed.rules.expect import word
from meshfed.rules.node import Finding, Node
from meshfed.rules.resource import Resource
from meshfed.rules.rule import Check
from meshfed.settings.gate import GateParameters

NODE_CLASS: Final = "karpenter.k8s.aws/EC2NodeClass"
_NOT_OWN: Final = re.compile(r"^(?:AWS[A-Za-z]*-|arn:)|:(?:document|automation-definition)/AWS", re.IGNORECASE)
_DOCUMENT: Final = re.compile(r":(?:document|automation-definition)/", re.IGNORECASE)
_DOCUMENTS: Final = frozenset({"run_command", "automation"})
_ANY_CALL: Final = re.compile(r"^arn:aws[a-z-]*:scheduler:+aws-sdk:", re.IGNORECASE)
_POLICY: Final = "azure-native:authorization:"


def _task_runs_own_documents(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
    name = resource.props["taskArn"]
    if word(resource.props["taskType"].text()) not in _DOCUMENTS:
        return
    given = resource.props["taskInvocationParameters"]
    texts = [given["runCommandParameters"]["parameters"], given["automationParameters"]["parameters"]]
    if _NOT_OWN.search(name.text()) or any(_is_given(one) for one in texts):
        names = ("taskArn", "taskInvocationParameters")
        yield from unless_allowed(
            resource, name, "runs a document whose commands are not in the program", names, parameters
        )


def _is_given(node: Node) -> bool:
    return node.is_unknown or not node.is_absent


def _event_runs_no_document(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
    target = resource.props["arn"]
    if _DOCUMENT.search(target.text()):
        names = ("arn", "input", "inputTransformer")
        yield from unless_allowed(resource, target, "runs a document with texts of its own", names, parameters)


def _schedule_calls_no_cloud(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
    target = resource.props["target"]
    if _ANY_CALL.match(target["arn"].text().strip()):
        message = "calls an API of AWS, past every rule about what the call makes"
        yield from unless_allowed(resource, target["arn"], message, ("target",), parameters)


def _policy_deploys_nothing(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
    rule = resource.props["policyRule"].document()
    deployment = _member(_member(_member(rule, "then"), "details"), "deployment")
    if not deployment.is_absent:
        message = "makes whatever its template says, wherever the policy finds something"
        yield from unless_allowed(resource, deployment, message, ("policyRule",), parameters)


def _member(node: Node, name: str) -> Node:
    """A member by its name in any case of letters, as Azure reads it."""
    return next((member for key, member in node.entries() if word(key) == name), Node(None, node.path, urn=node.urn))


def _nodes_run_known_scripts(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
    data = resource.props["spec"]["userData"]
    if data.is_absent:
        return
    digest = hashlib.sha256(data.text().encode()).hexdigest()
    if digest not in {one.sha256 for one in parameters.allowed if one.kind == resource.kind}:
        yield data.wrong(f"runs a script on every node that nobody has reviewed; its sha256 is {digest}")


COMMANDS: Final[Mapping[str, tuple[Check, ...]]] = {
    "aws:ssm/maintenanceWindowTask:MaintenanceWindowTask": (_task_runs_own_documents,),
    "aws:cloudwatch/eventTarget:EventTarget": (_event_runs_no_document,),
    "aws:scheduler/schedule:Schedule": (_schedule_calls_no_cloud,),
    NODE_CLASS: (_nodes_run_known_scripts,),
}
"""Checks of MF-G3, by kind."""
POLICIES: Final[Mapping[str, tuple[Check, ...]]] = dict.fromkeys(
    (
        f"{_POLICY}PolicyDefinition",
        f"{_POLICY}PolicyDefinitionAtManagementGroup",
        f"{_POLICY}PolicyDefinitionVersion",
        f"{_POLICY}PolicyDefinitionVersionAtManagementGroup",
    ),
    (_policy_deploys_nothing,),
)
"""Checks of MF-G4, by kind."""
