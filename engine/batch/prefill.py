"""One prompt on its way into the batch: read in pieces, so that running lanes go on in between."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

import torch
from transformers import DynamicCache

from core.prompt import PromptToken
from engine.batch.cache_pieces import cache_bytes, new_cache, put_together, take_piece
from engine.batch.member import Member
from engine.batch.prompt_cache import Known, PromptCache
from engine.batch.scores import Scores, most_scored
from engine.images.image_embeddings import Pictures, TileStore
from engine.loading.checkpoint import Checkpoint
from engine.prompt.prompting import Prompt

ALONE = 512  # tokens of a piece while nobody else decodes
SHARING = 64  # while others do: they wait for one piece between two of their tokens
SHORTEST = 32  # a piece of fewer tokens costs nearly as much as one of so many


class Prefill:
    """The prefill of one prompt, for all rows that share it.

    `advance` reads a piece at a time until `done`; then `cache`, `logits` and `positions` are what
    the rows start from. cached_tokens: how many tokens are known from an earlier prompt. scores: of
    the tokens from `scored_from` on, which are not kept; None where that is None.
    """

    def __init__(
        self, checkpoint: Checkpoint, prompt: Prompt, store: PromptCache, tiles: TileStore,
        scored_from: int | None = None,
    ) -> None:  # fmt: skip
        self.rows: list[Member] = []
        self.keys = prompt.keys
        self.logits: torch.Tensor | None = None
        self._checkpoint = checkpoint
        self._prompt = prompt
        self._store = store
        known = store.find(self.keys) if checkpoint.splits else Known()
        self._known = known if scored_from is None else known.before(scored_from)
        self.cached_tokens = self._known.tokens
        self._done = self._known.tokens
        self._stops = _stops(self._prompt, self._done)
        self.scores = None
        if scored_from is not None:
            self.scores = Scores(prompt.ids, scored_from, checkpoint.model.device)
            if self._done == scored_from and self._known.logits is not None:
                self.scores.add(self._done - 1, self._known.logits[None])
            self._stops = sorted({*self._stops, scored_from})
        self._pictures = Pictures.of(checkpoint.model, self._prompt, tiles)
        self._ids = torch.tensor([prompt.ids], device=checkpoint.model.device)
        self.cache: DynamicCache | None = None
        self.positions: torch.Tensor | None = None

    @property
    def done(self) -> bool:
        return self.logits is not None

    @property
    def tokens(self) -> int:
        return len(self.keys)

    @property
    def read(self) -> int:
        """How many of them are read."""
        return self._done

    @property
    def nbytes(self) -> int:
        return cache_bytes(self.cache) if self.cache is not None else 0

    def advance(self, others_decode: bool) -> None:
        """Read the next piece, a small one while others decode, or one tile of an image first."""
        model, prompt = self._checkpoint.model, self._prompt
        if self._done == self.tokens and not any(row.decodes for row in self.rows):
            self.logits = self._known.logits  # all is known, and nobody needs a copy of the cache
            return
        cache = self.cache or self._begin(model)
        if self.logits is not None:
            return
        whole = self.tokens
        if not self._checkpoint.splits or (prompt.features and self._pictures is None):
            self.logits = self._read_whole(model) if self.scores is None else self._score(model)
            return
        end = self._end_of_piece(others_decode)
        tile = self._pictures.missing(self._done, end) if self._pictures else None
        if self._pictures and tile is not None:
            self._pictures.make(tile)
            return
        logits = self._read(model, end)
        if self.scores:
            self.scores.add(end - len(logits), logits)
        last = logits[-1].to(torch.float32, copy=True)
        ends = end == whole or (self.scores is not None and end == self.scores.start)
        if self._known.tokens == self._done and not (self.scores and end > self.scores.start):
            piece = take_piece(cache, self._done)
            keys = self.keys[self._done : end]
            self._known = self._store.add(self._known, keys, piece, last if ends else None)
        self._done = end
        self.logits = last if end == whole else None

    def _end_of_piece(self, others_decode: bool) -> int:
        most = SHARING if others_decode else ALONE
        if self._is_scored:
            most = min(most, self._most_scored)
        following = bisect_right(self._stops, self._done)
        stop = self._stops[following : following + 1]
        return min([self._done + most, self.tokens, *stop])

    @property
    def _is_scored(self) -> bool:
        """Whether the next tokens are."""
        return self.scores is not None and self._done >= self.scores.start

    @property
    def _most_scored(self) -> int:
        """How many tokens are scored at once, so that their logits stay small."""
        return most_scored(self._checkpoint.model.get_input_embeddings().weight.shape[0])

    def _begin(self, model: Any) -> DynamicCache:
        ids, features = self._ids, self._features()
        # generate()'s own step: models with unusual positions (two-dimensional ones) override it
        self.positions = model._prepare_position_ids_for_generation(
            ids, {"input_ids": ids, **features}
        )
        if self._known.nodes:
            self.cache = put_together(model, self._known.pieces)
            if self._done == self.tokens:
                self.logits = self._known.logits
        else:
            self.cache = new_cache(model)
        return self.cache

    def _read(self, model: Any, end: int) -> torch.Tensor:
        """Logits of the piece up to `end`, (tokens, vocabulary); where none are scored, of its last
        token at least.
        """
        ids = self._ids[:, self._done : end]
        inputs: dict[str, Any] = {"input_ids": ids}
        if self._pictures:
            inputs = {"inputs_embeds": self._pictures.embed(ids, self._done)}
        assert self.positions is not None
        return self._forward(position_ids=self.positions[:, self._done : end], **inputs)

    def _read_whole(self, model: Any) -> torch.Tensor:
        """The whole prompt in one step, as `generate()` does it."""
        inputs = model.prepare_inputs_for_generation(
            self._ids, is_first_iteration=True, past_key_values=self.cache,
            position_ids=self.positions, use_cache=True, **self._features(),
        )  # fmt: skip
        logits = self._forward(**{**inputs, "past_key_values": self.cache})
        self._done = self.tokens
        return logits[-1].to(torch.float32, copy=True)

    def _score(self, model: Any) -> torch.Tensor | None:
        """Logits of some places, by reading the whole prompt: a cache of this kind isn't continued.
        Those of the last place, once it is among them.
        """
        assert self.scores
        start = max(self._done, self.scores.start - 1, 0)
        end = min(start + min(ALONE, self._most_scored), self.tokens)
        self.cache = new_cache(model)
        inputs = model.prepare_inputs_for_generation(
            self._ids, is_first_iteration=True, past_key_values=self.cache,
            position_ids=self.positions, use_cache=True, **self._features(),
        )  # fmt: skip
        places = torch.arange(start, end, device=self._ids.device)
        output = model(**{**inputs, "logits_to_keep": places, "return_dict": True})
        self.scores.add(start, output.logits[0])
        self._done = end
        return output.logits[0, -1] if end == self.tokens else None

    def _forward(self, **inputs: Any) -> torch.Tensor:
        options = {"past_key_values": self.cache, "use_cache": True, "return_dict": True}
        options |= {} if self._is_scored else self._checkpoint.only_last
        return self._checkpoint.model(**{**options, **inputs}).logits[0]

    def _features(self) -> dict[str, torch.Tensor]:
        device = self._checkpoint.model.device
        return {name: tensor.to(device) for name, tensor in self._prompt.features.items()}


def _stops(prompt: Prompt, start: int) -> list[int]:
    """Where pieces end in any case, in rising order: where messages and answers begin and images
    end.

    There an edited message, a longer list of examples, a next turn or another question about an
    image parts from this prompt. Of two beginnings that are close, the later one counts.
    """
    tokens = prompt.rendered.tokens
    images = {
        place
        for place in range(start + 1, len(tokens))
        if not tokens[place].image and _ends_image(tokens, place)
    }
    if prompt.after:  # other answers to the same prompt part here
        images.add(len(tokens))
    begins = [
        place
        for place in range(1, len(tokens))
        if tokens[place].message is not None and tokens[place].message != tokens[place - 1].message
    ]
    stops: list[int] = []
    for place in reversed(begins):
        if place - start >= SHORTEST and (not stops or stops[-1] - place >= SHORTEST):
            stops.append(place)
    return sorted({*stops, *images})


def _ends_image(tokens: Sequence[PromptToken], place: int) -> bool:
    """Whether the mark behind an image is the last token before `place`."""
    return place > 1 and tokens[place - 2].image and not tokens[place - 1].image
