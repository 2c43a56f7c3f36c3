"""The grammar of calls has a rule for each tool, or says what it has no words for."""

import json

import pytest

from core.errors import InvalidInput
from core.tools.call_grammar import CallForm, call_grammar
from core.tools.schemas import parse_tools

PYTHON = CallForm("python", "<[10]>", "<[11]>")
XML = CallForm("xml", '"<tool_call>"', '"</tool_call>"')


def tools(properties, name="f", **more):
    parameters = {"type": "object", "properties": properties, **more}
    return parse_tools(json.dumps([{"name": name, "parameters": parameters}]))


def test_a_named_tool_is_called_once_and_a_required_one_up_to_a_number():
    found = tools({"a": {"type": "boolean"}})
    assert "{0," not in call_grammar(found, PYTHON, most_calls=1)
    assert "{0,7}" in call_grammar(found, PYTHON).splitlines()[0]
    assert '"True" | "False"' in call_grammar(found, PYTHON)


@pytest.mark.parametrize(
    ("form", "found", "named"),
    [
        (PYTHON, tools({}, name="two words"), "'two words' of the tool two words"),
        (PYTHON, tools({"a b": {}}), "'a b' of the tool f"),
        (PYTHON, tools({"a": {}}, minProperties=1), "minProperties of the whole object"),
        (XML, tools({"a": {"type": "string", "pattern": "x"}}), "a of f can't be held"),
        (XML, tools({"a": {"anyOf": [{"type": "integer"}]}}), "a of f can't be held"),
    ],
)
def test_what_a_form_has_no_words_for_is_refused(form, found, named):
    with pytest.raises(InvalidInput, match=named):
        call_grammar(found, form)
