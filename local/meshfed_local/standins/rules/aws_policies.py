"""What AWS refuses about policy documents: of roles, keys, buckets, topics and endpoints.

Sources: IAM user guide ("Grammar of the IAM JSON policy language", "IAM and AWS STS quotas"), KMS developer guide
("Key policies"), S3 user guide ("Bucket policy quotas", "Blocking public access").
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from meshfed_local.standins.faults import UNKNOWN, Fault
from meshfed_local.standins.resource import Resource, Rule
from meshfed_local.standins.rules.reading import as_list, at, json_object
from meshfed_local.standins.rules.shapes import shown
from meshfed_local.standins.world import World

_VERSIONS: Final = ("2012-10-17", "2008-10-17")
_DOCUMENT_KEYS: Final = frozenset({"Version", "Id", "Statement"})
_STATEMENT_KEYS: Final = frozenset(
    {
        "Sid",
        "Effect",
        "Principal",
        "NotPrincipal",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Condition",
    }
)
_ACTION: Final = re.compile(r"\*|[a-zA-Z0-9-]+:[a-zA-Z0-9*?]+")
_RESOURCE: Final = re.compile(r"\*|arn:(aws[\w-]*|\*):.+")
_SID: Final = re.compile(r"[a-zA-Z0-9]*")
_PRINCIPALS: Final = frozenset({"AWS", "Service", "Federated", "CanonicalUser"})
_IDENTITY: Final = re.compile(r"arn:aws[\w-]*:iam::\d{12}:(role|user)/.+")
_PRINCIPAL: Final = re.compile(r"\*|\d{12}|arn:aws[\w-]*:(iam|sts)::(\d{12}|cloudfront):.+")
_OPERATOR: Final = re.compile(
    r"((ForAllValues|ForAnyValue):)?"
    r"(String(Not)?(Equals|EqualsIgnoreCase|Like)|Numeric(Not)?Equals|Numeric(Less|Greater)Than(Equals)?"
    r"|Date(Not)?Equals|Date(Less|Greater)Than(Equals)?|Bool|BinaryEquals|(Not)?IpAddress|Arn(Not)?(Equals|Like))(IfExists)?"
    r"|Null"
)


@dataclass(frozen=True, slots=True)
class Kind:
    """What a policy of one kind must and must not hold."""

    limit: int
    """Characters at most."""
    principal: bool
    """Whether statements name who; where not, they must not."""
    resource: bool
    """Whether statements name what; a trust policy must not."""
    spaces_count: bool
    """Whether white space counts towards the limit."""
    plain_sids: bool = False
    """Whether a Sid takes letters and digits only."""


TRUST: Final = Kind(2048, principal=True, resource=False, spaces_count=False, plain_sids=True)
MANAGED: Final = Kind(6144, principal=False, resource=True, spaces_count=False, plain_sids=True)
INLINE: Final = Kind(10240, principal=False, resource=True, spaces_count=False, plain_sids=True)
KEY: Final = Kind(32768, principal=True, resource=True, spaces_count=True)
BUCKET: Final = Kind(20480, principal=True, resource=True, spaces_count=True)
TOPIC: Final = Kind(30720, principal=True, resource=True, spaces_count=True)
ENDPOINT: Final = Kind(20480, principal=True, resource=True, spaces_count=True)


def statements(value: Any) -> list[Mapping[str, Any]]:
    """The statements of a policy text; none when it holds none."""
    document = json_object(value) if isinstance(value, str) else None
    listed = as_list(document.get("Statement")) if document else []
    return [cast("Mapping[str, Any]", one) for one in listed if isinstance(one, Mapping)]


def allows_service(policy: Any, service: str) -> bool:
    """Whether a trust policy lets a service of AWS take the role."""
    return any(
        one.get("Effect") == "Allow" and service in as_list(at(one, "Principal.Service")) for one in statements(policy)
    )


def is_policy(path: str, kind: Kind) -> Rule:
    """The text at the path is a policy of that kind (IAM: MalformedPolicyDocument, LimitExceeded)."""

    def rule(resource: Resource, world: World) -> Iterator[Fault]:
        value = at(resource.inputs, path)
        if isinstance(value, str):
            yield from _document(path, value, kind, world)

    return rule


def _document(path: str, value: str, kind: Kind, world: World) -> Iterator[Fault]:
    document = json_object(value)
    if document is None:
        yield Fault(path, f"{shown(value)} is no JSON object", "a policy document in JSON")
        return
    for key in document.keys() - _DOCUMENT_KEYS:
        yield Fault(path, f"{key!r} is no part of a policy", f"only {', '.join(sorted(_DOCUMENT_KEYS))}")
    if document.get("Version") not in (None, *_VERSIONS):
        yield Fault(path, f"Version {document['Version']!r} is none", " or ".join(_VERSIONS))
    length = len(value) if kind.spaces_count else len(re.sub(r"\s", "", json.dumps(document, separators=(",", ":"))))
    if length > kind.limit:
        yield Fault(path, f"it is {length} characters long", f"at most {kind.limit} (IAM quotas)")
    listed = statements(value)
    if not listed:
        yield Fault(path, "it has no statement", "at least one Statement with Effect and Action")
    seen: set[str] = set()
    for index, one in enumerate(listed):
        yield from _statement(f"{path}.Statement[{index}]", one, kind, world)
        sid = str(one.get("Sid") or "")
        if sid and sid in seen:
            yield Fault(f"{path}.Statement[{index}].Sid", f"{sid!r} is used twice", "a Sid of its own")
        seen.add(sid)


def _statement(path: str, one: Mapping[str, Any], kind: Kind, world: World) -> Iterator[Fault]:
    for key in one.keys() - _STATEMENT_KEYS:
        yield Fault(f"{path}.{key}", f"{key!r} is no part of a statement", f"only {', '.join(sorted(_STATEMENT_KEYS))}")
    if one.get("Effect") not in ("Allow", "Deny"):
        yield Fault(f"{path}.Effect", f"{one.get('Effect')!r} is no effect", "Allow or Deny")
    if kind.plain_sids and not _SID.fullmatch(str(one.get("Sid") or "")):
        yield Fault(f"{path}.Sid", f"{one['Sid']!r} is no statement id", "letters and digits")
    yield from _part(path, one, "Action", _ACTION, "actions as s3:GetObject")
    if kind.resource:
        yield from _part(path, one, "Resource", _RESOURCE, "ARNs or *")
    for key in () if kind.resource else ("Resource", "NotResource"):
        if key in one:
            yield Fault(f"{path}.{key}", "a trust policy has no resource", f"no {key}")
    named = {"Principal", "NotPrincipal"} & one.keys()
    if kind.principal and len(named) != 1:
        yield Fault(f"{path}.Principal", "it is missing", "who the statement is about")
    if not kind.principal and named:
        yield Fault(f"{path}.Principal", "a policy of an identity names no principal", "no Principal")
    for key in named if kind.principal else ():
        yield from _principal(f"{path}.{key}", one[key], world)
    yield from _conditions(f"{path}.Condition", one.get("Condition"))


def _part(path: str, one: Mapping[str, Any], key: str, pattern: re.Pattern[str], wanted: str) -> Iterator[Fault]:
    given = [name for name in (key, f"Not{key}") if name in one]
    if len(given) != 1:
        yield Fault(f"{path}.{key}", "it is missing" if not given else "both forms are given", f"{key} or Not{key}")
    for name in given:
        values = as_list(one[name])
        if not values:
            yield Fault(f"{path}.{name}", "it is empty", wanted)
        for value in values:
            if not isinstance(value, str) or not pattern.fullmatch(value):
                yield Fault(f"{path}.{name}", f"{shown(value)} is none", wanted)


def _principal(path: str, principal: Any, world: World) -> Iterator[Fault]:
    if principal == "*":
        return
    if not isinstance(principal, Mapping) or not principal:
        yield Fault(path, f"{shown(principal)} is no principal", '"*" or {"AWS": …}, {"Service": …}, {"Federated": …}')
        return
    for key, value in cast("Mapping[str, Any]", principal).items():
        if key not in _PRINCIPALS:
            yield Fault(f"{path}.{key}", f"{key!r} is no kind of principal", f"one of {', '.join(sorted(_PRINCIPALS))}")
        for name in as_list(value) if key == "AWS" else ():
            if not isinstance(name, str) or not _PRINCIPAL.fullmatch(name):
                yield Fault(f"{path}.AWS", f"{shown(name)} is no principal", "an account, or the ARN of a role or user")
            elif _IDENTITY.fullmatch(name) and not world.exists(name):
                # STS and KMS look the name up: a role that is not there yet is "Invalid principal in policy".
                yield Fault(f"{path}.AWS", f"{name} does not exist", "the ARN of a role or user that exists")


def _conditions(path: str, condition: Any) -> Iterator[Fault]:
    if condition is None:
        return
    if not isinstance(condition, Mapping):
        yield Fault(path, f"{shown(condition)} is no condition", "an object of operators")
        return
    for operator, keys in cast("Mapping[str, Any]", condition).items():
        if not _OPERATOR.fullmatch(operator):
            yield Fault(
                f"{path}.{operator}", f"{operator!r} is no operator", "one as StringEquals, ArnLike, Bool, IpAddress"
            )
        if not isinstance(keys, Mapping):
            yield Fault(f"{path}.{operator}", f"{shown(keys)} is no object", "condition keys with their values")


def key_policy_leaves_a_way_back(resource: Resource, _world: World) -> Iterator[Fault]:
    """Somebody may still change the key's policy (KMS: the policy lockout safety check)."""
    policy = at(resource.inputs, "policy")
    if not isinstance(policy, str) or at(resource.inputs, "bypassPolicyLockoutSafetyCheck") in (True, UNKNOWN):
        return
    granted = {
        str(action).lower()
        for one in statements(policy)
        if one.get("Effect") == "Allow"
        for action in as_list(one.get("Action"))
    }
    if statements(policy) and not granted & {"kms:*", "kms:put*", "kms:putkeypolicy", "*"}:
        yield Fault("policy", "nobody may call kms:PutKeyPolicy", "a statement that lets the account's root do so")
