"""Variables: `{{name}}` in messages, tools and schemas, with a field for each value."""
