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

_VERSION: Final = re.compile(r"^VERSION = .*$", re.MULTILINE)


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

    def with_next_agent(self, settings: Path) -> Deployment:
        """The same world, with the agent's next release: the same program under another version."""
        deployment = self.of(settings)
        source = self._project / "agent" / "meshfed_agent"
        copy = self.folder / "next-agent" / "meshfed_agent"
        shutil.copytree(source, copy, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
        init = copy / "__init__.py"
        text, count = _VERSION.subn('VERSION = "999.0.0"', init.read_text())
        if count != 1:
            raise MeshfedError(f"{source / '__init__.py'}: has {count} lines `VERSION = …`; one is wanted.")
        init.write_text(text)
        environment = {**deployment.engine.environment, "PYTHONPATH": str(copy.parent.absolute())}
        deployment.engine.environment = environment
        return deployment

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
