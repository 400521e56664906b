"""The objects in a region's own store: the agent's release and what each tunnel gateway is to do."""

from typing import TypedDict

import pulumi
from pulumi_azure_native import storage

from meshfed._component import child, read


class AzureStoreTextArgs(TypedDict):
    """One text in the store."""

    name: str
    """Stable name of the resource: `peers-a`."""
    key: str
    """Its key in the store: `gateways/a/peers.json`."""
    text: str
    """The text."""


class AzureStoreObjectsArgs(TypedDict):
    """What the objects need."""

    resource_group: pulumi.Input[str]
    """Resource group of the storage account."""
    account: pulumi.Input[str]
    """Name of the storage account."""
    container: pulumi.Input[str]
    """Name of the container."""
    agent_key: str
    """Key of the agent's zipapp."""
    agent_path: str
    """The zipapp on the deployer's machine."""
    texts: list[AzureStoreTextArgs]
    """Texts beside it."""


class AzureStoreObjects(pulumi.ComponentResource):
    """The agent's zipapp and JSON texts in a container. A changed text is written anew; versions keep the old one."""

    keys: pulumi.Output[list[str]]
    """Keys of all objects, when they stand."""

    def __init__(self, name: str, args: AzureStoreObjectsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("meshfed:index:AzureStoreObjects", name, {}, opts)
        args = read(AzureStoreObjectsArgs, args)
        zipapp = self._blob(f"{name}-agent", args["agent_key"], pulumi.FileAsset(args["agent_path"]), args)
        blobs = [zipapp]
        for text in args["texts"]:
            blobs.append(self._blob(f"{name}-{text['name']}", text["key"], pulumi.StringAsset(text["text"]), args))
        self.keys = pulumi.Output.all(*[blob.name for blob in blobs]).apply(list)
        self.register_outputs({"keys": self.keys})

    def _blob(self, name: str, key: str, source: pulumi.Asset, args: AzureStoreObjectsArgs) -> storage.Blob:
        options = child(self)
        # Azure's blobs have no new content without a new blob, and two of one name cannot stand side by side.
        options.delete_before_replace = True
        return storage.Blob(
            name,
            account_name=args["account"],
            container_name=args["container"],
            resource_group_name=args["resource_group"],
            blob_name=key,
            content_type="application/json" if key.endswith(".json") else "application/zip",
            type=storage.BlobType.BLOCK,
            source=source,
            opts=options,
        )
