"""Deploys settings to worlds of their own and hands over what was asked of the clouds there."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from meshfed.errors import MeshfedError
from meshfed_local.deploy import Deployment
from meshfed_local.engine import Engine
from meshfed_local.toolchain import Say, Toolchain
from meshfed_local.verify.exports import Asked, Step, of_events, of_export

_LOG: Final = re.compile(r"(?P<stack>.+)-(?:up|preview)-\d{8}T\d{6}-\d{6}\.events\.json")


class World:
    """One settings file, deployed to a fresh world."""

    def __init__(self, settings: Path, folder: Path, project: Path, say: Say) -> None:
        self.folder = folder
        self._project = project
        self._say = say
        shutil.rmtree(folder, ignore_errors=True)
        self.deployment = self.of(settings)
        self._seen: set[Path] = set()

    def of(self, settings: Path) -> Deployment:
        """The same world under other settings."""
        return Deployment(settings, self.folder, self._project, self._say)

    @property
    def _engine(self) -> Engine:
        return self.deployment.engine

    def asked(self) -> Iterator[Asked]:
        """Every AWS and GCP resource of every stack of the world, secrets in plain text."""
        for stack in sorted(self.deployment.federation.regions):
            if self._engine.exists(stack):
                yield from of_export(stack, self._export(stack))

    def _export(self, stack: str) -> list[dict[str, Any]]:
        # Engine.export leaves secrets encrypted; a judge has to see what a cloud would see.
        command = [str(Toolchain().program("pulumi")), "stack", "export", "--show-secrets", "--stack", stack]
        done = subprocess.run(
            command, cwd=self._project, env=self._engine.environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise MeshfedError(f"{stack}: its state cannot be exported: {done.stderr.strip()}")
        content: dict[str, dict[str, Any]] = json.loads(done.stdout)
        return content["deployment"].get("resources") or []

    def steps(self) -> Iterator[Step]:
        """What the engine did, or said it would do, since this was asked last."""
        for path in sorted(self._engine.folder.logs.glob("*.events.json")):
            named = _LOG.fullmatch(path.name)
            if named and path not in self._seen:
                self._seen.add(path)
                yield from of_events(named["stack"], path)
