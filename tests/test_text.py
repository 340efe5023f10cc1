"""Scores of systems that give only an article's text, against hand-worked constants and against the packages they are named after."""

from __future__ import annotations

import random
import re
import statistics
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from builders import block
from conflictnews.errors import DocumentError, MissingExtraError, ScoringError
from conflictnews.io.textpred import iter_text_predictions
from conflictnews.model import Document
from conflictnews.scoring.text import MEASURES, TextPrediction, TextScore, TextSimilarity, edit, rouge_lsum, score_texts, shingle4
from conflictnews.scoring.writing import LATIN, SPACED, UNSPACED, words, writing_of

pytest.importorskip("rapidfuzz", reason="the edit distance needs the extra text")


def page(doc_id: str, text: str | None, *blocks: tuple[int, int, str]) -> Document:
    return Document(doc_id=doc_id, text=text, boilerplate=tuple(block(*b) for b in blocks))


def guess(doc_id: str, text: str) -> TextPrediction:
    return TextPrediction(doc_id=doc_id, main_text=text)


def f1(counts: tuple[int, int, int]) -> float:
    return 2 * counts[0] / (counts[1] + counts[2]) if counts[1] + counts[2] else 0.0


def one(name: str, gold: list[Document], predicted: list[TextPrediction]) -> TextScore:
    found = score_texts(gold, predicted, resamples=1, measures=[name]).scores[name]
    assert isinstance(found, TextScore)
    return found


# --- shingles


@pytest.mark.parametrize(
    "gold, predicted, expected",
    [
        ("a b c d e", "a b c d e", (2, 2, 2)),
        ("a b c d e", "b c d e f", (1, 2, 2)),
        ("a b c d", "a b c d e f", (1, 3, 1)),
        ("a b c", "a b c", (1, 1, 1)),  # shorter than a shingle: one shingle
        ("a b c", "a b", (0, 1, 1)),
        ("a a a a a a", "a a a a a", (2, 2, 3)),  # multisets
        ("A b c d", "a b c d", (0, 1, 1)),  # case is kept
        ("it's 5 o'clock", "it s, 5 o clock!", (2, 2, 2)),
        ("", "a b", (0, 1, 0)),
        ("a b", " -- ", (0, 0, 1)),
        ("", "", (0, 0, 0)),
    ],
)
def test_shingles_are_four_words_in_a_row_counted_as_often_as_they_stand(gold: str, predicted: str, expected: tuple[int, int, int]) -> None:
    assert shingle4(gold, predicted) == expected


def naive_shingles(text: str) -> list[str]:
    tokens = re.findall(r"\w+", text)
    return [" ".join(tokens[i : i + 4]) for i in range(len(tokens) - 3)] if len(tokens) >= 4 else [" ".join(tokens)] if tokens else []


def naive_share(gold: str, predicted: str) -> tuple[float, float, float]:
    """tp, fp and fn of a page, divided by their sum as article-extraction-benchmark does."""
    left, right, tp = naive_shingles(gold), naive_shingles(predicted), 0
    for shingle in right:
        if shingle in left:
            left.remove(shingle)
            tp += 1
    total = (tp + len(right) - tp + len(left)) or 1
    return tp / total, (len(right) - tp) / total, len(left) / total


TEXTS = st.text(alphabet="aab bcé .\n1A", max_size=60)


@given(TEXTS, TEXTS)
def test_shingle_counts_are_those_of_a_naive_count(gold: str, predicted: str) -> None:
    hits, n_predicted, n_gold = shingle4(gold, predicted)
    total = n_predicted + n_gold - hits or 1
    assert naive_share(gold, predicted) == pytest.approx((hits / total, (n_predicted - hits) / total, (n_gold - hits) / total), abs=1e-15)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=6))
def test_the_page_macro_is_the_formula_of_article_extraction_benchmark(texts: list[tuple[str, str]]) -> None:
    found = one("text.shingle4", [page(f"d{i}", g) for i, (g, _) in enumerate(texts)], [guess(f"d{i}", p) for i, (_, p) in enumerate(texts)])
    shares = [naive_share(*pair) for pair in texts]
    precisions = [tp / (tp + fp) for tp, fp, _ in shares if tp + fp > 0]
    recalls = [tp / (tp + fn) for tp, _, fn in shares if tp + fn > 0]
    precision, recall = (statistics.mean(v) if v else None for v in (precisions, recalls))
    assert found.precision == pytest.approx(precision, abs=1e-12)
    assert found.recall == pytest.approx(recall, abs=1e-12)
    if precision and recall:
        assert found.f1 == pytest.approx(2 * precision * recall / (precision + recall), abs=1e-12)
    else:
        assert found.f1 == (None if precision is None and recall is None else 0)


def test_f1_of_shingles_is_that_of_the_page_means_and_not_the_mean_of_page_f1() -> None:
    gold = [page("a", "a b c d"), page("b", "a b c d")]
    found = one("text.shingle4", gold, [guess("a", "a b c d"), guess("b", "a b c d e f g")])
    assert (found.precision, found.recall, found.f1) == (0.625, 1, pytest.approx(10 / 13))  # the mean of page F1 would be 0.7


def test_a_long_page_weighs_no_more_than_a_short_one() -> None:
    gold = [page("a", " ".join(map(str, range(1000)))), page("b", "a b c d")]
    assert one("text.shingle4", gold, [guess("a", gold[0].text or ""), guess("b", "x")]).recall == 0.5


# --- ROUGE-LSum


@pytest.mark.parametrize(
    "gold, predicted, expected",
    [
        ("The cat sat.", "the CAT sat", (3, 3, 3)),
        ("a b c d", "a c", (2, 2, 4)),
        ("a b c d e", "a b x\nc x e", (4, 6, 5)),  # the union over lines: a b, c e
        ("w1 w2 w3 w4 w5", "w1 w2 w6 w7 w8\nw1 w3 w8 w9 w5", (4, 10, 5)),  # the example of Lin (2004), section 3.2
        ("a\na", "a", (1, 1, 2)),  # a word is found no more often than it was predicted
        ("a b", "", (0, 0, 2)),
        ("", "", (0, 0, 0)),
    ],
)
def test_rouge_lsum_counts_the_union_of_subsequences_line_by_line(gold: str, predicted: str, expected: tuple[int, int, int]) -> None:
    assert rouge_lsum(gold, predicted) == expected


def published_rouge(gold: str, predicted: str) -> tuple[float, float, float]:
    rouge_scorer = pytest.importorskip("rouge_score.rouge_scorer", reason="compared where rouge-score is installed")
    found = rouge_scorer.RougeScorer(["rougeLsum"], use_stemmer=False).score(gold, predicted)["rougeLsum"]
    return found.precision, found.recall, found.fmeasure


def ours(gold: str, predicted: str) -> tuple[float, float, float]:
    hits, n_predicted, n_gold = rouge_lsum(gold, predicted)
    return (hits / n_predicted if n_predicted else 0, hits / n_gold if n_gold else 0, f1((hits, n_predicted, n_gold)))


LINES = st.lists(st.sampled_from(["a", "b", "c", "d", "e5", "É", "\n", "\n"]), max_size=40).map(" ".join)


@settings(max_examples=500, deadline=None)
@given(LINES, LINES)
@example("a b a\nb", "b a\na b")
def test_rouge_lsum_is_that_of_rouge_score(gold: str, predicted: str) -> None:
    assert ours(gold, predicted) == pytest.approx(published_rouge(gold, predicted), abs=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_rouge_lsum_of_long_pages_is_that_of_rouge_score(seed: int) -> None:
    draw = random.Random(seed)
    gold = [[draw.choice(["the", "of", "in", f"w{draw.randrange(80)}"]) for _ in range(draw.randrange(1, 90))] for _ in range(8)]
    other = [[w for w in line if draw.random() < 0.8] for line in gold[2:]] + [[draw.choice(draw.choice(gold)) for _ in range(40)]]
    texts = ["\n".join(" ".join(line) for line in side) for side in (gold, other)]
    assert ours(*texts) == pytest.approx(published_rouge(*texts), abs=1e-12)


def test_f1_of_rouge_is_the_mean_of_page_f1() -> None:
    gold = [page("a", "a b c d"), page("b", "a b c d")]
    assert one("text.rouge_lsum", gold, [guess("a", "a b c d"), guess("b", "a b")]).f1 == pytest.approx((1 + 2 / 3) / 2)


# --- edit


@pytest.mark.parametrize(
    "gold, predicted, similarity", [("kitten", "sitting", 4 / 7), ("abc", "abc", 1), ("abcd", "ab", 0.5), ("abc", "", 0), ("", "abc", 0), ("\U0001f600a", "a", 0.5)]
)
def test_edit_is_one_less_the_distance_over_the_longer_length(gold: str, predicted: str, similarity: float) -> None:
    assert f1(edit(gold, predicted)) == pytest.approx(similarity)


@given(st.text(max_size=40), st.text(max_size=40))
def test_edit_is_the_normalized_similarity_of_rapidfuzz(gold: str, predicted: str) -> None:
    from rapidfuzz.distance import Levenshtein

    if gold or predicted:
        assert f1(edit(gold, predicted)) == pytest.approx(Levenshtein.normalized_similarity(gold, predicted), abs=1e-12)


def test_edit_without_rapidfuzz_says_what_to_install_and_the_rest_is_scored(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("rapidfuzz", "rapidfuzz.distance"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingExtraError, match=r'pip install "conflictnews\[text\]"'):
        score_texts([page("d", "a b")], [guess("d", "a b")])
    assert one("text.shingle4", [page("d", "a b")], [guess("d", "a b")]).f1 == 1


# --- scripts

CHINESE = "政府军周三表示，在边境城镇的袭击中至少有十二名士兵丧生。反对派发言人否认对此负责，并呼吁立即停火。"
THAI = "กองทัพกล่าวว่าทหารสามนายเสียชีวิตในการโจมตีเมื่อวันพุธ"
JAPANESE = "政府軍は水曜日、国境の町への攻撃で少なくとも十二人の兵士が死亡したと発表した。"


@pytest.mark.parametrize("text", [CHINESE, THAI, JAPANESE])
@pytest.mark.parametrize("count", [shingle4, rouge_lsum])
def test_half_of_a_text_without_spaces_is_right_and_half_found(count: object, text: str) -> None:
    hits, n_predicted, n_gold = count(text, text[: len(text) // 2])  # type: ignore[operator]
    assert hits == n_predicted > 0
    assert 0.4 < hits / n_gold < 0.6


def test_chinese_is_counted_by_the_character() -> None:
    assert rouge_lsum("甲乙丙丁戊己", "甲乙丙") == (3, 3, 6)
    assert shingle4("甲乙丙丁戊己", "甲乙丙丁") == (1, 1, 3)


@pytest.mark.parametrize("text", ["Троє солдатів загинули внаслідок атаки", "قتل ثلاثة جنود في هجوم", "병사 세 명이 숨졌다"])
def test_a_right_text_in_any_script_is_right(text: str) -> None:
    assert writing_of(text) == SPACED
    assert [f1(count(text, text)) for count in (shingle4, rouge_lsum, edit)] == [1, 1, 1]


@pytest.mark.parametrize(
    "text, expected",
    [
        ("Three soldiers were killed", LATIN),
        ("Três soldados são mortos à noite", LATIN),
        ("", LATIN),
        ("12 – 14", LATIN),
        ("The word 战争 means war, he said in Beijing on Monday", LATIN),
        ("Три солдата", SPACED),
        (CHINESE, UNSPACED),
        ("联合国 (UN) 秘书长 António Guterres 表示", UNSPACED),
    ],
)
def test_the_share_of_letters_says_how_a_page_is_written(text: str, expected: str) -> None:
    assert writing_of(text) == expected


def test_names_between_characters_stay_whole() -> None:
    assert words("联合国UN秘书长 Guterres 2024年", UNSPACED) == ["联", "合", "国", "UN", "秘", "书", "长", "Guterres", "2024", "年"]


def test_the_prediction_does_not_choose_how_its_page_is_cut() -> None:
    assert shingle4("one two three four", CHINESE + " one two three four")[2] == 1
    assert rouge_lsum("", CHINESE)[1] > 0  # where gold is empty, what was predicted still counts


# --- pairing and result


def test_the_gold_article_is_the_page_without_its_furniture() -> None:
    gold = page("d", "Home | World\nBy A. Writer\nThe army said so today.\n", (0, 12, "NAV"), (13, 25, "BYLINE"))
    result = score_texts([gold], [guess("d", "The army said so today.")], resamples=1)
    assert [s.f1 if isinstance(s, TextScore) else s.similarity for s in result.scores.values()] == [1, 1, 1]


def test_optional_furniture_is_in_gold_when_it_is_kept() -> None:
    gold = page("d", "Home | World\nBy A. Writer\nThe army said so today.\n", (0, 12, "NAV"), (13, 25, "BYLINE"))
    predicted = [guess("d", "By A. Writer\nThe army said so today.")]
    without, kept = (score_texts([gold], predicted, keep_optional=keep, resamples=1) for keep in (False, True))
    assert kept.scores["text.shingle4"].f1 == 1  # type: ignore[union-attr]
    assert without.scores["text.shingle4"].f1 == pytest.approx(2 * (2 / 5) / (7 / 5))  # type: ignore[union-attr]
    assert "level:MAIN|" in without.signature
    assert "level:MAIN+OPTIONAL|" in kept.signature


def test_white_space_at_the_ends_of_lines_and_texts_costs_nothing() -> None:
    found = score_texts([page("d", "One.\n\nTwo.\n")], [guess("d", "\r\n  \nOne.  \r\n\r\n\r\n\r\nTwo.\r\n\n")], resamples=1).scores["text.edit"]
    assert found == TextSimilarity(1, None, 1)


def test_pages_pair_by_id_in_any_order() -> None:
    draw = random.Random(1)
    vocabulary = [f"w{i}" for i in range(30)]
    gold = [page(f"d{i}", " ".join(draw.choices(vocabulary, k=40))) for i in range(12)]
    predicted = [guess(d.doc_id, (d.text or "")[: draw.randrange(90)]) for d in gold]
    assert score_texts(gold, predicted, resamples=50) == score_texts(gold[::-1], draw.sample(predicted, len(predicted)), resamples=50)


def test_an_unknown_page_is_an_error_that_names_it() -> None:
    with pytest.raises(ScoringError, match="b is predicted but is not in gold"):
        score_texts([page("a", "x")], [guess("a", "x"), guess("b", "x")])


def test_a_missing_page_is_an_empty_one_and_is_listed() -> None:
    gold = [page("a", "a b c d"), page("b", "a b c d")]
    result = score_texts(gold, [guess("a", "a b c d")], resamples=1)
    assert result.missing == ("b",)
    assert "missing:fn1" in result.signature
    assert result.scores == score_texts(gold, [guess("a", "a b c d"), guess("b", "")], resamples=1).scores
    assert one("text.shingle4", gold, [guess("a", "a b c d")]).recall == 0.5


@pytest.mark.parametrize("gold, predicted, side", [(["d", "d"], ["d"], "gold"), (["d"], ["d", "d"], "the predictions")])
def test_a_page_given_twice_is_an_error(gold: list[str], predicted: list[str], side: str) -> None:
    with pytest.raises(ScoringError, match=f"d comes twice in {side}"):
        score_texts([page(d, "x") for d in gold], [guess(d, "x") for d in predicted])


def test_nothing_in_gold_and_nothing_predicted_is_undefined() -> None:
    scores = score_texts([page("a", ""), page("b", "Home\n", (0, 4, "NAV"))], [guess("a", ""), guess("b", "  ")]).scores
    assert scores["text.shingle4"] == scores["text.rouge_lsum"] == TextScore(None, None, None, None, 0)
    assert scores["text.edit"] == TextSimilarity(None, None, 0)


def test_nothing_predicted_has_no_precision_and_recall_0() -> None:
    scores = score_texts([page("a", "one two three four")], [], resamples=1).scores
    assert scores["text.shingle4"] == scores["text.rouge_lsum"] == TextScore(None, 0, 0, None, 1)


def test_a_text_where_gold_has_none_has_precision_0_and_no_recall() -> None:
    assert one("text.shingle4", [page("a", "")], [guess("a", "one two three four")]) == TextScore(0, None, 0, None, 1)


def test_gold_without_a_text_is_refused() -> None:
    with pytest.raises(ScoringError, match="d: the gold document has no text; hydrate it first"):
        score_texts([page("d", None)], [])


def test_gold_without_a_boilerplate_layer_is_not_asked_about() -> None:
    bare = Document(doc_id="b", text="x y")
    result = score_texts([page("a", "x y"), bare], [guess("b", "q")], resamples=1)
    assert (result.documents, result.missing) == (("a",), ("a",))
    assert result.warnings == ("1 gold documents have no boilerplate layer and are not scored",)
    with pytest.raises(ScoringError, match="gold has no layer boilerplate"):
        score_texts([bare], [])


def test_an_unknown_measure_is_an_error_that_lists_the_known_ones() -> None:
    with pytest.raises(ScoringError, match=r"no measure 'text\.bleu'; the measures of texts are text\.shingle4, text\.rouge_lsum, text\.edit"):
        score_texts([page("a", "x")], [], measures=["text.bleu"])


def test_no_gold_at_all_is_an_error() -> None:
    with pytest.raises(ScoringError, match="gold holds no document"):
        score_texts([], [])


def test_the_interval_draws_pages_with_replacement() -> None:
    texts = ["a b c d", "a b c d e", "a b c d e f", "x", "y z"]
    gold = [page(f"d{i}", t) for i, t in enumerate(texts)]
    result = score_texts(gold, [guess(f"d{i}", "a b c d") for i in range(5)])
    rows = np.array([shingle4(t, "a b c d") for t in texts], dtype=float)
    precision, recall = rows[:, 0] / rows[:, 1], rows[:, 0] / rows[:, 2]
    draws = np.random.default_rng(12345).integers(0, 5, size=(1000, 5), dtype=np.int32)
    p, r = precision[draws].mean(axis=1), recall[draws].mean(axis=1)
    expected = np.quantile(np.divide(2 * p * r, p + r, out=np.zeros(1000), where=p + r > 0), [0.025, 0.975])
    assert result.scores["text.shingle4"].f1_ci == pytest.approx(tuple(expected), abs=1e-12)  # type: ignore[union-attr]
    assert "ci:bs1000.s12345" in result.signature


def test_the_result_as_a_dictionary() -> None:
    found = score_texts([page("d", "a b c d")], [guess("d", "a b c d")], corpus="1.0.0", split="test", digest="0123456789").as_dict()
    assert list(found["scores"]) == list(MEASURES)
    assert found["scores"]["text.shingle4"] == found["scores"]["text.rouge_lsum"] == {"precision": 1, "recall": 1, "f1": 1, "f1_ci": None, "n_documents": 1}
    assert found["scores"]["text.edit"] == {"similarity": 1, "similarity_ci": None, "n_documents": 1}
    assert found["signature"].startswith("conflictnews|corpus:1.0.0#01234567|split:test|docs:1|layer:text|metric:all|level:MAIN|")
    assert (found["documents"], found["missing"], found["warnings"]) == (1, [], [])


# --- reading


def test_text_predictions_are_read_from_lines(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"doc_id": "a", "main_text": "One.\\nTwo."}\r\n\n{"main_text": "", "doc_id": "b"}')
    assert list(iter_text_predictions(path)) == [("a", "One.\nTwo."), ("b", "")]


def test_text_predictions_are_read_from_a_folder_in_order_of_name(tmp_path: Path) -> None:
    for name, data in {"b.txt": b"B\n", "cn-1.2.txt": b"\xef\xbb\xbfC", "a.txt": b"", "readme.md": b"no", ".hidden.txt": b"no"}.items():
        (tmp_path / name).write_bytes(data)
    assert list(iter_text_predictions(tmp_path)) == [("a", ""), ("b", "B\n"), ("cn-1.2", "C")]


@pytest.mark.parametrize(
    "line, words",
    [
        (b'{"doc_id": "b"}', r"line 2: Object missing required field `main_text`; a line is"),
        (b'{"doc_id": "b", "main_text": null}', r"line 2: Expected `str`, got `null` - at `\$.main_text`"),
        (b'{"doc_id": "b", "main_text": "", "body": ""}', "line 2: Object contains unknown field `body`; a line is"),
        (b'{"doc_id": "b", "main_', "line 2: .* cut short"),
        (b'{"doc_id": "b", "main_text": "\xff"}', "line 2: not valid UTF-8|line 2: .*utf-8"),
        (b'{"doc_id": "../b", "main_text": ""}', "line 2: .* could be a path"),
        (b'{"doc_id": "a", "main_text": ""}', "line 2: the doc_id a comes twice"),
    ],
)
def test_a_bad_line_is_an_error_with_file_and_line(tmp_path: Path, line: bytes, words: str) -> None:
    path = tmp_path / "p.jsonl"
    path.write_bytes(b'{"doc_id": "a", "main_text": "x"}\n' + line)
    with pytest.raises(DocumentError, match=f"p.jsonl, {words}"):
        list(iter_text_predictions(path))


def test_a_bad_folder_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match=r"holds no \.txt file"):
        list(iter_text_predictions(tmp_path))
    with pytest.raises(DocumentError, match="nowhere: there is no such file or folder"):
        list(iter_text_predictions(tmp_path / "nowhere"))
    (tmp_path / "a.txt").write_bytes(b"ok \xff")
    with pytest.raises(DocumentError, match=r"a\.txt: not valid UTF-8 at byte 3"):
        list(iter_text_predictions(tmp_path))
    (tmp_path / "a.txt").write_bytes(b"ok")
    (tmp_path / "deeper").mkdir()
    (tmp_path / "deeper" / "a.txt").write_bytes(b"ok")
    with pytest.raises(DocumentError, match="the doc_id a comes twice"):
        list(iter_text_predictions(tmp_path))
