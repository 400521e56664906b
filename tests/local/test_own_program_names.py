"""What is no name of a stack is refused before an engine starts or a file is made."""

from pathlib import Path

import pytest

from meshfed.errors import SettingsError
from meshfed_local import program


@pytest.mark.parametrize("stack", ["../x", ".", "..", ".x", "a/b", "", "a b", "x" * 101])
def test_a_stack_with_a_name_that_is_none_is_refused(tmp_path: Path, stack: str) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: own\nruntime: python\n", encoding="utf-8")
    world = tmp_path / "world"
    for verb in (program.preview, program.up, program.down):
        with pytest.raises(SettingsError, match=r"--stack: .*is no name of a stack\. Up to 100 letters"):
            verb(tmp_path, stack, world=world)
    with pytest.raises(SettingsError, match="is no name of a stack"):
        program.export(tmp_path, tmp_path / "out.json", stack, world=world)
    assert not world.exists()
