"""IAM, key and bucket policies as JSON text. Statements are built from values and from outputs of resources alike."""

from collections.abc import Mapping, Sequence
from typing import TypedDict

import pulumi

Condition = Mapping[str, Mapping[str, "pulumi.Input[str] | Sequence[pulumi.Input[str]]"]]
Principal = Mapping[str, "pulumi.Input[str] | Sequence[pulumi.Input[str]]"]

# Rights over a key itself, without any that uses it: whoever administers a key cannot sign or decrypt with it.
KEY_ADMINISTRATION = (
    "kms:CancelKeyDeletion",
    "kms:DescribeKey",
    "kms:DisableKey",
    "kms:EnableKey",
    "kms:EnableKeyRotation",
    "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus",
    "kms:ListGrants",
    "kms:ListKeyPolicies",
    "kms:ListResourceTags",
    "kms:PutKeyPolicy",
    "kms:RevokeGrant",
    "kms:ScheduleKeyDeletion",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:UpdateAlias",
    "kms:CreateAlias",
    "kms:DeleteAlias",
    "kms:UpdateKeyDescription",
)


class Rule(TypedDict, total=False):
    """Whom a statement is about and when it holds, where its policy needs that."""

    principal: Principal
    """Who: `{"AWS": arn}` or `{"Service": name}`."""
    condition: Condition
    """When."""


def statement(
    effect: str,
    sid: str,
    actions: Sequence[str],
    resources: Sequence[pulumi.Input[str]],
    rule: Rule | None = None,
) -> Mapping[str, object]:
    """One statement of a policy."""
    made: dict[str, object] = {"Sid": sid, "Effect": effect}
    if rule and "principal" in rule:
        made["Principal"] = rule["principal"]
    made["Action"] = list(actions)
    made["Resource"] = list(resources)
    if rule and "condition" in rule:
        made["Condition"] = rule["condition"]
    return made


def document(*statements: Mapping[str, object]) -> pulumi.Output[str]:
    """A policy as JSON text."""
    return pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": list(statements)})


def service_trust(service: str, condition: Condition | None = None) -> pulumi.Output[str]:
    """The trust policy of a role that one AWS service assumes."""
    trust: dict[str, object] = {
        "Sid": "AssumedByService",
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": ["sts:AssumeRole"],
    }
    if condition:
        trust["Condition"] = condition
    return document(trust)


def pod_trust(cluster_arn: str, namespace: str, service_account: str) -> pulumi.Output[str]:
    """The trust policy of a role that one Kubernetes service account of one cluster assumes by EKS Pod Identity.

    Source of the tag names: EKS user guide, "Create IAM role with trust policy required by EKS Pod Identity".
    """
    tags = {
        "aws:RequestTag/eks-cluster-arn": cluster_arn,
        "aws:RequestTag/kubernetes-namespace": namespace,
        "aws:RequestTag/kubernetes-service-account": service_account,
    }
    return document(
        {
            "Sid": "AssumedByPod",
            "Effect": "Allow",
            "Principal": {"Service": "pods.eks.amazonaws.com"},
            "Action": ["sts:AssumeRole", "sts:TagSession"],
            "Condition": {"StringEquals": tags},
        }
    )


def key_administrators(account_root: str) -> Mapping[str, object]:
    """Lets the identities of an account administer a key, as far as their own policies allow."""
    # `*` in a key policy's resource is the key that carries the policy.
    return statement("Allow", "Administer", KEY_ADMINISTRATION, ["*"], {"principal": {"AWS": account_root}})
