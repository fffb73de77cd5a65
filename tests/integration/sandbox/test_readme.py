from dataclasses import fields
from pathlib import Path
from typing import get_args

import pytest

import tools.sandbox
from tools.sandbox import Knobs, Sandbox
from tools.sandbox.faults import Kind

_README = (Path(tools.sandbox.__file__).parent / "README.md").read_text()


@pytest.mark.parametrize("name", [one.name for one in fields(Knobs)])
def test_every_knob_is_explained(name: str) -> None:
    assert f"| `{name}` |" in _README


@pytest.mark.parametrize("kind", get_args(Kind.__value__))
def test_every_fault_is_explained(kind: str) -> None:
    assert f"| `{kind}` |" in _README


@pytest.mark.parametrize("key", Sandbox().evidence())
def test_every_key_of_the_evidence_is_explained(key: str) -> None:
    assert f"`{key}`" in _README
