"""The ports that a cloud probes: one is open while the gateway can carry traffic, the other once it works by itself.

A closed port fails a TCP probe and an HTTP probe alike. An open one answers `200` to any GET.
"""

import http.server
import threading
import time
from collections.abc import Callable

from .alarms import LOG
from .bird import Bird
from .config import HostConfig
from .errors import HostError

EVERY_SECONDS = 2.0
TUNNEL_SECONDS = 180.0
"""How long the second port waits for a tunnel. A region that joins has none before its peers open, and a cut of all
links must not look like a broken machine, so it opens without one then."""


class _Answer(http.server.BaseHTTPRequestHandler):
    """Answers every GET with `ok`."""

    timeout = 3

    def do_GET(self) -> None:
        """One short answer."""
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", "3")
        self.end_headers()
        self.wfile.write(b"ok\n")

    def log_message(self, *_: object, **__: object) -> None:
        """Probes come every few seconds: they are not logged."""


class _Port:
    """One TCP port, open or closed."""

    def __init__(self, name: str, address: str, number: int) -> None:
        self._name, self._place = name, (address, number)
        self._server: http.server.ThreadingHTTPServer | None = None

    def set(self, *, is_open: bool) -> None:
        """Open or close it; does nothing where it is so already."""
        if is_open == (self._server is not None):
            return
        LOG.info("%s: port %s is %s", self._name, self._place[1], "open" if is_open else "closed")
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
            return
        try:
            server = http.server.ThreadingHTTPServer(self._place, _Answer)
        except OSError as fault:
            LOG.warning("%s: port %s cannot be opened: %s", self._name, self._place[1], fault.strerror)
            return
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, name=f"{self._name}-port", daemon=True).start()
        self._server = server


class Health:
    """Watches the sessions and opens or closes the ports."""

    def __init__(self, host: HostConfig, bird: Bird, clock: Callable[[], float] = time.monotonic) -> None:
        self._bird, self._clock = bird, clock
        self._needed: frozenset[str] | None = None
        self._applied: float | None = None
        self._worked = False
        self._carries = _Port("health", host.health_address, host.health_port)
        ready = host.ready_port
        self._ready = None if ready is None else _Port("ready", host.health_address, ready)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="health", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop(self) -> None:
        """Close the ports and end."""
        self._stop.set()
        self._thread.join()

    def expect(self, sessions: frozenset[str]) -> None:
        """One of these BGP sessions must be up; none at all means there are no peers yet, which is healthy."""
        self._needed = sessions

    def applied(self) -> None:
        """A whole pass left no fault on this host, and heard of its peers: from now on only a tunnel is waited for."""
        if self._applied is None:
            self._applied = self._clock()

    def healthy(self) -> bool:
        """Whether traffic may come. Before the first gateway document it may not."""
        if self._needed is None:
            return False
        if not self._needed:
            return True
        try:
            return bool(self._needed & self._bird.established())
        except HostError:
            return False

    def ready(self, *, healthy: bool) -> bool:
        """Whether the machine works: it applied a gateway document, and a tunnel came up or was waited for.

        Once it does, it stays so: this is about the machine, and peers come and go.
        """
        waited = self._applied is not None and self._clock() - self._applied >= TUNNEL_SECONDS
        self._worked = self._worked or healthy or waited
        return self._worked

    def _watch(self) -> None:
        while True:
            healthy = self.healthy()
            self._set(carries=healthy, ready=self.ready(healthy=healthy))
            if self._stop.wait(EVERY_SECONDS):
                self._set(carries=False, ready=False)
                return

    def _set(self, *, carries: bool, ready: bool) -> None:
        self._carries.set(is_open=carries)
        if self._ready is not None:
            self._ready.set(is_open=ready)
