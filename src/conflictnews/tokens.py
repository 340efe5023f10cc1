"""The tokens of the token view: one tokeniser for every table and format that speaks of tokens."""

from __future__ import annotations

import re

TOKEN = re.compile(r"\w+|[^\w\s]")
"""Runs of letters and digits, and single other visible characters; between two tokens there is white space or nothing."""
