"""Scorers: counts per document, matched one to one, added up, divided last."""

from conflictnews.scoring.result import Result, Score
from conflictnews.scoring.score import score
from conflictnews.scoring.tasks import HEADLINES, TASKS, Task

__all__ = ["HEADLINES", "TASKS", "Result", "Score", "Task", "score"]
