"""Prefilled prompts, kept for the next request that begins with the same tokens.

A tree: each node continues its parent's prompt by one piece, so prompts that share a beginning
share its memory. The least recently used ends are dropped when the bytes exceed the limit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count

import torch

from engine.snapshots import Piece, piece_bytes

Keys = tuple[int | str, ...]  # of each token: its id, or what identifies the image it stands for


@dataclass(eq=False)
class Node:
    """keys: of the piece's tokens. logits: (vocabulary,) of the last one, where a prompt ended."""

    keys: Keys
    piece: Piece
    parent: Node | None
    logits: torch.Tensor | None = None
    children: list[Node] = field(default_factory=list["Node"])
    used: int = 0

    @property
    def nbytes(self) -> int:
        return piece_bytes(self.piece) + (0 if self.logits is None else self.logits.nbytes)


@dataclass(frozen=True)
class Known:
    """The longest beginning of a prompt that is kept: its nodes in order and its length."""

    nodes: tuple[Node, ...] = ()
    tokens: int = 0

    @property
    def pieces(self) -> list[Piece]:
        return [node.piece for node in self.nodes]

    @property
    def logits(self) -> torch.Tensor | None:
        return self.nodes[-1].logits if self.nodes else None


class PromptCache:
    """limit_bytes: 0 keeps nothing. For use by one thread. Don't write to what it returns."""

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        self.nbytes = 0
        self._root = Node((), [], None)
        self.nodes: set[Node] = set()
        self._clock = count(1)

    def find(self, keys: Keys) -> Known:
        """The longest kept beginning of `keys`. All of them only if their logits are kept too."""
        nodes = _longest(self._root, keys, 0)
        known = Known(tuple(nodes), sum(len(node.keys) for node in nodes))
        self._touch(known.nodes)
        return known

    def add(
        self, before: Known, keys: Keys, piece: Piece, logits: torch.Tensor | None = None
    ) -> Known:
        """Keep the piece that follows `before`; what it continues counts as used, too.

        Returns `before` with the new piece; the same if nothing can be kept.
        """
        parent = before.nodes[-1] if before.nodes else self._root
        size = piece_bytes(piece) + (0 if logits is None else logits.nbytes)
        gone = parent is not self._root and parent not in self.nodes
        if gone or size > self.limit_bytes:
            return before
        twin = next((node for node in parent.children if node.keys == keys), None)
        node = twin or Node(keys, piece, parent)
        if twin is None:
            parent.children.append(node)
            self.nodes.add(node)
            self.nbytes += node.nbytes
        if node.logits is None and logits is not None:
            node.logits = logits
            self.nbytes += logits.nbytes
        longer = Known((*before.nodes, node), before.tokens + len(keys))
        self._touch(longer.nodes)
        self._shrink()
        return longer

    def _touch(self, nodes: Sequence[Node]) -> None:
        for node in nodes:
            node.used = next(self._clock)

    def _shrink(self) -> None:
        while self.nbytes > self.limit_bytes:
            ends = (node for node in self.nodes if not node.children)
            oldest = min(ends, key=lambda node: node.used)
            assert oldest.parent is not None
            oldest.parent.children.remove(oldest)
            self.nodes.remove(oldest)
            self.nbytes -= oldest.nbytes


def _longest(node: Node, keys: Keys, start: int) -> list[Node]:
    """The nodes below `node` that spell the most of `keys[start:]`."""
    best: list[Node] = []
    reached = 0
    for child in node.children:
        end = start + len(child.keys)
        ends_here = end == len(keys)
        if child.keys != keys[start:end] or (ends_here and child.logits is None):
            continue
        path = [child, *_longest(child, keys, end)]
        length = sum(len(each.keys) for each in path)
        if length > reached:
            best, reached = path, length
    return best
