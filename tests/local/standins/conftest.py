"""A fresh world, and providers on it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from meshfed_local.standins.provider import Provider
from meshfed_local.standins.world import World

Providers = Callable[..., Provider]


@pytest.fixture
def world(tmp_path: Path) -> World:
    """An empty world."""
    return World(tmp_path / "world")


@pytest.fixture
def provider(world: World) -> Providers:
    """A configured provider of a cloud: `provider("aws", region="us-east-1")`."""

    def make(plugin: str, **config: Any) -> Provider:
        made = Provider(plugin, world)
        made.configure(config)
        return made

    return make
