"""What identities may do: policies of roles, users, groups and permission sets, inline or attached."""

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Final

from meshfed.rules.allowed import by_digest, is_text_allowed, unless_allowed
from meshfed.rules.aws.documents import Condition, PolicyStatement, matches, some, statements
from meshfed.rules.node import Finding, Node, each
from meshfed.rules.resource import Resource
from meshfed.rules.rule import Check, Pack, Rule
from meshfed.settings.gate import GateParameters

_DOCUMENTS: Final = {
    "aws:iam/policy:Policy": "policy",
    "aws:iam/rolePolicy:RolePolicy": "policy",
    "aws:iam/userPolicy:UserPolicy": "policy",
    "aws:iam/groupPolicy:GroupPolicy": "policy",
    "aws:iot/policy:Policy": "policy",
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
    "aws:ssoadmin/managedPolicyAttachmentsExclusive:ManagedPolicyAttachmentsExclusive": "managedPolicyArns",
    "aws:iam/role:Role": "managedPolicyArns",
}
_ASSIGNED: Final = ("permissionSetArn", "principalId", "principalType", "targetId")
_ROLE: Final = "aws:iam/role:Role"
_WIDE_MANAGED: Final = re.compile(
    r":iam::aws:policy/(?:[^/]+/)*(?:AdministratorAccess(?:-Amplify|-AWSElasticBeanstalk)?|PowerUserAccess"
    r"|SystemAdministrator|NetworkAdministrator|DatabaseAdministrator|SecretsManagerReadWrite"
    r"|AWSKeyManagementServicePowerUser|[^/]*FullAccess[^/]*)$",
    re.IGNORECASE,
)
_EVERY_ACTION: Final = re.compile(r"^[^:]*[*?][^:]*(?::|$)|:[*?]+$")
_EVERYTHING: Final = re.compile(r"^(?:arn:(?:[^:]*:){4})?[*?]+(?:/[*?]+)?$|^arn:(?:aws[^:]*:(?:[^:]*:){0,2})?[*?]+$")
_TYPES: Final = (
    "alias/",
    "cluster/",
    "group/",
    "instance/",
    "key/",
    "parameter/",
    "policy/",
    "role/",
    "secret:",
    "user/",
)
_PROBES: Final = ("q7xw-3kd0", "n0vb/zr5y-1t")
"""Names that nobody has: a pattern that takes all of them takes every resource of the type."""
_DELICATE: Final = (
    "eks:AssociateAccessPolicy",
    "eks:CreateAccessEntry",
    "iam:AddUserToGroup",
    "iam:AttachGroupPolicy",
    "iam:CreateAccessKey",
    "iam:CreateLoginProfile",
    "iam:CreatePolicyVersion",
    "iam:DeleteRolePermissionsBoundary",
    "iam:DeleteUserPermissionsBoundary",
    "iam:PassRole",
    "iam:PutGroupPolicy",
    "iam:SetDefaultPolicyVersion",
    "iam:UpdateAssumeRolePolicy",
    "iam:UpdateLoginProfile",
    "kms:CreateGrant",
    "kms:Decrypt",
    "kms:PutKeyPolicy",
    "kms:Sign",
    "secretsmanager:GetSecretValue",
    "ssm:GetParameter",
    "ssm:GetParameters",
    "ssm:GetParametersByPath",
    "ssm:SendCommand",
    "ssm:StartSession",
    "sts:AssumeRole",
    "sts:AssumeRoleWithSAML",
    "sts:AssumeRoleWithWebIdentity",
    "sts:TagSession",
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
_OWN_TAG: Final = re.compile(r"^(?:aws|ec2|elasticloadbalancing):(?:resource|request)tag/[^/]*\.[^/]*/.+$")
_TAGS: Final = ("aws:resourcetag/", "aws:requesttag/", "ec2:resourcetag/", "ssm:resourcetag/")


def _document(name: str) -> Check:
    def check(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
        yield from _judged(resource, resource.props[name], Node(None), parameters)

    return check


def _inline(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
    def one(inline: Node) -> Iterator[Finding]:
        yield from _judged(resource, inline["policy"], resource.props["permissionsBoundary"], parameters)

    yield from each(resource.props["inlinePolicies"].items(), one)


def _judged(resource: Resource, document: Node, boundary: Node, parameters: GateParameters) -> Iterator[Finding]:
    content = document.document()
    for finding in each(statements(document), partial(_one_statement, boundary)):
        if not finding.is_decided:
            yield finding
        elif not is_text_allowed(resource, content, parameters):
            yield replace(finding, message=finding.message + by_digest(content, "the policy"))


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
    is_delicate = statement.covers(*_DELICATE)
    if not is_delicate and some(statement.conditions, _names_a_controllers_tag):
        return
    needs_resource = any(not _takes_no_resource(statement, action.text()) for action in statement.actions)

    def one(resource: Node) -> Iterator[Finding]:
        name = resource.text().strip()
        if needs_resource and _EVERYTHING.match(name):
            yield resource.wrong("allows it on everything")
        elif is_delicate and _is_every_of_a_type(name):
            yield resource.wrong("gives what every identity, key or secret of the account has")

    yield from each(statement.resources, one)


def _names_a_controllers_tag(condition: Condition) -> bool:
    """Whether only what has a tag passes that a controller alone gives (`elbv2.k8s.aws/cluster`), of any value."""
    if not _OWN_TAG.match(condition.key):
        return False
    return condition.narrows or (condition.operator == "null" and condition.values.texts() == ["false"])


def _is_every_of_a_type(name: str) -> bool:
    """Whether a pattern takes resources of a type by whatever name.

    >>> [_is_every_of_a_type(f"arn:aws:iam::111122223333:{name}") for name in ("role/*", "r*", "role/mesh-*")]
    [True, True, False]
    """
    last = name.split(":", 5)[-1]
    return any(all(matches(last, f"{kind}{probe}") for probe in _PROBES) for kind in _TYPES)


def _takes_no_resource(statement: PolicyStatement, action: str) -> bool:
    if matches(action, "iam:CreateServiceLinkedRole"):
        return action.strip().lower() == "iam:createservicelinkedrole" and statement.pins("iam:awsservicename")
    return any(matches(pattern, action) for pattern in _TAKES_NO_RESOURCE)


def _attachment(name: str) -> Check:
    def check(resource: Resource, _: GateParameters) -> Iterator[Finding]:
        yield from each(resource.props[name].items(), _is_narrow)

    return check


def _is_narrow(policy: Node) -> Iterator[Finding]:
    if _WIDE_MANAGED.search(policy.text()):
        yield policy.wrong("a policy of AWS that allows everything, or every action of a service")


def _assignment_is_named(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
    permissions = resource.props["permissionSetArn"]
    permissions.text()
    message = "gives an account to somebody by a permission set that is known by its number alone"
    yield from unless_allowed(resource, permissions, message, _ASSIGNED, parameters)


RULES: Final = (
    Rule(
        id="MF-A9",
        title="A policy names its actions and resources, and makes no identity without a boundary",
        why="With `*` a workload that is taken over takes what it was never given: other regions' bundles, other roles,"
        " every key.",
        mend="List actions and ARNs; where an action takes no resource, keep it in a statement of its own; a policy"
        " that makes roles needs the condition iam:PermissionsBoundary. A controller's rights on `*` are bound to its"
        " own tag (aws:ResourceTag/elbv2.k8s.aws/cluster, also by Null); what it asks beyond, such as the AWS Load"
        " Balancer Controller's published policy, can be allowed by its logical name and sha256; so can the"
        " assignment of a permission set to somebody.",
        packs=(Pack.CLOUD_BASELINE,),
        checks={
            **{kind: (_document(name),) for kind, name in _DOCUMENTS.items()},
            **{kind: (_attachment(name),) for kind, name in _ATTACHED.items()},
            "aws:ssoadmin/accountAssignment:AccountAssignment": (_assignment_is_named,),
            _ROLE: (_inline, _attachment(_ATTACHED[_ROLE])),
        },
        controls=("NIST SP 800-53 AC-6", "CIS AWS Foundations 1.15"),
        weaker="A boundary is asked where identities are made, not of every role. Policies of AWS are judged by name."
        " A pattern such as s3:Get* on a named bucket passes. Who may give a resource a controller's tag is not asked."
        " Groups that users are put into are not read.",
    ),
)
