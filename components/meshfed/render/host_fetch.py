"""Fetches the agent that the region's own store names, checks its sha256, puts it in place and starts it.

A program of its own: user data carries this file to a tunnel gateway, where a timer runs it. It works on a bare host,
also where the agent that stands there is broken. Standard library, and boto3 on AWS.

    python3 fetch.py [SETTINGS [PROGRAM]]
"""

import hashlib
import importlib
import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

SETTINGS = "/etc/meshfed/agent.json"
PROGRAM = "/var/lib/meshfed/program/meshfed-agent.pyz"
RELEASE = "agent/release.json"
SECONDS = 20
LIMIT = 16 * 1024 * 1024
AFTER_SECONDS = {"b": 900}
"""How long a gateway leaves a new release to the other of the pair: a restart closes health."""
AZURE_METADATA = "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource="
AZURE_STORAGE = "https%3A%2F%2Fstorage.azure.com%2F"
GOOGLE_METADATA = "http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/token"
GOOGLE_STORAGE = "https://storage.googleapis.com/storage/v1/b"


def get(url: str, headers: Mapping[str, str], *handlers: urllib.request.BaseHandler) -> bytes:
    """The body of an answer."""
    request = urllib.request.Request(url, headers=dict(headers))  # noqa: S310 - from agent.json and the constants above
    with urllib.request.build_opener(*handlers).open(request, timeout=SECONDS) as answer:
        return answer.read(LIMIT)


def bearer(url: str, headers: Mapping[str, str]) -> dict[str, str]:
    """The header with the machine's access token; metadata services are asked past any proxy."""
    answer = json.loads(get(url, headers, urllib.request.ProxyHandler({})))
    return {"Authorization": f"Bearer {answer['access_token']}"}


def read(store: Mapping[str, str], name: str) -> bytes:
    """An object of the region's own store, read with the machine's identity."""
    kind, where = store["kind"], store["location"]
    if kind == "s3":
        client = importlib.import_module("boto3").client("s3", region_name=store["region"])
        return client.get_object(Bucket=where, Key=name)["Body"].read(LIMIT)
    if kind == "azure_blob":
        headers = bearer(AZURE_METADATA + AZURE_STORAGE, {"Metadata": "true"})
        return get(f"{where}/{name}", {**headers, "x-ms-version": "2023-11-03"})
    if kind == "gcs":
        headers = bearer(GOOGLE_METADATA, {"Metadata-Flavor": "Google"})
        return get(f"{GOOGLE_STORAGE}/{where}/o/{quote(name, safe='')}?alt=media", headers)
    return Path(where, name).read_bytes()


def sha256(path: Path) -> str:
    """The file's digest; empty without the file."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else ""


def check(draft: Path, release: Mapping[str, str]) -> None:
    """A program that does not run here, or is another than it says, never takes the place of one that stands."""
    command = [sys.executable, str(draft), "version"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise SystemExit(f"{release['object']}: not ended within {SECONDS} s; not installed") from None
    if done.returncode or done.stdout.strip() != release["version"]:
        said = f"ended with {done.returncode}: {(done.stderr or done.stdout).strip()[-300:]}"
        raise SystemExit(f"{release['object']}: {said}; wanted: it runs and says {release['version']}; not installed")


def fetch(settings: Path, program: Path) -> bool:
    """Put the named release in place; True when it was not there before."""
    host = json.loads(settings.read_text())
    release = json.loads(read(host["store"], RELEASE))
    wanted, draft = release["sha256"], program.with_name("fetched")
    if sha256(program) == wanted:
        return False
    if sha256(draft) != wanted:
        data = read(host["store"], release["object"])
        digest = hashlib.sha256(data).hexdigest()
        if digest != wanted:
            raise SystemExit(f"{release['object']}: has sha256 {digest}; {RELEASE} says {wanted}; not installed")
        program.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft.write_bytes(data)
        draft.chmod(0o755)
    if program.exists():
        if time.time() - draft.stat().st_mtime < AFTER_SECONDS.get(host["gateway"], 0):
            return False
        check(draft, release)
    draft.replace(program)
    return True


if __name__ == "__main__":
    given = [*sys.argv[1:], *(SETTINGS, PROGRAM)[len(sys.argv) - 1 :]]
    if fetch(Path(given[0]), Path(given[1])):
        subprocess.run(["systemctl", "restart", "meshfed-agent.service"], check=True)
