#!/usr/bin/env python3
"""Score predictions against gold and print JSON: scripts/score.py PRED [SPLIT]. The command `conflictnews score` does the same and more."""

import json
import sys
from pathlib import Path

from conflictnews import ConflictNewsError
from conflictnews.evaluate import score_files

if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    try:
        result = score_files(Path(sys.argv[1]), split=sys.argv[2] if len(sys.argv) == 3 else "test").result
    except ConflictNewsError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    print(json.dumps(result.as_dict(), indent=1))
