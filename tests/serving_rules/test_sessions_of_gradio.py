"""What Gradio keeps of each visit is bounded: without that, visits alone fill the memory."""

import gradio as gr

from serving.server import SESSIONS, Serving, _application


def test_the_state_of_the_latest_sessions_is_kept_and_no_more():
    with gr.Blocks() as page:
        gr.Textbox()
    _application(page, Serving(port=0))
    for number in range(SESSIONS + 5):
        assert page.state_holder[f"session {number}"]
    assert len(page.state_holder.session_data) == SESSIONS
    assert "session 4" not in page.state_holder
    assert "session 5" in page.state_holder
