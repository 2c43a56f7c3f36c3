"""Values and rules of the playground: plain data that knows neither torch nor Gradio."""
