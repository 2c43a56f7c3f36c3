"""Conformance: whether a server answers like the model in this machine's memory, the reference.

- `conforming.py`: `Conforming.run`, the whole check; `outcome.py`: what it finds, and the verdict.
- `prompts.py`: what is asked. `asking.py`: the two sides, and how many calls are open at a time.
- `prompt_check.py`, `answer_check.py`, `logprob_check.py`: one prompt's ids, tokens and logprobs.
- `expectation.py`: exact shares of the next token, and the values that tell most; `goodness.py`:
  whether draws fit them; `parameter_check.py`: which parameters have an effect.
- `report.py`: the HTML file; `command.py`: `app.py conform`.
"""
