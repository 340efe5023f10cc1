"""Whole processes, from files to the printed table: seconds of processor time and of the wall clock, and the peak of memory, best of some runs.

`python tests/benchmarks/processes.py [DOCUMENTS ...]` writes the workload as JSONL up to 10,000 documents and as Parquet beyond, scores it with the installed command, and prints a table.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import workload

from conflictnews.io.jsonl import write_jsonl
from conflictnews.scoring.spans import SpanTable

RUNS = 5
LARGEST_JSONL = 10_000


def write(table: SpanTable, documents: int, path: Path) -> None:
    """The documents of a table as JSONL or Parquet, by the suffix of `path`."""
    if path.suffix == ".jsonl":
        write_jsonl(workload.as_documents(workload.rows(table, documents)), path)
        return
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = table.take(np.lexsort((table.start, table.document)))
    labels = pa.array(np.array(workload.LABELS)[table.label])
    mentions = pa.StructArray.from_arrays([pa.array(table.start), pa.array(table.end), labels], ["start", "end", "label"])
    offsets = np.concatenate([[0], np.cumsum(np.bincount(table.document, minlength=documents))]).astype(np.int32)
    columns = {"doc_id": [f"d{i:06}" for i in range(documents)], "entities": pa.ListArray.from_arrays(pa.array(offsets), mentions)}
    pq.write_table(pa.table(columns), path, compression="zstd")


def measure(command: list[str]) -> tuple[float, float, float]:
    """Least processor time and wall time of `RUNS` runs, in seconds, and the largest peak of memory, in MB."""
    found = []
    for _ in range(RUNS):
        started = time.perf_counter()
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
        if status:
            raise SystemExit(f"{' '.join(command)} ended with status {status}")
        found.append((usage.ru_utime + usage.ru_stime, time.perf_counter() - started, usage.ru_maxrss / 1000))
    return min(f[0] for f in found), min(f[1] for f in found), max(f[2] for f in found)


def main(sizes: list[int]) -> None:
    """Print the table."""
    program = shutil.which("conflictnews", path=str(Path(sys.executable).parent)) or "conflictnews"
    print("| documents | spans | file | processor | wall | peak |\n|---:|---:|---|---:|---:|---:|")
    for documents in sizes:
        with tempfile.TemporaryDirectory() as folder:
            suffix = ".jsonl" if documents <= LARGEST_JSONL else ".parquet"
            paths = [Path(folder) / f"{name}{suffix}" for name in ("gold", "predicted")]
            tables = workload.tables(documents)
            for table, path in zip(tables, paths, strict=True):
                write(table, documents, path)
            cpu, wall, peak = measure([program, "score", str(paths[1]), "--gold", str(paths[0])])
        print(f"| {documents:,} | {len(tables[0]):,} | {suffix[1:]} | {cpu:.2f} s | {wall:.2f} s | {peak:.0f} MB |", flush=True)


if __name__ == "__main__":
    main([int(n) for n in sys.argv[1:]] or [1000, 10_000, 100_000])
