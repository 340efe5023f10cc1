"""Scorers: counts per document, matched one to one, added up, divided last."""

from conflictnews.scoring.score import Result, Score, score
from conflictnews.scoring.tasks import HEADLINES, TASKS, Task

__all__ = ["HEADLINES", "TASKS", "Result", "Score", "Task", "score"]
