"""The page that compares scanners says what its result file says."""

import json

from bench.report import RESULTS
from bench.scanners.programs import versions
from bench.scanners.table import TABLE, table

RESULT = RESULTS / "scanners.json"


def test_the_comparison_is_written_from_its_result() -> None:
    assert TABLE.read_text(encoding="utf-8") == table(RESULT)


def test_the_result_names_the_versions_that_the_script_installs() -> None:
    assert json.loads(RESULT.read_text(encoding="utf-8"))["figures"]["versions"] == versions()


def test_the_gate_itself_caught_every_case() -> None:
    rows = json.loads(RESULT.read_text(encoding="utf-8"))["figures"]["cases"]
    assert [(row["id"], row["case"]) for row in rows if not row["meshfed"]] == []
