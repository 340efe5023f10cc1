"""Scoring in shards, on many machines: counts of parts that add up to the counts of the whole."""

from conflictnews.shards.counts import Configuration, Counts, configure, zero
from conflictnews.shards.run import Sharded, score_sharded_files, score_shards
from conflictnews.shards.survey import Shard

__all__ = ["Configuration", "Counts", "Shard", "Sharded", "configure", "score_sharded_files", "score_shards", "zero"]
