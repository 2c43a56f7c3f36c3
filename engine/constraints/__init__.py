"""What holds an answer to a schema or a grammar: compiling it, and which tokens it allows."""
