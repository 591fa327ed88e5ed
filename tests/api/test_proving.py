"""predict, evaluate, compare and synthesize from Python."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import sqlwright
from sqlwright.core import UsageError

from ..evaluation.bench import write_rows

GOLD = {
    "How many customers are there?": "SELECT COUNT(*) FROM customer",
    "Who lives in Oslo?": "SELECT name FROM customer WHERE city = 'Oslo'",
    "How many items are there?": "SELECT COUNT(*) FROM item",
}


@pytest.fixture
def bench(tmp_path, shop):
    """A folder with questions, databases and two scripted models, of which `weak` gets one question wrong."""
    (tmp_path / "databases").mkdir()
    shop.rename(tmp_path / "databases" / "shop.sqlite")
    rows = [{"id": str(i), "db_id": "shop", "question": q, "gold_sql": s} for i, (q, s) in enumerate(GOLD.items())]
    write_rows(tmp_path / "data.jsonl", rows)
    for name, wrong in (("good", ""), ("weak", "Who lives in Oslo?")):
        texts = {q: "SELECT name FROM item" if q == wrong else s for q, s in GOLD.items()}
        write_rows(tmp_path / f"{name}.answers.jsonl", [{"question": q, "text": s} for q, s in texts.items()])
    return tmp_path


def predicted(bench, name, **given):
    model = f"scripted:{bench / name}.answers.jsonl"
    out = bench / f"{name}.jsonl"
    return out, sqlwright.predict(bench / "data.jsonl", out, model=model, databases=bench / "databases", **given)


def test_predict_evaluate_and_compare(bench):
    reports = {}
    for name in ("good", "weak"):
        out, done = predicted(bench, name)
        assert (done.total, done.failed) == (3, ())
        reports[name] = sqlwright.evaluate(
            out, bench / "data.jsonl", bench / "databases", workers=1, json=bench / f"{name}.json"
        )
    assert reports["weak"].scores["execution_accuracy"].correct == 2
    assert "Execution accuracy    3      2" in " ".join(str(reports["weak"]).split("\n"))[:400] or "3      2" in str(
        reports["weak"]
    )
    ranking = sqlwright.compare(reports)
    assert [entry.name for entry in ranking.entries] == ["good", "weak"]
    assert "McNemar p" in str(ranking)
    read = sqlwright.compare([bench / "good.json", bench / "weak.json"], html=bench / "ranking.html")
    assert [entry.score for entry in read.entries] == [entry.score for entry in ranking.entries]
    assert (bench / "ranking.html").is_file()
    with pytest.raises(UsageError):
        sqlwright.compare([bench / "good.json"])


def test_predict_takes_examples_and_resumes(bench):
    examples = list(sqlwright.read_examples(bench / "data.jsonl"))
    model = sqlwright.load_generator(f"scripted:{bench / 'good'}.answers.jsonl")
    out = bench / "some.jsonl"
    assert sqlwright.predict(examples, out, model=model, databases=bench / "databases").asked == 3
    assert sqlwright.predict(examples, out, model=model, databases=bench / "databases").asked == 0


def test_a_script_without_a_main_guard_evaluates(bench):
    """multiprocessing would run such a script again in every worker."""
    out, _ = predicted(bench, "good")
    script = bench / "script.py"
    script.write_text(
        "import sqlwright\n"
        "print('once')\n"
        f"report = sqlwright.evaluate({str(out)!r}, {str(bench / 'data.jsonl')!r}, {str(bench / 'databases')!r})\n"
        "print(report.scores['execution_accuracy'].correct)\n"
    )
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("once\n3\n", 0), done.stderr


def test_synthesize_returns_pairs_and_writes_them(bench):
    from sqlwright.data.demo import demo_database_path

    pairs = sqlwright.synthesize(demo_database_path(), 12, seed=3, out=bench / "pairs.jsonl")
    assert len(pairs) == 12
    assert [json.loads(line)["question"] for line in (bench / "pairs.jsonl").read_text().splitlines()] == [
        pair.question for pair in pairs
    ]
