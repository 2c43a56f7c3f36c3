"""The YAML files of presets/ and of people: presets, budgets, scenarios, models, recipes."""
