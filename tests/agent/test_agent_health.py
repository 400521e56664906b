"""The two ports that clouds probe: one follows the tunnels, the other tells whether the machine itself works."""

import socket
from pathlib import Path

import pytest

from meshfed_agent.bird import Bird
from meshfed_agent.config import HostConfig
from meshfed_agent.errors import HostError
from meshfed_agent.health import TUNNEL_SECONDS, Health

from .lab import until

PEER = frozenset({"wg_p2_a0"})


class Sessions(Bird):
    """A BIRD of which the test says what is established; None is one that does not answer."""

    def __init__(self) -> None:
        super().__init__(Path("/nonexistent"))
        self.up: frozenset[str] | None = frozenset()

    def established(self) -> frozenset[str]:
        """What the test says."""
        if self.up is None:
            raise HostError("bird: no answer")
        return self.up


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@pytest.fixture
def host() -> HostConfig:
    return HostConfig(Path("/nonexistent"), "unix:///nonexistent", "127.0.0.1", free_port(), free_port())


@pytest.fixture
def sessions() -> Sessions:
    return Sessions()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def health(host: HostConfig, sessions: Sessions, clock: Clock) -> Health:
    return Health(host, sessions, clock)


def seen(health: Health) -> tuple[bool, bool]:
    """Whether it carries traffic, and whether the machine is ready."""
    healthy = health.healthy()
    return healthy, health.ready(healthy=healthy)


def test_without_a_gateway_document_nothing_is_ready_however_long_it_takes(health: Health, clock: Clock) -> None:
    clock.now += 10 * TUNNEL_SECONDS
    assert seen(health) == (False, False)


def test_a_machine_without_peers_is_ready_at_once(health: Health) -> None:
    health.expect(frozenset())
    assert seen(health) == (True, True)


def test_a_machine_that_cannot_do_what_its_document_says_is_not_ready_by_waiting(health: Health, clock: Clock) -> None:
    health.expect(PEER)
    clock.now += 10 * TUNNEL_SECONDS
    assert seen(health) == (False, False)


def test_a_machine_is_ready_with_its_first_tunnel(health: Health, sessions: Sessions) -> None:
    health.expect(PEER)
    assert seen(health) == (False, False)
    sessions.up = PEER
    assert seen(health) == (True, True)


def test_a_tunnel_is_waited_for_and_then_done_without(health: Health, clock: Clock) -> None:
    health.expect(PEER)
    health.applied()
    clock.now += TUNNEL_SECONDS - 1
    health.applied()
    health.expect(PEER | {"wg_p3_a0"})
    assert seen(health) == (False, False)
    clock.now += 1
    assert seen(health) == (False, True)


def test_a_cut_of_every_link_leaves_a_ready_machine_ready(health: Health, sessions: Sessions) -> None:
    health.expect(PEER)
    sessions.up = PEER
    assert seen(health) == (True, True)
    for fault in (frozenset[str](), None):
        sessions.up = fault
        assert seen(health) == (False, True)


def is_open(port: int | None) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port or 0), 2).close()
    except ConnectionRefusedError:
        return False
    return True


def test_the_ports_show_it_and_close_with_the_agent(host: HostConfig, health: Health, clock: Clock) -> None:
    health.expect(PEER)
    health.applied()
    clock.now += TUNNEL_SECONDS
    health.start()
    try:
        until(lambda: is_open(host.ready_port), "the machine is ready")
        assert not is_open(host.health_port)
    finally:
        health.stop()
    assert not is_open(host.ready_port)
