"""Policies of resources, whatever the resource: whom they let in, by a document or by a property of their own."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Final

from meshfed.rules.aws.accounts import is_foreign_account
from meshfed.rules.aws.documents import Condition, PolicyStatement, Principal, some, statements
from meshfed.rules.node import Finding, Node, each
from meshfed.rules.resource import Resource
from meshfed.rules.rule import Check
from meshfed.settings.gate import GateParameters

SOURCES: Final = (
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalorgid",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceorgid",
    "aws:sourceowner",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "vpc-lattice-svcs:sourcevpc",
    "vpc-lattice-svcs:sourcevpcowneraccount",
)
"""Condition keys that say from whom or from where a request comes."""
_ELSEWHERE: Final = ("aws:iam/", "aws:kms/", "aws:organizations/", "aws:s3/", "aws:s3control/", "aws:s3tables/")
"""Judged by a rule of their own, or without principals."""
_OPEN_BY_NATURE: Final = ("aws:apigateway/", "aws:ecrpublic/", "aws:ec2/vpcEndpoint")
"""Where everyone is the default and other things decide: an API's authorizer, an identity's own policy."""
_NAMES: Final = frozenset({"policy", "policydocument", "resourcepolicy", "accesspolicies"})


def _nobody_gets_in_unnamed(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
    if not resource.token.startswith("aws:") or resource.kind.startswith((*_ELSEWHERE, *_OPEN_BY_NATURE)):
        return
    if not isinstance(resource.props.value, Mapping) or not resource.props["vpcOptions"].is_absent:
        return
    for policy in _documents(resource.props):
        yield from each(statements(policy), partial(lets_in_by_name, parameters))


def _documents(props: Node) -> Iterator[Node]:
    """Members, and members of these, that may hold a policy."""
    for name, node in props.entries():
        if name.lower() in _NAMES and not _is_a_word(node):
            yield node
        elif isinstance(node.value, Mapping):
            yield from (inner for key, inner in node.entries() if key.lower() in _NAMES and not _is_a_word(inner))


def _is_a_word(node: Node) -> bool:
    return isinstance(node.value, str) and not node.value.lstrip().startswith("{")


def lets_in_by_name(parameters: GateParameters, statement: PolicyStatement) -> Iterator[Finding]:
    """What is wrong with those whom a statement lets in."""
    if not statement.allows:
        return
    if (others := statement.exception) is not None:
        yield others.wrong("everyone else on AWS may do it")
    yield from each(statement.principals, partial(_one_principal, parameters, statement))


def _one_principal(parameters: GateParameters, statement: PolicyStatement, principal: Principal) -> Iterator[Finding]:
    is_foreign = principal.kind == "aws" and is_foreign_account(principal.node.text(), parameters)
    if is_foreign and not statement.pins("aws:principalarn", "sts:externalid"):
        yield principal.node.wrong("everyone in an account that is none of the owner's may do it")
    if principal.is_everyone and not statement.pins(*SOURCES) and not some(statement.conditions, _is_near):
        yield principal.node.wrong("everyone on AWS may do it")


def _is_near(condition: Condition) -> bool:
    """Whether only requests from one's own organization, or through a mount in one's own network, hold it."""
    if condition.key in ("aws:principalorgpaths", "aws:sourceorgpaths"):
        return condition.narrows and not any(value.strip().startswith("*") for value in condition.values.texts())
    is_mount = condition.key == "elasticfilesystem:accessedviamounttarget"
    return is_mount and condition.operator == "bool" and condition.values.texts() == ["true"]


def _is_for_somebody(who: str, *bounds: str) -> Check:
    """A check that a property names somebody, or another one bounds who everyone is."""

    def check(resource: Resource, _: GateParameters) -> Iterator[Finding]:
        props = resource.props
        if "*" in props[who].text() and not some(bounds, lambda name: not props[name].is_absent):
            yield props[who].wrong("everyone on AWS may do it")

    return check


def _asks_who_calls(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    kind = resource.props["authorizationType"]
    if kind.text("NONE").strip().upper() == "NONE":
        yield kind.wrong("the whole internet may call the function")


def _is_shared_by_name(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    group = resource.props["group"]
    if not group.is_absent:
        yield group.wrong("everyone on AWS may start machines of the image")


RESOURCE_POLICIES: Final[Mapping[str, tuple[Check, ...]]] = {
    "*": (_nobody_gets_in_unnamed,),
    "aws:lambda/permission:Permission": (
        _is_for_somebody("principal", "principalOrgId", "sourceAccount", "sourceArn"),
    ),
    "aws:lambda/layerVersionPermission:LayerVersionPermission": (_is_for_somebody("principal", "organizationId"),),
    "aws:cloudwatch/eventPermission:EventPermission": (_is_for_somebody("principal", "condition"),),
    "aws:lambda/functionUrl:FunctionUrl": (_asks_who_calls,),
    "aws:ec2/amiLaunchPermission:AmiLaunchPermission": (_is_shared_by_name,),
}
"""Checks of MF-A8, by kind."""
