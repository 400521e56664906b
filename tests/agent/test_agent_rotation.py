"""Two ends of one tunnel, simulated: documents lost, late and out of order, hosts killed and replaced at any step.

The state machine is the real one (`rotation.decide`); keys, interfaces, documents and BGP are modelled here.
"""

from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meshfed_agent.rotation import Decision, OwnKey, View, decide, usable

ROTATE = 1000
Events = list[tuple[str, str, bool, bool, int, int]]


@dataclass
class Model:
    """One end: what survives a kill (keys, interfaces, switches) and what it published."""

    starter: bool
    letter: str
    keys: dict[int, OwnKey] = field(default_factory=dict[int, OwnKey])
    made: int = 0
    links: dict[int, tuple[str, str]] = field(default_factory=dict[int, tuple[str, str]])
    """Own and far public key of each interface."""
    disabled: frozenset[int] = frozenset()
    history: list[dict[int, str]] = field(default_factory=list[dict[int, str]])
    accepted: int = -1
    """Index of the far end's newest accepted document."""
    settling: bool = False

    def replace_host(self) -> None:
        """A new VM: nothing but what is published is left."""
        self.keys, self.links, self.disabled, self.settling = {}, {}, frozenset(), False
        self.accepted = -1

    def public(self) -> dict[int, str]:
        return {generation: key.public for generation, key in self.keys.items()}


@dataclass
class Tunnel:
    """Both ends and the clock."""

    a: Model = field(default_factory=lambda: Model(starter=True, letter="a"))
    b: Model = field(default_factory=lambda: Model(starter=False, letter="b"))
    now: int = 0
    rotate_seconds: int = ROTATE

    def other(self, end: Model) -> Model:
        return self.b if end is self.a else self.a

    def working(self) -> frozenset[int]:
        """Generations whose interfaces stand at both ends with each other's keys, BGP not switched off."""
        return frozenset(
            generation
            for generation, (own, far) in self.a.links.items()
            if self.b.links.get(generation) == (far, own) and generation not in self.a.disabled | self.b.disabled
        )

    def deliver(self, end: Model, index: int) -> None:
        """A document of the far end reaches this end; an older one than the accepted is refused."""
        end.accepted = max(end.accepted, min(index, len(self.other(end).history) - 1))

    def step(self, end: Model, *, bgp: bool, requested: bool, effects: int = 9) -> None:
        """One pass, killed after so many effects. BGP may be down although the interfaces match."""
        far = self.other(end).history[end.accepted] if end.accepted >= 0 else {}
        established = self.working() if bgp else frozenset[int]()
        view = View(
            starter=end.starter,
            own=end.keys,
            peer=far,
            established=established,
            steady=established,
            now=self.now,
            rotate_seconds=self.rotate_seconds,
            requested=requested,
            settled=end.settling,
        )
        decision = decide(view)
        end.settling = False if effects < 9 else bool(decision.disable)
        steps = (
            lambda: self._keys(end, decision, far),
            lambda: self._drop(end, decision),
            lambda: self._publish(end),
            lambda: self._set_links(end, far),
            lambda: self._switch(end, decision),
        )
        for effect in steps[:effects]:
            effect()
        self.now += 1

    def _keys(self, end: Model, decision: Decision, far: dict[int, str]) -> None:
        for generation in decision.make:
            end.made += 1
            serial = max((key.serial for key in end.keys.values()), default=0) + 1
            public = f"{end.letter}{generation}.{end.made}"
            end.keys[generation] = OwnKey(generation, public, serial, self.now, far.get(generation, ""))
        for generation in decision.pair:
            old = end.keys[generation]
            end.keys[generation] = OwnKey(generation, old.public, old.serial, old.created, far[generation])

    def _drop(self, end: Model, decision: Decision) -> None:
        for generation in decision.drop:
            del end.keys[generation]

    def _publish(self, end: Model) -> None:
        if not end.history or end.history[-1] != end.public():
            end.history.append(end.public())

    def _set_links(self, end: Model, far: dict[int, str]) -> None:
        wanted = {generation: (end.keys[generation].public, far[generation]) for generation in usable(end.keys, far)}
        end.links = wanted

    def _switch(self, end: Model, decision: Decision) -> None:
        end.disabled = decision.disable

    def calm(self, passes: int = 12) -> None:
        """Nothing is lost any more and nothing new begins: every pass sees the newest document."""
        self.rotate_seconds = 10**9
        for _ in range(passes):
            for end in (self.a, self.b):
                self.deliver(end, len(self.other(end).history))
                self.step(end, bgp=True, requested=False)


def fresh() -> Tunnel:
    tunnel = Tunnel()
    tunnel.calm()
    tunnel.rotate_seconds = ROTATE
    return tunnel


events = st.lists(
    st.tuples(
        st.sampled_from("ab"),
        st.sampled_from(["newest", "older", "none"]),
        st.booleans(),  # BGP is up where it can be
        st.booleans(),  # a rotation is asked for
        st.sampled_from([0, 1, 2, 3, 4, 9]),  # effects before a kill
        st.integers(0, ROTATE),  # seconds until then
    ),
    max_size=120,
)


@given(events)
@settings(max_examples=400, deadline=None)
def test_at_every_step_at_least_one_generation_works_at_both_ends(
    happenings: Events,
) -> None:
    tunnel = fresh()
    assert tunnel.working()
    for who, what, bgp, requested, effects, seconds in happenings:
        end = tunnel.a if who == "a" else tunnel.b
        if what != "none":
            tunnel.deliver(end, len(tunnel.other(end).history) - (1 if what == "newest" else 2))
        tunnel.now += seconds
        tunnel.step(end, bgp=bgp, requested=requested, effects=effects)
        assert tunnel.working(), (end.letter, tunnel)
    tunnel.calm()
    assert len(tunnel.working()) == 1
    assert tunnel.a.links.keys() == tunnel.b.links.keys() == tunnel.working()


@given(events, st.sets(st.integers(0, 119)))
@settings(max_examples=200, deadline=None)
def test_replaced_hosts_at_any_step_end_in_one_working_generation(happenings: Events, replaced: set[int]) -> None:
    """A replaced host's tunnel is down until documents were exchanged; it always comes back by itself."""
    tunnel = Tunnel()
    for number, (who, what, bgp, requested, effects, seconds) in enumerate(happenings):
        end = tunnel.a if who == "a" else tunnel.b
        if number in replaced:
            end.replace_host()
        if what != "none":
            tunnel.deliver(end, len(tunnel.other(end).history) - (1 if what == "newest" else 2))
        tunnel.now += seconds
        tunnel.step(end, bgp=bgp, requested=requested, effects=effects)
    tunnel.calm()
    assert len(tunnel.working()) == 1
    assert tunnel.a.links.keys() == tunnel.b.links.keys() == tunnel.working()


@given(events)
@settings(max_examples=100, deadline=None)
def test_both_ends_have_new_keys_after_a_rotation(happenings: Events) -> None:
    tunnel = fresh()
    for who, what, bgp, requested, effects, seconds in happenings:
        end = tunnel.a if who == "a" else tunnel.b
        if what != "none":
            tunnel.deliver(end, len(tunnel.other(end).history))
        tunnel.now += seconds
        tunnel.step(end, bgp=bgp, requested=requested, effects=effects)
    tunnel.calm()
    before = tunnel.a.public(), tunnel.b.public()
    tunnel.step(tunnel.a, bgp=True, requested=True)
    tunnel.calm()
    after = tunnel.a.public(), tunnel.b.public()
    assert not set(before[0].values()) & set(after[0].values())
    assert not set(before[1].values()) & set(after[1].values())


def key(generation: int, serial: int = 1, made_for: str = "") -> OwnKey:
    return OwnKey(generation, f"own{generation}", serial, 0, made_for)


def seen(own: dict[int, OwnKey], peer: dict[int, str], up: set[int], **changes: Any) -> View:
    """What a starter sees on a quiet day, but for the changes."""
    view = View(
        starter=True,
        own=own,
        peer=peer,
        established=frozenset(up),
        steady=frozenset(up),
        now=0,
        rotate_seconds=ROTATE,
        requested=False,
        settled=False,
    )
    return replace(view, **changes)


@pytest.mark.parametrize(
    ("view", "wanted"),
    [
        (seen({}, {}, set()), Decision(make=frozenset({0}))),
        (seen({}, {1: "far"}, set()), Decision(make=frozenset({1}))),
        (seen({0: key(0)}, {0: "far"}, {0}, now=ROTATE - 1), Decision()),
        (seen({0: key(0)}, {0: "far"}, {0}, now=ROTATE), Decision(make=frozenset({1}))),
        (seen({0: key(0)}, {0: "far"}, set(), now=ROTATE), Decision()),
        (seen({1: key(1)}, {1: "far"}, {1}, requested=True), Decision(make=frozenset({0}))),
        (seen({0: key(0), 1: key(1, 2)}, {0: "f", 1: "f"}, {0}), Decision()),
        (seen({0: key(0), 1: key(1, 2)}, {0: "f", 1: "f"}, {0, 1}), Decision(disable=frozenset({0}))),
        (seen({0: key(0), 1: key(1, 2)}, {0: "f", 1: "f"}, {0, 1}, steady=frozenset()), Decision()),
        (seen({0: key(0), 1: key(1, 2)}, {0: "f", 1: "f"}, {1}, settled=True), Decision(drop=frozenset({0}))),
        (seen({0: key(0), 1: key(1, 2)}, {0: "f", 1: "f"}, set(), settled=True), Decision()),
        (seen({}, {}, set(), starter=False), Decision(make=frozenset({0}))),
        (seen({0: key(0, 1, "f")}, {0: "f", 1: "g"}, {0}, starter=False), Decision(make=frozenset({1}))),
        (seen({0: key(0, 1, "f"), 1: key(1, 2, "g")}, {1: "g"}, {0}, starter=False), Decision()),
        (seen({0: key(0, 1, "f"), 1: key(1, 2, "g")}, {1: "g"}, {1}, starter=False), Decision(drop=frozenset({0}))),
        (seen({0: key(0)}, {0: "f"}, set(), starter=False), Decision(pair=frozenset({0}))),
        (
            seen({0: key(0, 1, "f"), 1: key(1, 2, "g")}, {0: "n", 1: "g"}, {1}, starter=False),
            Decision(make=frozenset({0})),
        ),
        (seen({0: key(0, 1, "f")}, {}, {0}, starter=False), Decision()),
    ],
)
def test_each_step_is_as_described(view: View, wanted: Decision) -> None:
    assert decide(view) == wanted
