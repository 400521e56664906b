"""Former types of Azure resources are left out only where they name an API version."""

import pulumi

from meshfed.azure.aliases import without_api_versions


def transformed(opts: pulumi.ResourceOptions) -> pulumi.ResourceOptions | None:
    args = pulumi.ResourceTransformationArgs(None, "azure-native:network:Subnet", "nodes", {"a": 1}, opts)  # pyright: ignore[reportArgumentType] - no engine runs
    result = without_api_versions(args)
    if result is None:
        return None
    assert result.props == {"a": 1}
    return result.opts


def test_only_types_that_name_an_api_version_go() -> None:
    moved = pulumi.Alias(type_="azure-native:network:PrivateZone")
    renamed = pulumi.Alias(name="old")
    urn = "urn:pulumi:use1::meshfed::azure-native:network/v20240101:Subnet::nodes"
    versioned = [
        pulumi.Alias(type_="azure-native:network/v20150501preview:Subnet"),
        pulumi.Alias(type_="azure-native:network/v20240101:Subnet"),
    ]
    given = pulumi.ResourceOptions(aliases=[versioned[0], moved, renamed, urn, versioned[1]], protect=True)
    result = transformed(given)
    assert result is not None
    assert result.aliases == [moved, renamed, urn]
    assert result.protect
    assert given.aliases is not None
    assert len(given.aliases) == 5, "the caller's options are left alone"


def test_a_resource_without_aliases_is_left_as_it_is() -> None:
    assert transformed(pulumi.ResourceOptions()) is None
