"""What to do next about the keys of one tunnel: a pure function of what one end sees.

The two ends differ. The *starter* (the smaller name) decides which generations exist; the *follower* makes a key for
each generation that the starter publishes, and drops one only after the starter did and another one works. So whatever
is lost, late or killed, the two converge on what the starter publishes, and the old generation goes only after BGP runs
on the new one:

    starter {0}      follower {0}       steady
    starter {0,1}    follower {0}       the starter made a key and published both
    starter {0,1}    follower {0,1}     the follower followed; both interfaces stand, BGP comes up on 1
    starter {0,1}    0 disabled         BGP on 1 proved steady, routes have moved; settling
    starter {1}      follower {0,1}     the starter dropped 0
    starter {1}      follower {1}       steady
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OwnKey:
    """What is known about an own key besides its secret."""

    generation: int
    public: str
    serial: int
    """Grows with each key of the tunnel, so that the newest is known without a clock."""
    created: int
    """Seconds since 1970, for the age alone."""
    made_for: str
    """The far end's public key that this one was paired with first; empty before one was known."""


@dataclass(frozen=True, slots=True)
class View:
    """What one end sees of one tunnel."""

    starter: bool
    own: Mapping[int, OwnKey]
    peer: Mapping[int, str]
    """Public keys in the far end's accepted document."""
    established: frozenset[int]
    """Generations on which BGP is established."""
    steady: frozenset[int]
    """Those on which it has been for the whole settling time: handshakes of two ends that began at once are over."""
    now: int
    rotate_seconds: int
    requested: bool
    """An operator asked for a rotation."""
    settled: bool
    """The old generation has been disabled, with BGP up on the new one, for the whole settling time."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do: first make, then pair, then drop; disable holds as long as it is decided anew."""

    make: frozenset[int] = frozenset()
    """Generations that get a new key (instead of an old one, if there is one)."""
    pair: frozenset[int] = frozenset()
    """Generations whose key is now paired with the key that the far end publishes."""
    drop: frozenset[int] = frozenset()
    """Generations whose key and interface go."""
    disable: frozenset[int] = frozenset()
    """Generations whose BGP is switched off so that routes leave them first."""


def decide(view: View) -> Decision:
    """The next step of this end; deciding twice without a change in between decides the same."""
    return _start(view) if view.starter else _follow(view)


def usable(own: Mapping[int, OwnKey], peer: Mapping[int, str]) -> Iterator[int]:
    """Generations for which both ends have published a key: their interfaces stand."""
    return (generation for generation in sorted(own) if generation in peer)


def _start(view: View) -> Decision:
    if not view.own:
        # A new host joins what the far end still has, if that is known: it is back after one exchange.
        return Decision(make=frozenset({min(view.peer, default=0)}))
    newest = max(view.own.values(), key=lambda key: key.serial)
    old = frozenset(view.own) - {newest.generation}
    if not old:
        due = view.requested or view.now - newest.created >= view.rotate_seconds
        if due and newest.generation in view.established:
            return Decision(make=frozenset({1 - newest.generation}))
        return Decision()
    if newest.generation not in view.established & view.steady:
        return Decision()
    return Decision(drop=old) if view.settled else Decision(disable=old)


def _follow(view: View) -> Decision:
    if not view.own and not view.peer:
        return Decision(make=frozenset({0}))
    renew = frozenset(generation for generation in _repaired(view) if view.established - {generation})
    return Decision(
        make=frozenset(view.peer.keys() - view.own.keys()) | renew,
        pair=frozenset(_repaired(view)) - renew,
        drop=frozenset(
            generation
            for generation in view.own.keys() - view.peer.keys()
            if view.established & view.own.keys() & view.peer.keys()
        ),
    )


def _repaired(view: View) -> list[int]:
    """Generations for which the starter has a new key. The old pair is dead then: the starter gave up its key.

    The follower's key is renewed too where another generation carries the traffic, and kept where none does, which
    brings a tunnel to a replaced starter back one exchange sooner.
    """
    return [
        generation
        for generation, key in view.own.items()
        if generation in view.peer and view.peer[generation] != key.made_for
    ]
