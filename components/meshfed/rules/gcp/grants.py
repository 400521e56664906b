"""Grants of IAM in Google Cloud: member, binding and whole policy, read alike."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from meshfed.rules.expect import word
from meshfed.rules.node import Node
from meshfed.rules.resource import Resource

EVERYONE: Final = frozenset({"allusers", "allauthenticatedusers"})
_FORMS: Final = ("Member", "Binding", "Policy")
_KIND: Final = re.compile(r"^gcp:[a-z0-9]+/\w*iam(member|binding|policy):", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Grant:
    """A role and those who get it."""

    role: Node
    members: Node
    """A list, or one."""
    condition: Node
    """When it holds, where it does not always."""


def grant_kinds(of: str) -> tuple[str, ...]:
    """The three kinds that give roles on something.

    >>> grant_kinds("storage/bucketIAM")[0], grant_kinds("projects/iAM")[1]
    ('gcp:storage/bucketIAMMember:BucketIAMMember', 'gcp:projects/iAMBinding:IAMBinding')
    """
    module, _, name = of.partition("/")
    title = name[:1].upper() + name[1:]
    return tuple(f"gcp:{module}/{name}{form}:{title}{form}" for form in _FORMS)


def gives_roles(kind: str) -> bool:
    """Whether a kind gives roles on something.

    >>> gives_roles("gcp:secretmanager/secretIamMember:SecretIamMember"), gives_roles("gcp:storage/bucket:Bucket")
    (True, False)
    """
    return _KIND.match(kind) is not None


def grants(resource: Resource) -> Iterator[Grant]:
    """What a resource gives to whom. Raises UndecidedError, WrongTypeError."""
    props = resource.props
    # A provider may pass over a member that its kind does not have, so each that is written counts.
    for members in ("member", "members"):
        if not props[members].is_missing:
            yield Grant(props["role"], props[members], props["condition"])
    for binding in props["policyData"].document()["bindings"].items():
        yield Grant(binding["role"], binding["members"], binding["condition"])


def is_everyone(member: Node) -> bool:
    """Whether a member is everyone, or everyone with a Google account. Raises UndecidedError."""
    return word(member.text()) in EVERYONE
