"""The Prompt tab and the token meter."""
