"""Scripts that the gate knows by their hash are the ones that are rendered."""

import hashlib

from meshfed.render.cloud_init import HEALTH_PORT
from meshfed.render.readiness import readiness_script
from meshfed.rules.bypasses.other_ways import READINESS_SHA256


def test_the_known_readiness_script_is_the_rendered_one() -> None:
    assert hashlib.sha256(readiness_script(HEALTH_PORT).encode()).hexdigest() == READINESS_SHA256
