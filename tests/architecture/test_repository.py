"""What holds for the repository as a whole: every test is collected, versions stand once, wheels hold one package."""

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from meshfed.settings import versions
from tests.architecture.sources import ROOT, files


def test_every_test_file_is_collected() -> None:
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    collected = {line.partition("::")[0] for line in done.stdout.splitlines() if "::" in line}
    written = {str(path.relative_to(ROOT)) for path in files("tests") if path.name.startswith("test_")}
    assert written - collected == set()
    with_tests = {
        str(path.relative_to(ROOT))
        for path in files("tests")
        if re.search(r"^(async )?def test_", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert with_tests - written == set(), "tests in files that pytest does not look into"


def test_a_version_of_what_is_deployed_stands_in_one_place() -> None:
    numbers = [value for name, value in vars(versions).items() if name.isupper() and value.count(".") > 1]
    assert numbers
    second = [
        f"{path.relative_to(ROOT)}: {number}"
        for path in files("components", "agent", "stacks")
        if path.name != "versions.py"
        for number in numbers
        if number in path.read_text(encoding="utf-8")
    ]
    assert second == []


@pytest.mark.parametrize(("member", "package"), [("components", "meshfed"), ("agent", "meshfed_agent")])
def test_a_wheel_holds_its_own_package_and_nothing_else(member: str, package: str, tmp_path: Path) -> None:
    command = ["uv", "build", "--wheel", "--offline", "--no-build-isolation", "--quiet", "-o", str(tmp_path), member]
    subprocess.run(command, cwd=ROOT, check=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        tops = {name.partition("/")[0] for name in archive.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {package}
