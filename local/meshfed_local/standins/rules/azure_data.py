"""What Azure refuses about virtual machines, storage, vaults, keys, roles and logs.

Sources: Azure documentation, "Custom data and cloud-init on Azure virtual machines", "FAQ about virtual machines"
(user names), "Configure Azure Storage firewalls", "Azure Key Vault soft-delete overview", "About keys", "Azure RBAC
limits", "Workload identity federation", "Diagnostic settings".
"""

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network
from typing import Final

from meshfed_local.standins.faults import Fault
from meshfed_local.standins.resource import Resource, Rule
from meshfed_local.standins.rules.azure_names import ACCOUNT, VAULT
from meshfed_local.standins.rules.reading import absent, address, at, is_true, network, number, others, text, texts
from meshfed_local.standins.rules.shapes import at_most_bytes, matches, one_of, within
from meshfed_local.standins.world import World

MACHINE: Final = "azure-native:compute:VirtualMachine"
KEY: Final = "azure-native:keyvault:Key"
ASSIGNMENT: Final = "azure-native:authorization:RoleAssignment"
CREDENTIAL: Final = "azure-native:managedidentity:FederatedIdentityCredential"

CUSTOM_DATA_BYTES: Final = 65535
"""Custom data, decoded (ARM: osProfile.customData)."""
_CREDENTIALS: Final = 20
_GUID: Final = r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_KEPT_LOGINS: Final = re.compile(
    r"1|123|a|actuser|adm|admin[12]?|administrator|aspnet|backup|console|david|guest|john|owner|root|server|sql"
    r"|support|support_388945a0|sys|test[1-3]?|user[1-5]?"
)
_KEY_OPERATIONS: Final[Mapping[str, frozenset[str]]] = {
    "EC": frozenset({"sign", "verify", "import"}),
    "EC-HSM": frozenset({"sign", "verify", "import"}),
}
_SMALL: Final = 30
_PRIVATE: Final = tuple(IPv4Network(one) for one in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))


def custom_data_fits(resource: Resource, _world: World) -> Iterator[Fault]:
    """Custom data is base64 of at most 64 KiB."""
    for place, value in texts(resource.inputs, "osProfile.customData"):
        try:
            length = len(base64.b64decode(value, validate=True))
        except (binascii.Error, ValueError):
            yield Fault(place, "it is not base64", "custom data in base64")
            continue
        if length > CUSTOM_DATA_BYTES:
            yield Fault(place, f"it is {length} bytes long, decoded", f"at most {CUSTOM_DATA_BYTES} bytes")


def login_is_allowed(resource: Resource, _world: World) -> Iterator[Fault]:
    """User names that everyone guesses are refused; without passwords there is a key (FAQ about virtual machines)."""
    for place, name in texts(resource.inputs, "osProfile.adminUsername"):
        if _KEPT_LOGINS.fullmatch(name.lower()) or not re.fullmatch(r"[a-zA-Z_][\w-]{0,63}", name):
            yield Fault(place, f"{name!r} is no user name that Azure takes", "another name, at most 64 characters")
    linux = "osProfile.linuxConfiguration"
    keyless = absent(resource.inputs, f"{linux}.ssh.publicKeys")
    if is_true(resource.inputs, f"{linux}.disablePasswordAuthentication"):
        if keyless:
            yield Fault(f"{linux}.ssh.publicKeys", "it is missing while passwords are off", "a public key")
        if not absent(resource.inputs, "osProfile.adminPassword"):
            yield Fault("osProfile.adminPassword", "it is given while passwords are off", "none")
    elif not absent(resource.inputs, "osProfile") and absent(resource.inputs, "osProfile.adminPassword") and keyless:
        yield Fault("osProfile.adminPassword", "neither password nor key is given", "a public key")


def image_is_named_in_one_way(resource: Resource, _world: World) -> Iterator[Fault]:
    """An image has an id, or a publisher, offer, SKU and version."""
    path = "storageProfile.imageReference"
    if absent(resource.inputs, path):
        return
    words = ("publisher", "offer", "sku", "version")
    given = [word for word in words if not absent(resource.inputs, f"{path}.{word}")]
    has_id = any(
        not absent(resource.inputs, f"{path}.{name}")
        for name in ("id", "communityGalleryImageId", "sharedGalleryImageId")
    )
    if has_id == bool(given) or (given and len(given) != len(words)):
        yield Fault(
            path,
            f"it has {'an id and ' if has_id else ''}{', '.join(given) or 'nothing'}",
            f"an id, or {', '.join(words)}",
        )


def interfaces_are_free(resource: Resource, world: World) -> Iterator[Fault]:
    """An interface is of one machine (NicInUse), and one of several is primary."""
    path = "networkProfile.networkInterfaces[].id"
    taken = {value.lower(): one.name for one in others(world, resource) for _, value in texts(one.inputs, path)}
    for place, value in texts(resource.inputs, path):
        if value.lower() in taken:
            yield Fault(place, f"the interface is of {taken[value.lower()]}", "an interface that is free")


def trusted_launch_is_whole(resource: Resource, _world: World) -> Iterator[Fault]:
    """Secure boot and a TPM come with trusted launch or a confidential machine."""
    kind = text(resource.inputs, "securityProfile.securityType")
    if not kind and not absent(resource.inputs, "securityProfile.uefiSettings"):
        yield Fault("securityProfile.securityType", "it is missing beside uefiSettings", "TrustedLaunch")


def ip_rules_are_public(resource: Resource, _world: World) -> Iterator[Fault]:
    """A storage firewall takes public addresses and ranges up to /30; one or two addresses are written alone."""
    for place, value in texts(resource.inputs, "networkRuleSet.ipRules[].iPAddressOrRange"):
        mine = network(value)
        single = address(value)
        if mine is None and single is None:
            yield Fault(place, f"{value!r} is no address", "a public IPv4 address or range")
        elif mine and mine.prefixlen > _SMALL:
            yield Fault(place, f"{value} is a range of one or two", "the addresses themselves, without a prefix")
        elif any(private.supernet_of(mine or IPv4Network(value)) for private in _PRIVATE):
            yield Fault(place, f"{value} is private", "a public address; private ones come by a subnet or an endpoint")


def vault_keeps_what_is_deleted(resource: Resource, _world: World) -> Iterator[Fault]:
    """Purge protection can't be taken away or set to false; soft delete is always on."""
    for name in ("enablePurgeProtection", "enableSoftDelete"):
        if at(resource.inputs, f"properties.{name}") is False:
            yield Fault(f"properties.{name}", "it can't be set to false", "true")
    before = is_true(resource.old_inputs or {}, "properties.enablePurgeProtection")
    if before and absent(resource.inputs, "properties.enablePurgeProtection"):
        yield Fault("properties.enablePurgeProtection", "it can't be taken away", "true")


def key_is_of_one_kind(resource: Resource, _world: World) -> Iterator[Fault]:
    """A curve goes with EC, a size with RSA, and EC keys only sign and verify (About keys)."""
    kind = text(resource.inputs, "properties.kty")
    curve, size = text(resource.inputs, "properties.curveName"), number(resource.inputs, "properties.keySize")
    if kind.startswith("RSA") and curve:
        yield Fault("properties.curveName", f"a curve is given for {kind}", "none, or kty EC")
    if kind.startswith("EC") and size is not None:
        yield Fault("properties.keySize", f"a size is given for {kind}", "none, or kty RSA")
    if size is not None and kind.startswith("RSA") and size not in (2048, 3072, 4096):
        yield Fault("properties.keySize", f"{size:g} is no size of an RSA key", "2048, 3072 or 4096")
    for place, operation in texts(resource.inputs, "properties.keyOps[]"):
        if kind in _KEY_OPERATIONS and operation not in _KEY_OPERATIONS[kind]:
            yield Fault(place, f"an {kind} key can't {operation}", "sign and verify")


def assignment_is_new(resource: Resource, world: World) -> Iterator[Fault]:
    """A role is given to a principal at a scope once (RoleAssignmentExists)."""
    mine = tuple(text(resource.inputs, name).lower() for name in ("scope", "roleDefinitionId", "principalId"))
    for one in others(world, resource):
        theirs = tuple(text(one.inputs, name).lower() for name in ("scope", "roleDefinitionId", "principalId"))
        if all(mine) and mine == theirs:
            yield Fault("principalId", f"it has this role here already, by {one.name}", "one assignment")


def credential_is_new(resource: Resource, world: World) -> Iterator[Fault]:
    """An identity trusts an issuer and subject once, and at most twenty of them; one audience each."""
    identity = tuple(text(resource.inputs, name).lower() for name in ("resourceGroupName", "resourceName"))
    mine, count = (text(resource.inputs, "issuer"), text(resource.inputs, "subject")), 0
    for one in others(world, resource):
        if (
            not all(identity)
            or tuple(text(one.inputs, name).lower() for name in ("resourceGroupName", "resourceName")) != identity
        ):
            continue
        count += 1
        if all(mine) and (text(one.inputs, "issuer"), text(one.inputs, "subject")) == mine:
            yield Fault("subject", f"{one.name} trusts this subject already", "one credential an issuer and subject")
    if count >= _CREDENTIALS:
        yield Fault("resourceName", f"the identity has {count} credentials", f"at most {_CREDENTIALS}")
    audiences = list(texts(resource.inputs, "audiences[]"))
    if len(audiences) > 1:
        yield Fault("audiences", f"{len(audiences)} audiences are given", "exactly one")


def setting_sends_something_somewhere(resource: Resource, _world: World) -> Iterator[Fault]:
    """A diagnostic setting has a destination, and something that it sends."""
    destinations = ("workspaceId", "storageAccountId", "eventHubAuthorizationRuleId", "marketplacePartnerId")
    if all(absent(resource.inputs, name) for name in destinations):
        yield Fault("workspaceId", "no destination is given", f"one of {', '.join(destinations)}")
    if absent(resource.inputs, "logs") and absent(resource.inputs, "metrics"):
        yield Fault("logs", "nothing is sent", "logs or metrics")


RULES: Final[Mapping[str, tuple[Rule, ...]]] = {
    MACHINE: (
        custom_data_fits,
        login_is_allowed,
        image_is_named_in_one_way,
        interfaces_are_free,
        trusted_launch_is_whole,
        one_of("zones[]", ("1", "2", "3"), "Availability zones"),
        matches("osProfile.computerName", r"[a-zA-Z0-9]([a-zA-Z0-9.-]{0,62}[a-zA-Z0-9])?", "1 to 64 of a-z A-Z 0-9 .-"),
    ),
    ACCOUNT: (ip_rules_are_public,),
    "azure-native:storage:Blob": (at_most_bytes("blobName", 1024, "Naming blobs"),),
    VAULT: (
        vault_keeps_what_is_deleted,
        within("properties.softDeleteRetentionInDays", 7, 90, "Key Vault soft-delete overview"),
        matches("properties.tenantId", _GUID, "the id of an Entra tenant"),
    ),
    KEY: (key_is_of_one_kind,),
    ASSIGNMENT: (
        matches("principalId", _GUID, "the object id of a principal"),
        matches(
            "roleDefinitionId",
            rf"(?i)(/[\w./()-]+)?/providers/Microsoft\.Authorization/roleDefinitions/{_GUID}",
            "the id of a role definition",
        ),
        assignment_is_new,
    ),
    CREDENTIAL: (matches("issuer", r"https://\S+", "an https URL"), credential_is_new),
    "azure-native:monitor:DiagnosticSetting": (setting_sends_something_somewhere,),
}
