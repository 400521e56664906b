"""The region's own store, read with the machine's identity. The agent never writes to it."""

from pathlib import Path
from typing import Protocol
from urllib.parse import quote

from . import amazon
from .config import AgentConfig
from .errors import MissingError, RemoteError
from .machine import AzureMachine, GoogleMachine
from .web import Web

GOOGLE_STORAGE = "https://storage.googleapis.com"
AZURE_STORAGE = "https://storage.azure.com/"
AZURE_VERSION = "2023-11-03"


class Store(Protocol):
    """Where objects of the region's deployer are read."""

    def read(self, name: str, limit: int) -> bytes:
        """The object's bytes, at most `limit`. MissingError when there is none, RemoteError otherwise."""
        ...


class DirectoryStore:
    """A folder; for the local target and the lab."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def read(self, name: str, limit: int) -> bytes:
        """The file's bytes."""
        path = self._root / name
        try:
            with path.open("rb") as stream:
                data = stream.read(limit + 1)
        except FileNotFoundError as fault:
            raise MissingError(f"{path}: does not exist") from fault
        except OSError as fault:
            raise RemoteError(f"{path}: cannot be read: {fault.strerror}") from fault
        if len(data) > limit:
            raise RemoteError(f"{path}: more than {limit} bytes; wanted: fewer")
        return data


class S3Store:
    """A bucket, read with the instance's role."""

    def __init__(self, bucket: str, region: str) -> None:
        self._bucket, self._client = bucket, amazon.client("s3", region)

    def read(self, name: str, limit: int) -> bytes:
        """S3 GetObject."""
        what = f"s3://{self._bucket}/{name}"
        answer = amazon.call(what, lambda: self._client.get_object(Bucket=self._bucket, Key=name))
        return amazon.body(answer, limit, what)


class AzureBlobStore:
    """A container, read with the machine's managed identity. Not proven against Azure, only by the request's shape."""

    def __init__(self, container: str, machine: AzureMachine, web: Web) -> None:
        self._container, self._machine, self._web = container.rstrip("/"), machine, web

    def read(self, name: str, limit: int) -> bytes:
        """Get Blob."""
        headers = {"Authorization": f"Bearer {self._machine.token(AZURE_STORAGE)}", "x-ms-version": AZURE_VERSION}
        return self._web.get(f"{self._container}/{quote(name)}", limit, headers)


class GoogleStore:
    """A bucket, read with the machine's service account. Not proven against Google, only by the request's shape."""

    def __init__(self, bucket: str, machine: GoogleMachine, web: Web, base: str = GOOGLE_STORAGE) -> None:
        self._objects, self._machine, self._web = f"{base}/storage/v1/b/{quote(bucket)}/o", machine, web

    def read(self, name: str, limit: int) -> bytes:
        """Objects: get, with alt=media."""
        headers = {"Authorization": f"Bearer {self._machine.token()}"}
        return self._web.get(f"{self._objects}/{quote(name, safe='')}?alt=media", limit, headers)


def open_store(config: AgentConfig, web: Web) -> Store:
    """The store that the settings name."""
    store = config.store
    if store.kind == "s3":
        return S3Store(store.location, store.region)
    if store.kind == "azure_blob":
        return AzureBlobStore(store.location, AzureMachine(config.client_id), web)
    if store.kind == "gcs":
        return GoogleStore(store.location, GoogleMachine(), web)
    return DirectoryStore(Path(store.location))
