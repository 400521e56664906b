"""Names and ids that Azure derives or wants unique in the world. Pure text; no resource is made here."""

import re
from collections.abc import Sequence
from enum import StrEnum
from hashlib import sha256
from typing import NotRequired, TypedDict

from meshfed.values import physical_name

ACCOUNT_LIMIT = 24
"""Longest name of a storage account and of a key vault."""


class Role(StrEnum):
    """Azure's built-in roles that a region gives, by the id that is the same in every subscription."""

    AKS_CLUSTER_USER = "4abbcc35-e782-43d8-92c5-2d3f1bd2253f"
    AKS_RBAC_CLUSTER_ADMIN = "b1ff04bb-8a4e-4dc4-8eb5-8693973ce19b"
    BLOB_DATA_CONTRIBUTOR = "ba92f5b4-2d11-453d-a403-e96b0029c9fe"
    BLOB_DATA_READER = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"
    KEY_VAULT_CONTRIBUTOR = "f25e0fa2-a7c8-4377-a976-54943a77a395"
    KEY_VAULT_CRYPTO_USER = "12338af0-0e69-4776-bea7-57ae8d297424"
    MANAGED_IDENTITY_OPERATOR = "f1a07417-d97a-45cb-824c-7a7467783830"
    NETWORK_CONTRIBUTOR = "4d97b98b-1d4f-4787-a291-c67834d212e7"


class AzureImage(TypedDict):
    """An image: its ARM id alone, or its publisher, offer, sku and version."""

    id: NotRequired[str]
    """ARM id."""
    publisher: NotRequired[str]
    """Publisher in the marketplace."""
    offer: NotRequired[str]
    """Offer in the marketplace."""
    sku: NotRequired[str]
    """SKU in the marketplace."""
    version: NotRequired[str]
    """Version, or `latest`."""


def role_id(subscription: str, role: Role) -> str:
    """The id of a built-in role in a subscription.

    >>> role_id("s", Role.BLOB_DATA_READER)
    '/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/2a2b9908-6ea1-4ae2-8e65-a410df84e7d1'
    """
    return f"/subscriptions/{subscription}/providers/Microsoft.Authorization/roleDefinitions/{role.value}"


def account_name(subscription: str, parts: Sequence[str]) -> str:
    """The name of a storage account or key vault: unique in the world, since the subscription is part of its hash.

    >>> account_name("11111111-2222-3333-4444-555555555555", ["acme", "eus", "store"])
    'acmeeusstore8bd8e890'
    >>> len(account_name("11111111-2222-3333-4444-555555555555", ["federationname1", "region12", "store"]))
    24
    """
    digest = sha256("/".join([subscription, *parts]).encode()).hexdigest()[:8]
    return physical_name(ACCOUNT_LIMIT, *parts, digest, separator="")


def id_part(arm_id: str, kind: str) -> str:
    """One part of an ARM id, found by the word before it.

    >>> id_part("/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/routeTables/t", "routeTables")
    't'

    Raises ValueError where the word is not in the id.
    """
    words = arm_id.split("/")
    lower = [word.lower() for word in words]
    if kind.lower() not in lower[:-1]:
        raise ValueError(f"{arm_id} is not an ARM id with /{kind}/ in it")
    return words[lower.index(kind.lower()) + 1]


def debian_image(release: str, size: str) -> str:
    """The stock Debian of a size's processor; Arm sizes carry a `p` after the number.

    >>> debian_image("13", "Standard_D2s_v5"), debian_image("13", "Standard_D2pds_v6")
    ('debian:debian-13:13-gen2:latest', 'debian:debian-13:13-arm64:latest')
    """
    kind = "arm64" if re.match(r"Standard_[A-Z]+\d+(-\d+)?[a-z]*p", size) else "gen2"
    return f"debian:debian-{release}:{release}-{kind}:latest"


def image_parts(image: str) -> AzureImage:
    """An image as its settings write it: an ARM id, or `publisher:offer:sku:version`.

    >>> image_parts("debian:debian-13:13-gen2:latest")
    {'publisher': 'debian', 'offer': 'debian-13', 'sku': '13-gen2', 'version': 'latest'}

    Raises ValueError for anything else.
    """
    if image.startswith("/"):
        return {"id": image}
    publisher, offer, sku, version = image.split(":")
    return {"publisher": publisher, "offer": offer, "sku": sku, "version": version}
