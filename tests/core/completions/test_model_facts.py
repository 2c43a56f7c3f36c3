"""What is read of another server's models: nothing that a script would have to fear."""

from __future__ import annotations

from typing import Any

import pytest

from core.completions.model_facts import model_entry, read_models
from core.errors import InvalidInput
from core.runs.capabilities import Capabilities
from core.runs.engine import ModelDescription

KNOWN = {"architecture": "Lfm2ForCausalLM", "dtype": "bfloat16", "weights": "float32, packed",
         "device": "cuda:1", "revision": "0a1b2c"}  # fmt: skip


def listed(**changes: Any) -> dict[str, Any]:
    can = Capabilities(prefill=True, images=True, exact_prompt=True, logprobs=True, candidates=5,
                       tools=True, seeds=True, verification=True)  # fmt: skip
    model = ModelDescription(model="far", context_length=9, capabilities=can, **KNOWN)
    entry = model_entry(model, 0)
    named = {"id": changes.pop("id", "far")}
    return {"data": [{**entry, **named, "playground": {**entry["playground"], **changes}}]}


def facts(**changes: Any) -> dict[str, str]:
    (model,) = read_models(listed(**changes), "there")
    return {name: getattr(model, name) for name in KNOWN}


@pytest.mark.parametrize("name", KNOWN)
@pytest.mark.parametrize("evil", ["x; rm -rf ~", "$(id)", "a\nb", "--trust-remote-code'", "\u2028"])
def test_a_fact_of_another_form_is_left_out(name, evil):
    """A device went unquoted into a command that people copy."""
    assert facts() == KNOWN
    assert facts(**{name: evil}) == {**KNOWN, name: ""}


@pytest.mark.parametrize("name", ["", "--config=x", "a\nb", "a\0", 7, "x" * 201])
def test_a_model_has_a_name_that_is_no_option(name):
    with pytest.raises(InvalidInput, match="there"):
        read_models(listed(id=name), "there")


def test_models_that_a_playground_has_from_servers_are_not_listed_again():
    """Two that named each other listed "x at a at b at a", one more at each look."""
    data = [*listed()["data"], *listed(id="x at b", server="b")["data"]]
    assert [model.model for model in read_models({"data": data}, "there")] == ["far"]
    with pytest.raises(InvalidInput, match="of its own"):
        read_models(listed(server="b"), "there")
