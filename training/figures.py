"""What the evaluation finds: so many right of so many."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """`right` of `count` held-out cases."""

    task: str
    setting: str
    right: int
    count: int

    def row(self) -> str:
        """The figure as a row of a Markdown table."""
        percent = 100 * self.right / self.count
        return f"| {self.task} | {self.setting} | {self.right} of {self.count} ({percent:.0f}%) |"
