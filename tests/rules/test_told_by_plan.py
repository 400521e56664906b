"""What the settings and facts say already reaches the rules without being written twice."""

from datetime import date

from meshfed.rules.gate import Policy
from meshfed.settings.gate import Exceptions, GateParameters
from tests.rules.plans import plan_of

ADMINISTRATOR = "arn:aws:iam::222222222222:role/break-glass"


def test_a_plan_tells_domains_issuers_lifetimes_and_administrators() -> None:
    changes = {
        "regions": {"use1": {"cluster": {"administrators": [ADMINISTRATOR]}}, "euw3": {"state": "draining"}},
        "lifetimes": {"workload_svid_seconds": 7200},
    }
    policy = Policy((), date(2026, 11, 21), GateParameters(root_namespace="mesh"), Exceptions())
    told = policy.effective(plan_of(changes, ("use1", "use4")))
    assert told.root_namespace == "mesh"
    assert "use1.mesh.acme.example" in told.trust_domains
    assert told.issuers == ("https://issuer.example/use1", "https://issuer.example/use4")
    assert told.lifetimes.workload_svid_seconds == 7200
    assert told.cluster_administrators == (ADMINISTRATOR,)
    assert told.leaving_regions == ("euw3",)


def test_what_a_plan_does_not_know_stays_as_the_owner_wrote_it() -> None:
    written = GateParameters(issuers=("https://issuer.example/own",), cluster_administrators=(ADMINISTRATOR,))
    told = Policy((), date(2026, 11, 21), written).effective(plan_of({}))
    assert (told.issuers, told.cluster_administrators) == (written.issuers, written.cluster_administrators)
