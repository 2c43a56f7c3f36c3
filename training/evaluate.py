"""`python -m training.evaluate`: the held-out figures of a model folder, as a table or JSON."""

import argparse
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import torch

from training.asking import (
    FOLDER,
    GREEDY,
    LFM2,
    LFM25,
    PENALISED,
    Answer,
    Pocket,
    answer,
    load,
    prompt,
)
from training.data import dates, extraction, frames, instructions, person_names
from training.data.turns import Conversation, assistant, system, user
from training.evaluate_pictures import picture_figures
from training.evaluate_structured import structured_figures
from training.figures import Figure

SETTINGS = {"greedy": GREEDY, "greedy, penalty 1.05": PENALISED}
SAMPLERS = {
    "temperature 0.1, top_k 50, top_p 0.1, penalty 1.05": LFM25,
    "temperature 0.3, min_p 0.15, penalty 1.05": LFM2,
}


def date_cases(examples: int, plain: bool, each: int) -> list[Conversation]:
    """`each` conversations for every style, on held-out dates."""
    rng = random.Random(f"dates {examples} {plain}")
    styles = dates.STYLES if examples else [dates.DEFAULT_STYLE] * 5
    return [
        dates.few_shot(rng, style, examples, held_out=True, plain=plain)
        for style in styles
        for _ in range(each)
    ]


def extraction_cases(kind: tuple[str, ...], count: int) -> list[Conversation]:
    """Name-and-age requests in the documentation's words, on held-out names."""
    rng = random.Random(f"extraction {kind[0]}")
    usable = [frame for frame in kind if "{name}" in frame and "{age}" in frame]
    cases = []
    for place in range(count):
        facts = extraction.pick_facts(
            rng, person_names.HELD_OUT[place % len(person_names.HELD_OUT)]
        )
        cases.append(extraction.page_style(facts, rng.choice(usable)))
    return cases


def page_dates() -> Conversation:
    """The documentation's few-shot conversation."""
    write = dates.STYLES[dates.DEFAULT_STYLE]
    turns = [system(dates.PAGE_SYSTEM)]
    for text in ("2024-01-15", "2024-12-25", "2024-03-08"):
        turns += [user(text), assistant(write(dates.date.fromisoformat(text)))]
    return tuple(turns)


def exact(pocket: Pocket, cases: list[Conversation], sampling: dict, prefill: str = "") -> int:
    """How many answers are right to the letter and stop by themselves."""
    prompts = [prompt(pocket, case, prefill or None) for case in cases]
    given = answer(pocket, prompts, sampling)
    return sum(
        one.stopped and prefill + one.text == case[-1].content
        for one, case in zip(given, cases, strict=True)
    )


def date_figures(pocket: Pocket, each: int) -> Iterator[Figure]:
    """Few-shot dates by number of examples."""
    for name, sampling in SETTINGS.items():
        for examples in (0, 1, 2, 3, 5):
            cases = date_cases(examples, True, each)
            yield Figure(
                f"dates, {examples} examples", name, exact(pocket, cases, sampling), len(cases)
            )
        cases = date_cases(2, False, each)
        yield Figure(
            "dates, 2 examples, other prompts", name, exact(pocket, cases, sampling), len(cases)
        )
    page = [page_dates()] * 20
    for name, sampling in {**SETTINGS, **SAMPLERS}.items():
        yield Figure("dates, the documentation's", name, exact(pocket, page, sampling), len(page))


def extraction_figures(pocket: Pocket, count: int) -> Iterator[Figure]:
    """Name and age, plain and begun with the documentation's prefill."""
    kinds = {"trained": frames.TRAINED, "held-out": frames.HELD_OUT, "unseen": frames.UNSEEN}
    for kind, sentences in kinds.items():
        cases = extraction_cases(sentences, count)
        for name, sampling in SETTINGS.items():
            for how, prefill in (("", ""), (", prefilled", extraction.PREFILL)):
                right = exact(pocket, cases, sampling, prefill)
                yield Figure(f"JSON, {kind} sentences{how}", name, right, count)
    page = [extraction.page_style({"name": "John", "age": 30})] * 20
    for name, sampling in {**SETTINGS, **SAMPLERS}.items():
        right = exact(pocket, page, sampling, extraction.PREFILL)
        yield Figure("JSON, the documentation's", name, right, len(page))


QUESTIONS = (
    "What colour is the sky?", "Name a fruit", "Tell me a short story about a fox.",
    "What is the capital of France?", "Name three animals.",
)  # fmt: skip
FORMS: dict[str, tuple[str, Callable[[str], bool]]] = {
    "one word": (instructions.ONE_WORD[0], lambda text: len(text.split()) == 1),
    "upper case": (instructions.UPPER_CASE[0], str.isupper),
    "a list": (instructions.AS_LIST[0], lambda text: text.startswith(("- ", "1. "))),
}


def open_figures(pocket: Pocket, count: int) -> Iterator[Figure]:
    """Obeyed forms, stopping, and variety of sampled stories."""
    sampling: dict[str, object] = {"do_sample": True, "temperature": 0.7, "top_k": 0}
    given: list[Answer] = []
    for form, (order, obeys) in FORMS.items():
        cases = [(system(order), user(ask), assistant("")) for ask in QUESTIONS] * count
        batch = answer(pocket, [prompt(pocket, case) for case in cases], sampling, 200)
        yield Figure(
            f"form: {form}", "temperature 0.7", sum(obeys(one.text) for one in batch), len(batch)
        )
        given += batch
    story = prompt(pocket, (user("Tell me a short story about a fox."), assistant("")))
    for heat in (0.3, 1.0):
        batch = answer(pocket, [story] * 5 * count, sampling | {"temperature": heat}, 250)
        different = len({one.text for one in batch})
        yield Figure("different fox stories", f"temperature {heat}", different, len(batch))
        given += batch
    stopped = sum(one.stopped for one in given)
    yield Figure("open answers that stop by themselves", "sampled", stopped, len(given))


def main() -> None:
    """Print the table; write JSON where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("--json", type=Path, help="also write the figures here")
    parser.add_argument("--quick", action="store_true", help="a fifth of the cases")
    parser.add_argument("--text", action="store_true", help="dates, JSON and open text")
    parser.add_argument("--structured", action="store_true", help="calls, choices, orders")
    parser.add_argument("--pictures", action="store_true", help="shapes, counts, places, codes")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    pocket = load(options.folder)
    figures = []
    print("| task | setting | right |\n|---|---|---|")
    text = (
        date_figures(pocket, 2 if options.quick else 10),
        extraction_figures(pocket, 40 if options.quick else 200),
        open_figures(pocket, 1 if options.quick else 5),
    )
    structured = structured_figures(pocket, 20 if options.quick else 100)
    seen = picture_figures(options.folder, pocket, 20 if options.quick else 100)
    parts = {"text": text, "structured": (structured,), "pictures": (seen,)}
    chosen = [part for part in parts if getattr(options, part)] or list(parts)
    for source in (source for part in chosen for source in parts[part]):
        for figure in source:
            figures.append(asdict(figure))
            print(figure.row(), flush=True)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
