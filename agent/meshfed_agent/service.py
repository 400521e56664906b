"""The agent as a service: pass after pass until it is told to end, with systemd told that it lives."""

import os
import random
import signal
import socket
import threading
from datetime import UTC, datetime

from .agent import Agent
from .alarms import LOG
from .errors import AgentError
from .store import Store
from .update import AFTER_SECONDS, Patience, running, update

MOVING_SECONDS = 5.0
JITTER = 0.1
"""Share by which a pause is longer or shorter, so that all gateways do not poll in step."""


class Service:
    """Runs passes. SIGTERM and SIGINT end it, SIGHUP starts a pass at once."""

    def __init__(self, agent: Agent, store: Store, gateway: str) -> None:
        self._agent, self._store = agent, store
        self._patience = Patience(AFTER_SECONDS.get(gateway, 0.0))
        self._wake = threading.Event()
        self._ending = False

    def run(self) -> None:
        """Until told to end, or until a new release is in place; systemd starts that one."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._end)
        signal.signal(signal.SIGHUP, self._pass_now)
        self._agent.health.start()
        notify("READY=1")
        try:
            while not self._ending and not self._updated():
                self._wake.clear()
                outcome = self._agent.pass_once(datetime.now(UTC))
                notify("WATCHDOG=1")
                pause = min(outcome.poll_seconds, MOVING_SECONDS) if outcome.moving else outcome.poll_seconds
                self._wake.wait(pause * random.uniform(1 - JITTER, 1 + JITTER))  # noqa: S311 - spreads load, hides nothing
        finally:
            notify("STOPPING=1")
            self._agent.health.stop()

    def _pass_now(self, *_: object) -> None:
        self._wake.set()

    def _end(self, *_: object) -> None:
        self._ending = True
        self._wake.set()

    def _updated(self) -> bool:
        program = running()
        if program is None:
            return False
        try:
            return update(self._store, program, self._patience)
        except AgentError as fault:
            LOG.warning("update: %s; the present release goes on", fault)
            return False


def notify(message: str) -> None:
    """Tell systemd, where it listens (sd_notify(3))."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as connection:
            connection.sendto(message.encode(), address.replace("@", "\0", 1) if address[0] == "@" else address)
    except OSError as fault:
        LOG.warning("systemd at %s: cannot be told %s: %s", address, message, fault.strerror)
