"""What IAM and KMS refuse: names, sessions, attachments, keys.

Sources: IAM user guide ("IAM and AWS STS quotas, name requirements, and character limits"), KMS developer guide
("Key spec reference", "Rotating AWS KMS keys"), KMS API reference (CreateKey, CreateAlias).
"""

from collections.abc import Iterator, Mapping
from typing import Final

from meshfed_local.standins.faults import Fault
from meshfed_local.standins.resource import Resource, Rule
from meshfed_local.standins.rules import aws_policies as policies
from meshfed_local.standins.rules.aws_policies import is_policy, key_policy_leaves_a_way_back
from meshfed_local.standins.rules.reading import is_true, number, others, text, texts
from meshfed_local.standins.rules.shapes import at_most_bytes, distinct, matches, within
from meshfed_local.standins.world import World

ROLE: Final = "aws:iam/role:Role"
ROLE_POLICY: Final = "aws:iam/rolePolicy:RolePolicy"
ATTACHMENT: Final = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
KEY: Final = "aws:kms/key:Key"

_POLICIES_PER_ROLE: Final = 10
_NAME: Final = r"[\w+=,.@-]"
_SYMMETRIC: Final = "SYMMETRIC_DEFAULT"
_USES: Final[Mapping[str, tuple[str, ...]]] = {
    _SYMMETRIC: ("ENCRYPT_DECRYPT",),
    "RSA_2048": ("ENCRYPT_DECRYPT", "SIGN_VERIFY"),
    "RSA_3072": ("ENCRYPT_DECRYPT", "SIGN_VERIFY"),
    "RSA_4096": ("ENCRYPT_DECRYPT", "SIGN_VERIFY"),
    "ECC_NIST_P256": ("SIGN_VERIFY", "KEY_AGREEMENT"),
    "ECC_NIST_P384": ("SIGN_VERIFY", "KEY_AGREEMENT"),
    "ECC_NIST_P521": ("SIGN_VERIFY", "KEY_AGREEMENT"),
    "ECC_NIST_EDWARDS25519": ("SIGN_VERIFY",),
    "ECC_SECG_P256K1": ("SIGN_VERIFY",),
    "HMAC_224": ("GENERATE_VERIFY_MAC",),
    "HMAC_256": ("GENERATE_VERIFY_MAC",),
    "HMAC_384": ("GENERATE_VERIFY_MAC",),
    "HMAC_512": ("GENERATE_VERIFY_MAC",),
    "ML_DSA_44": ("SIGN_VERIFY",),
    "ML_DSA_65": ("SIGN_VERIFY",),
    "ML_DSA_87": ("SIGN_VERIFY",),
    "SM2": ("ENCRYPT_DECRYPT", "SIGN_VERIFY", "KEY_AGREEMENT"),
}


def _iam_name(path: str, limit: int) -> Rule:
    return matches(path, f"{_NAME}{{1,{limit}}}", f"1 to {limit} of a-z A-Z 0-9 and _+=,.@- (IAM quotas)")


def role_has_room(resource: Resource, world: World) -> Iterator[Fault]:
    """A role carries at most ten managed policies (IAM quotas; AWS raises it to 20)."""
    role = text(resource.inputs, "role")
    standing = sum(1 for one in others(world, resource) if role and text(one.inputs, "role") == role)
    if standing >= _POLICIES_PER_ROLE:
        yield Fault("role", f"{role} has {standing} policies", f"at most {_POLICIES_PER_ROLE} managed policies a role")


def key_use_fits_its_spec(resource: Resource, _world: World) -> Iterator[Fault]:
    """What a key may do follows from its kind (KMS key spec reference)."""
    spec = text(resource.inputs, "customerMasterKeySpec") or _SYMMETRIC
    usage = text(resource.inputs, "keyUsage") or "ENCRYPT_DECRYPT"
    if spec not in _USES:
        yield Fault("customerMasterKeySpec", f"{spec!r} is no key spec", f"one of {', '.join(_USES)}")
    elif usage not in _USES[spec]:
        yield Fault("keyUsage", f"{usage} does not go with {spec}", " or ".join(_USES[spec]))


def rotation_fits_the_key(resource: Resource, _world: World) -> Iterator[Fault]:
    """KMS rotates symmetric keys only."""
    spec = text(resource.inputs, "customerMasterKeySpec") or _SYMMETRIC
    rotates = is_true(resource.inputs, "enableKeyRotation")
    if rotates and spec != _SYMMETRIC:
        yield Fault("enableKeyRotation", f"KMS rotates no {spec} key", f"false, or a {_SYMMETRIC} key")
    if number(resource.inputs, "rotationPeriodInDays") is not None and not rotates:
        yield Fault("rotationPeriodInDays", "it is given while rotation is off", "enableKeyRotation")


def alias_is_not_of_aws(resource: Resource, _world: World) -> Iterator[Fault]:
    """Aliases that begin with alias/aws/ are AWS's own (CreateAlias)."""
    for place, name in texts(resource.inputs, "name"):
        if name.startswith("alias/aws/"):
            yield Fault(place, f"{name} is AWS's own", "an alias that does not begin with alias/aws/")


def attached_policy_is_known(resource: Resource, world: World) -> Iterator[Fault]:
    """What is attached is a policy's ARN: AWS's own, or one that exists."""
    for place, arn in texts(resource.inputs, "policyArn"):
        is_policy_arn = arn.startswith("arn:") and ":policy/" in arn
        if not is_policy_arn or (":iam::aws:" not in arn and not world.exists(arn)):
            yield Fault(place, f"{arn!r} is no policy", "the ARN of a managed policy that exists")


RULES: Final[Mapping[str, tuple[Rule, ...]]] = {
    ROLE: (
        _iam_name("name", 64),
        within("maxSessionDuration", 3600, 43200, "CreateRole"),
        at_most_bytes("description", 1000, "IAM quotas"),
        matches("path", r"/|/[!-~]{1,510}/", "/ or /a/path/ (CreateRole)"),
        is_policy("assumeRolePolicy", policies.TRUST),
    ),
    "aws:iam/policy:Policy": (_iam_name("name", 128), is_policy("policy", policies.MANAGED)),
    ROLE_POLICY: (_iam_name("name", 128), is_policy("policy", policies.INLINE)),
    ATTACHMENT: (attached_policy_is_known, role_has_room),
    "aws:iam/instanceProfile:InstanceProfile": (_iam_name("name", 128),),
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": (
        matches("url", r"https://\S{1,247}", "an https URL of at most 255 characters (CreateOpenIDConnectProvider)"),
        distinct("clientIdLists[]", "audiences", "CreateOpenIDConnectProvider"),
    ),
    KEY: (
        key_use_fits_its_spec,
        rotation_fits_the_key,
        within("deletionWindowInDays", 7, 30, "ScheduleKeyDeletion"),
        within("rotationPeriodInDays", 90, 2560, "EnableKeyRotation"),
        is_policy("policy", policies.KEY),
        key_policy_leaves_a_way_back,
    ),
    "aws:kms/keyPolicy:KeyPolicy": (is_policy("policy", policies.KEY), key_policy_leaves_a_way_back),
    "aws:kms/alias:Alias": (
        matches("name", r"alias/[a-zA-Z0-9/_-]{1,250}", "alias/ and at most 250 of a-z A-Z 0-9 /_- (CreateAlias)"),
        alias_is_not_of_aws,
    ),
}
