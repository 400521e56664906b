"""What identities may do: policies of roles, users, groups and permission sets, inline or attached."""

import re
from collections.abc import Iterator
from functools import partial
from typing import Final

from meshfed.rules.aws.documents import PolicyStatement, matches, statements
from meshfed.rules.node import Finding, Node, each
from meshfed.rules.resource import Resource
from meshfed.rules.rule import Check, Pack, Rule
from meshfed.settings.gate import GateParameters

_DOCUMENTS: Final = {
    "aws:iam/policy:Policy": "policy",
    "aws:iam/rolePolicy:RolePolicy": "policy",
    "aws:iam/userPolicy:UserPolicy": "policy",
    "aws:iam/groupPolicy:GroupPolicy": "policy",
    "aws:ssoadmin/permissionSetInlinePolicy:PermissionSetInlinePolicy": "inlinePolicy",
}
_ATTACHED: Final = {
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": "policyArn",
    "aws:iam/userPolicyAttachment:UserPolicyAttachment": "policyArn",
    "aws:iam/groupPolicyAttachment:GroupPolicyAttachment": "policyArn",
    "aws:iam/policyAttachment:PolicyAttachment": "policyArn",
    "aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive": "policyArns",
    "aws:iam/userPolicyAttachmentsExclusive:UserPolicyAttachmentsExclusive": "policyArns",
    "aws:iam/groupPolicyAttachmentsExclusive:GroupPolicyAttachmentsExclusive": "policyArns",
    "aws:ssoadmin/managedPolicyAttachment:ManagedPolicyAttachment": "managedPolicyArn",
    "aws:iam/role:Role": "managedPolicyArns",
}
_ROLE: Final = "aws:iam/role:Role"
_WIDE_MANAGED: Final = re.compile(
    r":iam::aws:policy/(?:[^/]+/)*(?:AdministratorAccess(?:-Amplify|-AWSElasticBeanstalk)?|PowerUserAccess"
    r"|SystemAdministrator|NetworkAdministrator|DatabaseAdministrator|[^/]*FullAccess[^/]*)$",
    re.IGNORECASE,
)
_EVERY_ACTION: Final = re.compile(r"^[^:]*[*?][^:]*(?::|$)|:[*?]+$")
_EVERYTHING: Final = re.compile(r"^(?:arn:(?:[^:]*:){4})?[*?]+(?:/[*?]+)?$|^arn:(?:aws[^:]*:(?:[^:]*:){0,2})?[*?]+$")
_EVERY_OF_A_TYPE: Final = re.compile(r"^arn:(?:[^:]*:){4}[a-z-]+[/:][*?]+$", re.IGNORECASE)
_DELICATE: Final = (
    "sts:AssumeRole",
    "iam:PassRole",
    "kms:CreateGrant",
    "kms:Decrypt",
    "kms:PutKeyPolicy",
    "kms:Sign",
    "secretsmanager:GetSecretValue",
    "ssm:GetParameter",
    "ssm:GetParameters",
    "ssm:GetParametersByPath",
)
"""Actions that give whoever has them what another identity has: never on all resources of a type."""
_MAKES_IDENTITIES: Final = (
    "iam:AttachRolePolicy",
    "iam:AttachUserPolicy",
    "iam:CreateRole",
    "iam:CreateUser",
    "iam:PutRolePolicy",
    "iam:PutUserPolicy",
)
_TAKES_NO_RESOURCE: Final = (
    "acm:ListCertificates",
    "autoscaling:Describe*",
    "cloudwatch:GetMetricData",
    "cloudwatch:GetMetricStatistics",
    "cloudwatch:ListMetrics",
    "cloudwatch:PutMetricData",
    "ec2:Describe*",
    "ec2messages:*Message*",
    "ec2messages:GetEndpoint",
    "ec2messages:SendReply",
    "ecr:GetAuthorizationToken",
    "ecs:ListClusters",
    "eks:ListClusters",
    "elasticloadbalancing:Describe*",
    "iam:ListAccountAliases",
    "kms:GenerateRandom",
    "kms:ListAliases",
    "kms:ListKeys",
    "logs:DescribeLogGroups",
    "route53:ListHostedZones",
    "route53:ListHostedZonesByName",
    "s3:ListAllMyBuckets",
    "servicediscovery:ListNamespaces",
    "servicediscovery:ListServices",
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
    "sts:GetCallerIdentity",
    "tag:GetResources",
    "xray:GetSampling*",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
)
"""Actions that AWS allows on `*` alone, or that only list names (AWS service authorization reference)."""
_TAGS: Final = ("aws:resourcetag/", "aws:requesttag/", "ec2:resourcetag/", "ssm:resourcetag/")


def _document(name: str) -> Check:
    def check(resource: Resource, _: GateParameters) -> Iterator[Finding]:
        yield from _judged(resource.props[name], Node(None))

    return check


def _inline(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    def one(inline: Node) -> Iterator[Finding]:
        yield from _judged(inline["policy"], resource.props["permissionsBoundary"])

    yield from each(resource.props["inlinePolicies"].items(), one)


def _judged(document: Node, boundary: Node) -> Iterator[Finding]:
    yield from each(statements(document), partial(_one_statement, boundary))


def _one_statement(boundary: Node, statement: PolicyStatement) -> Iterator[Finding]:
    if not statement.allows:
        return
    for others in (statement.other_actions, statement.other_resources):
        if others is not None:
            yield others.wrong("allows everything that it does not name")
            return
    known = [action for action in statement.actions if not action.is_unknown]
    wide = [action for action in known if _EVERY_ACTION.search(action.text().strip())]
    if wide:
        yield from (action.wrong("allows every action of a service, those of tomorrow too") for action in wide)
        return
    yield from _resources_are_named(statement)
    makes_identities = statement.covers(*_MAKES_IDENTITIES)
    if makes_identities and not statement.pins("iam:permissionsboundary") and boundary.is_absent:
        yield statement.node.wrong("whoever has it makes an identity that may do everything: no boundary is asked")


def _resources_are_named(statement: PolicyStatement) -> Iterator[Finding]:
    if statement.pins(*_TAGS):
        return
    needs_resource = any(not _takes_no_resource(action.text()) for action in statement.actions)
    is_delicate = statement.covers(*_DELICATE)

    def one(resource: Node) -> Iterator[Finding]:
        name = resource.text().strip()
        if needs_resource and _EVERYTHING.match(name):
            yield resource.wrong("allows it on everything")
        elif is_delicate and _EVERY_OF_A_TYPE.match(name):
            yield resource.wrong("gives what every identity, key or secret of the account has")

    yield from each(statement.resources, one)


def _takes_no_resource(action: str) -> bool:
    return any(matches(pattern, action) for pattern in _TAKES_NO_RESOURCE)


def _attachment(name: str) -> Check:
    def check(resource: Resource, _: GateParameters) -> Iterator[Finding]:
        yield from each(resource.props[name].items(), _is_narrow)

    return check


def _is_narrow(policy: Node) -> Iterator[Finding]:
    if _WIDE_MANAGED.search(policy.text()):
        yield policy.wrong("a policy of AWS that allows everything, or every action of a service")


RULES: Final = (
    Rule(
        id="MF-A9",
        title="A policy names its actions and resources, and makes no identity without a boundary",
        why="With `*` a workload that is taken over takes what it was never given: other regions' bundles, other roles,"
        " every key.",
        mend="List actions and ARNs; where an action takes no resource, keep it in a statement of its own; a policy"
        " that makes roles needs the condition iam:PermissionsBoundary.",
        packs=(Pack.CLOUD_BASELINE,),
        checks={
            **{kind: (_document(name),) for kind, name in _DOCUMENTS.items()},
            **{kind: (_attachment(name),) for kind, name in _ATTACHED.items()},
            _ROLE: (_inline, _attachment(_ATTACHED[_ROLE])),
        },
        controls=("NIST SP 800-53 AC-6", "CIS AWS Foundations 1.16"),
        weaker="A boundary is asked where identities are made, not of every role. Policies of AWS are judged by name."
        " A pattern such as s3:Get* on a named bucket passes.",
    ),
)
