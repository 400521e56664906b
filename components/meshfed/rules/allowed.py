"""Permanent exceptions: what is allowed for good by its kind, its name and its content, and by nothing less."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from meshfed.rules.node import Finding, Node, UndecidedError
from meshfed.rules.plain import Plain, Unknown
from meshfed.rules.resource import Resource
from meshfed.rules.rule import Check
from meshfed.settings.gate import GateParameters
from meshfed.topology.mesh_filters import spec_sha256


def digest_of(content: Node) -> str:
    """The sha256 by which a permanent exception knows a content. Raises UndecidedError."""
    unknown = _unknown_in(content)
    if unknown is not None:
        raise UndecidedError(unknown.path, "is not known before the deployment", content.urn)
    return spec_sha256(content.value)


def by_digest(content: Node, what: str) -> str:
    """What to add to a message so that its reader can allow a content; nothing where it is not known yet."""
    return "" if _unknown_in(content) else f"; the sha256 of {what} is {digest_of(content)}"


def is_cluster_object_allowed(resource: Resource, parameters: GateParameters) -> bool:
    """Whether an object without a namespace is an exception by name and spec. Raises UndecidedError."""
    # `meshfed gate hash` writes the namespace that a manifest without one gets.
    return _is_among(resource.kind, ("", "default"), resource.name, resource.props["spec"], parameters)


def is_object_allowed(resource: Resource, content: Node, parameters: GateParameters) -> bool:
    """Whether an object is an exception by name and by the part of it that counts. Raises UndecidedError."""
    # An object of the whole cluster has no namespace, whatever an entry writes there.
    namespaces = (resource.namespace, resource.props["metadata"]["namespace"].text())
    return _is_among(resource.kind, namespaces, resource.name, content, parameters)


def by_spec(check: Check) -> Check:
    """A check that says the first thing that is wrong with an object, unless it is an exception by name and spec."""

    def judged(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
        spec = resource.props["spec"]
        for finding in check(resource, parameters):
            if not is_object_allowed(resource, spec, parameters):
                yield replace(finding, message=finding.message + by_digest(spec, "its spec"))
            return

    return judged


def bound(binding: Resource) -> Node:
    """What a binding of rights is allowed by: its role and whom it names."""
    role = binding.props["roleRef"]
    return replace(role, value={"roleRef": role.value, "subjects": binding.props["subjects"].value})


def is_text_allowed(resource: Resource, content: Node, parameters: GateParameters) -> bool:
    """Whether a document in a cloud's resource is an exception by logical name and content. Raises UndecidedError."""
    return _is_among(resource.kind, ("",), resource.logical_name, content, parameters)


def unless_allowed(
    resource: Resource, node: Node, message: str, names: Sequence[str], parameters: GateParameters
) -> Iterator[Finding]:
    """A finding, unless these members of a cloud's resource are an exception by its logical name and their sha256."""
    members = {name: member.value for name in names if not (member := resource.props[name]).is_missing}
    content = replace(resource.props, value=members)
    if not is_text_allowed(resource, content, parameters):
        yield node.wrong(message + by_digest(content, f"{', '.join(members)} together"))


def _is_among(kind: str, namespaces: Sequence[str], name: str, content: Node, parameters: GateParameters) -> bool:
    named = [one for one in parameters.allowed if (one.kind, one.name) == (kind, name) and one.namespace in namespaces]
    return bool(named) and digest_of(content) in {one.sha256 for one in named}


def _unknown_in(node: Node) -> Node | None:
    value: Plain = node.value
    if isinstance(value, Unknown):
        return node
    if isinstance(value, Mapping):
        found = (_unknown_in(member) for _, member in node.entries())
    elif isinstance(value, Sequence) and not isinstance(value, str):
        found = (_unknown_in(member) for member in node.items())
    else:
        return None
    return next((one for one in found if one is not None), None)
