"""Prefilled prompts, kept for the next request that begins with the same tokens.

A tree: each node continues its parent's prompt by one piece, so prompts that share a beginning
share its memory. The least recently used ends are dropped when the bytes exceed the limit.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

import torch

from engine.batch.cache_pieces import Piece, piece_bytes

Keys = tuple[int | str, ...]  # of each token: its id, or what identifies the image it stands for


@dataclass(eq=False, repr=False)
class Node:
    """keys: of the piece's tokens. logits: (vocabulary,) of the last one, where a prompt ended.

    children: what continues it, by the number of tokens and then by their keys.
    """

    keys: Keys
    piece: Piece
    parent: Node | None
    logits: torch.Tensor | None = None
    children: dict[int, dict[Keys, Node]] = field(default_factory=dict[int, dict[Keys, "Node"]])

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

    def before(self, place: int) -> Known:
        """As much of it as comes before that token, with what says how likely the token is."""
        nodes, tokens = self.nodes, self.tokens
        while nodes and not (tokens < place or (tokens == place and nodes[-1].logits is not None)):
            tokens -= len(nodes[-1].keys)
            nodes = nodes[:-1]
        return Known(nodes, tokens)

    @property
    def logits(self) -> torch.Tensor | None:
        return self.nodes[-1].logits if self.nodes else None


class PromptCache:
    """limit_bytes: 0 keeps nothing. For use by one thread. Don't write to what it returns."""

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        self.nbytes = 0
        self._root = Node((), [], None)
        # Least recently used first. A node is used whenever one below it is, and stands behind it:
        # the first of all is an end.
        self.nodes: OrderedDict[Node, None] = OrderedDict()

    def find(self, keys: Keys) -> Known:
        """The longest kept beginning of `keys`. All of them only if their logits are kept too."""
        best, reached = self._root, 0
        ways = [(self._root, 0)]
        while ways:
            node, start = ways.pop()
            if start > reached:
                best, reached = node, start
            for length, children in node.children.items():
                end = start + length
                child = children.get(keys[start:end])
                if child and (end < len(keys) or child.logits is not None):
                    ways.append((child, end))
        known = Known(_path(best), reached)
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
        parent_evicted = parent is not self._root and parent not in self.nodes
        if parent_evicted or size > self.limit_bytes:
            return before
        alike = parent.children.setdefault(len(keys), {})
        node = alike.get(keys)
        if node is None:
            node = alike[keys] = Node(keys, piece, parent)
            self.nodes[node] = None
            self.nbytes += node.nbytes
        if node.logits is None and logits is not None:
            node.logits = logits
            self.nbytes += logits.nbytes
        longer = Known((*before.nodes, node), before.tokens + len(keys))
        self._touch(longer.nodes)
        self.shrink()
        return longer

    def shrink(self) -> None:
        """Drop what is above the limit."""
        while self.nbytes > self.limit_bytes:
            oldest, _ = self.nodes.popitem(last=False)
            assert oldest.parent is not None
            alike = oldest.parent.children[len(oldest.keys)]
            del alike[oldest.keys]
            if not alike:
                del oldest.parent.children[len(oldest.keys)]
            self.nbytes -= oldest.nbytes

    def _touch(self, nodes: Sequence[Node]) -> None:
        for node in reversed(nodes):
            self.nodes.move_to_end(node)


def _path(node: Node) -> tuple[Node, ...]:
    """The nodes from the root's child to `node`; none for the root itself."""
    path: list[Node] = []
    while node.parent:
        path.append(node)
        node = node.parent
    return tuple(reversed(path))
