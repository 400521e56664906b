"""A host in network and mount namespaces of its own, so that programs of several gateways run side by side."""

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

WAIT_SECONDS = 60.0
PRIVATE_FOLDERS = ("/run/wireguard",)
"""Where programs keep sockets named after interfaces."""


def until(fact: Callable[[], bool], what: str, seconds: float = WAIT_SECONDS) -> None:
    """Wait for a fact; the time is a bound against hanging, not a measurement."""
    deadline = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < deadline, f"never true: {what}"
        time.sleep(0.1)


class Host:
    """One host; `close` ends everything that it started."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder, self.name = folder / name, name
        self.folder.mkdir(parents=True)
        self._children: list[subprocess.Popen[bytes]] = []
        private = " && ".join(f"mkdir -p {path} && mount -t tmpfs tmpfs {path}" for path in PRIVATE_FOLDERS)
        ready = self.folder / "ready"
        script = f"{private} && ip link set lo up && touch {ready} && exec sleep infinity"
        self._holder = subprocess.Popen(["unshare", "--net", "--mount", "sh", "-c", script])
        until(ready.exists, f"namespaces of {name}: run as root")
        self._enter = ["nsenter", "--target", str(self._holder.pid), "--net", "--mount"]

    def try_sh(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """A command inside, whatever comes of it."""
        return subprocess.run(
            [*self._enter, *arguments], input=stdin, capture_output=True, text=True, check=False, timeout=60
        )

    def sh(self, *arguments: str, stdin: str = "") -> str:
        """What a command inside prints; it must succeed."""
        done = self.try_sh(*arguments, stdin=stdin)
        assert done.returncode == 0, f"{self.name}: {' '.join(arguments)}: {done.stderr or done.stdout}"
        return done.stdout

    def spawn(self, *arguments: str, log: str, environment: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
        """A command inside that goes on until the host is closed."""
        settings = ["env", *(f"{name}={value}" for name, value in (environment or {}).items())]
        with (self.folder / log).open("ab") as stream:
            child = subprocess.Popen(
                [*self._enter, *settings, *arguments], stdin=subprocess.DEVNULL, stdout=stream, stderr=stream
            )
        self._children.append(child)
        return child

    def join(self, other: "Host", here: str, there: str) -> None:
        """A cable between two hosts."""
        self.sh(
            *("ip", "link", "add", here, "type", "veth", "peer", "name", there, "netns", str(other.pid)),
        )
        for host, device in ((self, here), (other, there)):
            host.sh("ip", "link", "set", device, "up")

    @property
    def pid(self) -> int:
        """The process that holds the namespaces."""
        return self._holder.pid

    def close(self) -> None:
        """End what was started; the namespaces go with their last process."""
        for child in reversed(self._children):
            child.terminate()
            child.wait()
        for line in self.sh("ip", "-o", "link", "show").splitlines():
            name = line.split(": ")[1].split("@")[0]
            if name.startswith("wg-"):
                self.sh("ip", "link", "delete", name)
        self._holder.terminate()
        self._holder.wait()
