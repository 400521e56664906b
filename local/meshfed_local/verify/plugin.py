"""A provider plugin as a child process: started, greeted, called, stopped. It has no credentials and no network."""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import grpc
from google.protobuf.message import Message

from meshfed.errors import MeshfedError
from meshfed_local.verify.protocol import MESSAGES, SERVICE, VERSION

_COOKIE: Final = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2"
"""What go-plugin asks of a caller, so that nobody starts a plugin by hand; public, in every provider."""

_UNLIMITED: Final = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
_CALL_SECONDS: Final = 120.0

# A provider that tried to call out would be refused at once by this closed port of its own machine.
_CLOSED_PROXY: Final = "http://127.0.0.1:9"


class PluginError(MeshfedError):
    """The plugin cannot be started, or broke down over a question."""


def _environment(temporary: str) -> dict[str, str]:
    return {
        "PATH": os.defpath,
        "HOME": temporary,
        "TMPDIR": temporary,
        "HTTP_PROXY": _CLOSED_PROXY,
        "HTTPS_PROXY": _CLOSED_PROXY,
        "AWS_EC2_METADATA_DISABLED": "true",
        "TF_PLUGIN_MAGIC_COOKIE": _COOKIE,
        "PLUGIN_PROTOCOL_VERSIONS": str(VERSION),
    }


class Plugin:
    """One running plugin; a context manager."""

    def __init__(self, executable: Path) -> None:
        self._executable = executable
        self._folder = tempfile.mkdtemp(prefix="meshfed-verify-")
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                [str(executable)],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                cwd=self._folder,
                env=_environment(self._folder),
            )
        self._channel: grpc.Channel | None = None

    @property
    def _log(self) -> Path:
        return Path(self._folder) / "provider.log"

    def __enter__(self) -> Self:
        try:
            self._channel = grpc.insecure_channel(f"unix:{self._greeting()}", options=_UNLIMITED)
        except PluginError:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Ends the process and removes what it wrote; may be said twice."""
        if self._channel is not None:
            self._channel.close()
        self._process.kill()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _greeting(self) -> str:
        """The socket that the plugin names in its first line."""
        line = self._process.stdout.readline() if self._process.stdout is not None else ""
        parts = line.strip().split("|")
        if len(parts) < 5 or parts[1] != str(VERSION) or parts[2] != "unix" or parts[4] != "grpc":
            raise PluginError(
                f"{self._executable}: its greeting is {line!r} ({self._last_words()}); wanted a provider plugin of "
                f"protocol {VERSION}. Remove its folder in the cache and run the command again: it is built anew."
            )
        return parts[3]

    def call(self, method: str, request: Message, response: str) -> Any:
        """The answer to one call. Raises PluginError when the plugin breaks down over it."""
        if self._channel is None:
            raise PluginError(f"{self._executable}: called before it was started")
        stub = self._channel.unary_unary(
            f"/{SERVICE}/{method}",
            request_serializer=type(request).SerializeToString,
            response_deserializer=MESSAGES[response].FromString,
        )
        try:
            return stub(request, timeout=_CALL_SECONDS)
        except grpc.RpcError as error:
            raise PluginError(f"{self._executable.name}: {method} failed: {self._last_words()}") from error

    def _last_words(self) -> str:
        log = self._log.read_text(errors="replace")
        panic = re.search(r"^(?:panic|fatal error): .*", log, re.MULTILINE)
        return panic.group(0) if panic else log[-300:].strip() or "it said nothing"
