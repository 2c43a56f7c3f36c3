"""Counts of a rendered prompt."""

from hypothesis import given
from hypothesis import strategies as st

from core.prompt import PromptToken, RenderedPrompt

TOKENS = st.lists(
    st.builds(
        PromptToken,
        token_id=st.integers(0, 65535),
        text=st.text(max_size=3),
        message=st.one_of(st.none(), st.integers(0, 3)),
        special=st.booleans(),
        image=st.booleans(),
    )
).map(tuple)


@given(TOKENS)
def test_every_token_is_counted_once_in_its_message_or_in_the_template(tokens):
    prompt = RenderedPrompt("", tokens, 100)
    templates_own = sum(token.message is None for token in tokens)
    assert prompt.message_tokens.total() + templates_own == len(prompt.token_ids) == len(tokens)


@given(TOKENS)
def test_image_tokens_are_the_placeholders(tokens):
    assert RenderedPrompt("", tokens, 100).image_tokens == len([t for t in tokens if t.image])


def test_a_prompt_counts_by_message_and_keeps_the_ids_in_order():
    prompt = RenderedPrompt(
        text="<|im_start|>user\nHi!<|im_end|>",
        tokens=(
            PromptToken(6, "<|im_start|>", special=True),
            PromptToken(40, "user\n"),
            PromptToken(41, "Hi", message=0),
            PromptToken(42, "!", message=0),
            PromptToken(7, "<|im_end|>", special=True),
        ),
        context_length=100,
    )
    assert prompt.token_ids == (6, 40, 41, 42, 7)
    assert prompt.message_tokens == {0: 2}
    assert prompt.message_tokens[1] == 0
    assert prompt.image_tokens == 0
