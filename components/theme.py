"""The look: colours, fonts that ship with Gradio, and the page's head."""

from __future__ import annotations

import gradio as gr

from components.access.visitors import META
from components.client_component import SHELL, read_asset

# Weights 400 and 700 only: the semi-bold files that ship with Gradio lack most letters.
WEIGHTS = (400, 700)


def theme() -> gr.themes.Base:
    return gr.themes.Base(
        primary_hue="indigo",
        secondary_hue="indigo",
        neutral_hue="slate",
        font=[gr.themes.LocalFont("IBM Plex Sans", WEIGHTS), "system-ui", "sans-serif"],
        font_mono=[gr.themes.LocalFont("IBM Plex Mono", WEIGHTS), "ui-monospace", "monospace"],
        text_size="sm",
        spacing_size="sm",
        radius_size="md",
    ).set(
        body_background_fill="*neutral_50",
        body_background_fill_dark="*neutral_950",
        body_text_color_subdued="*neutral_500",
        body_text_color_subdued_dark="*neutral_400",
        block_border_width="1px",
        block_shadow="none",
        block_title_text_weight="400",
        block_label_text_weight="400",
        block_info_text_color="*neutral_500",
        block_info_text_color_dark="*neutral_400",
        block_title_text_color="*neutral_700",
        block_title_text_color_dark="*neutral_200",
        button_primary_background_fill="*primary_600",
        button_primary_background_fill_hover="*primary_700",
        button_primary_background_fill_dark="*primary_600",
        button_primary_text_color="white",
        button_secondary_background_fill="white",
        button_secondary_background_fill_dark="*neutral_800",
        button_secondary_border_color="*neutral_200",
        button_secondary_border_color_dark="*neutral_700",
        button_border_width="1px",
        input_background_fill="white",
        input_background_fill_dark="*neutral_900",
        input_border_width="1px",
        slider_color="*primary_500",
        slider_color_dark="*primary_400",
    )


def head(demo: bool = False) -> str:
    """The page's head: the colour scheme, the layout, and demo mode."""
    scheme = '<meta name="color-scheme" content="light dark">'
    return f"{scheme}<style>{read_asset(SHELL)}</style>{META if demo else ''}"
