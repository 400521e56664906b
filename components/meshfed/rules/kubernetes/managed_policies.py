"""What a cloud's own addons and namespaces say of network policies."""

from collections.abc import Iterator
from typing import Final

from meshfed.rules.expect import word
from meshfed.rules.forms.clouds import MANAGED_NAMESPACES, managed_properties
from meshfed.rules.forms.yaml_text import documents
from meshfed.rules.node import Finding, Node, WrongTypeError
from meshfed.rules.plain import UnreadableError
from meshfed.rules.resource import Resource
from meshfed.rules.rule import Check
from meshfed.settings.gate import GateParameters


def _plugin_keeps_policies(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    if word(resource.props["addonName"].text()) != "vpc-cni":
        return
    values = _values(resource.props["configurationValues"])
    for node in (values["enableNetworkPolicy"], values["nodeAgent"]["enabled"]):
        if not node.flag(default=True):
            yield node.wrong("no network policy of the cluster is enforced")


def _values(text: Node) -> Node:
    try:
        found = documents(text.text())
    except UnreadableError as error:
        raise WrongTypeError(text.path, "values in JSON or YAML", text.urn) from error
    return Node(found[0] if found else None, text.path, urn=text.urn)


def _namespace_is_not_open(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    node = managed_properties(resource)["defaultNetworkPolicy"]["ingress"]
    if word(node.text()) == "allowall":
        yield node.wrong("everybody may call every pod of the namespace")


MANAGED: Final[dict[str, tuple[Check, ...]]] = {
    "aws:eks/addon:Addon": (_plugin_keeps_policies,),
    **dict.fromkeys(MANAGED_NAMESPACES, (_namespace_is_not_open,)),
}
"""Checks of MF-K6, by kind."""
