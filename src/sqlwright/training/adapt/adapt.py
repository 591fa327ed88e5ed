"""A model tuned to one database, proved on questions kept apart, and registered where it is better.

Looks sideways to `evaluation`: a tuned model is worth nothing without its score, so the two are made in one step.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ...core import Example, MissingExtraError
from ...core.atomic import atomic_text
from ...data.databases import Databases, OneDatabase
from ...data.writing import write_rows
from ...db import Database, open_database
from ...evaluation.before_after import BeforeAfter, Role, better_than, render_before_after, worth_using
from ...evaluation.evaluate import evaluate
from ...evaluation.html import write_page
from ...evaluation.predict import predict
from ...evaluation.predict_options import PredictOptions
from ...evaluation.report import Report, write_report
from ...generation import Generator
from ...generation.built_in import BuiltInGenerator
from ...generation.find import models_folder, own_model
from ...generation.registry import BUILT_IN, place_of, register
from .data import AdaptData, Public, gather
from .parser import ParserTuner
from .tuner import Learn, Tuner

RUN = "adapt"  # of the run's folder inside the model's, and of its page and report beside it


@dataclass(frozen=True, slots=True)
class AdaptOptions:
    """`synthetic` pairs are made to learn from, `synthetic_test` more to judge by."""

    synthetic: int = 1500
    synthetic_test: int = 120
    seed: int = 0


@dataclass(frozen=True)
class Adaptation:
    """What came of it. `name` is what -m takes; `page` an HTML file with the numbers and opened differences.

    promoted: `ask` uses it for this database from now on; `reason` says why, or why not. A model that is not promoted
    leaves an earlier one of the same name in its place; `name` is then the folder of the run.
    """

    name: str
    page: Path
    sets: tuple[BeforeAfter, ...]
    learned: Mapping[str, int]
    left_out: Mapping[str, int]
    promoted: bool
    reason: str
    elapsed_s: float

    def __str__(self) -> str:
        """The scores before and after as plain text, for `print`."""
        from .summary import scores_text

        return f"{scores_text(self)}\n\n{self.reason}\nPage: {self.page}"

    def to_dict(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "page": str(self.page),
            "promoted": self.promoted,
            "reason": self.reason,
            "learned": dict(self.learned),
            "left_out": dict(self.left_out),
            "sets": [s.to_dict() for s in self.sets],
            "elapsed_s": round(self.elapsed_s, 1),
        }


def adapt(
    target: str,
    *,
    pairs: Iterable[Example] = (),
    test: Iterable[Example] = (),
    public: Public | None = None,
    tuner: Tuner | None = None,
    options: AdaptOptions | None = None,
    name: str = "",
    on_log: Callable[[Mapping[str, Any]], None] = lambda row: None,
) -> Adaptation:
    """Tune a model, by default the built-in one, to the database at `target`; see `gather` for `pairs` and `test`.

    It reads synthetic questions, verified `pairs` and some of the `public` questions, and is judged before and after
    on others. The model is written to `models_folder()/name`. The same call goes on where it was stopped.
    Raises MissingExtraError without torch, SqlwrightError where the database gives no question.
    """
    try:
        import torch  # noqa: F401
    except ImportError as error:
        raise MissingExtraError("Tuning needs torch.", "train") from error
    options, started = options or AdaptOptions(), time.monotonic()
    tuner = ParserTuner() if tuner is None else tuner
    with open_database(target) as database:
        name, db_id = name or default_name(database, tuner.base), database.name
        data = gather(
            database,
            synthetic=options.synthetic,
            synthetic_test=options.synthetic_test,
            pairs=pairs,
            test=test,
            seed=options.seed,
        )
    own = OneDatabase(target, db_id)
    run = _Run(models_folder() / name, tuner, _tests(data, own, public), on_log)
    learn = _learn(data, own, public)
    learned = {origin: len(examples) for origin, (examples, _) in learn.items()}
    on_log({"say": f"Learns from {_listed(learned)} questions."})
    run.begin(learn, options)
    before = run.scored(tuner.untuned(), "before")
    tuner.tune(learn, run.folder, on_log)
    after = run.scored(tuner.tuned(run.folder, name), "after")
    sets = run.compared(before, after)
    promoted, reason = worth_using(sets)
    if promoted and tuner.base != BUILT_IN:  # which answers where nothing else is registered
        rival = run.scored(BuiltInGenerator(), BUILT_IN, role="own")
        promoted, reason = better_than(run.compared(rival, after), BUILT_IN, reason)
    page, elapsed = run.model / f"{RUN}.html", time.monotonic() - started
    takes_place = promoted or own_model(name) is None
    shown = name if takes_place else str(run.folder)
    done = Adaptation(shown, page, sets, learned, data.left_out, promoted, reason, elapsed)
    run.report(done, db_id, options)
    if takes_place:
        run.publish()
    if promoted:
        with own.open(db_id) as database:
            register(database, name)
    return done


def default_name(database: Database, base: str = BUILT_IN) -> str:
    """Readable, and another one for another database, schema or model."""
    facts = [place_of(database), database.schema().fingerprint()]
    name = f"{_readable(database.name) or 'database'}-{_digest(facts)[:6]}"
    return name if base == BUILT_IN else f"{name}-{_readable(Path(base).name) or 'model'}"


def _readable(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")[:40]


@dataclass(frozen=True, slots=True)
class _Test:
    key: str
    name: str
    role: Role
    about: str
    questions: Sequence[Example]
    databases: Databases


def _tests(data: AdaptData, own: Databases, public: Public | None) -> list[_Test]:
    found = [_Test(o, f"{o} questions", "own", _ABOUT[o], data.test[o], own) for o in _ABOUT if data.test[o]]
    if public and public.test:
        found.append(_Test("public", public.name, "public", _ABOUT_PUBLIC, public.test, public.databases))
    return found


def _learn(data: AdaptData, own: OneDatabase, public: Public | None) -> Learn:
    found: dict[str, tuple[Sequence[Example], Databases]] = {o: (rows, own) for o, rows in data.learn.items() if rows}
    # Another database of the same name has another schema.
    if public and (learn := [e for e in public.learn if e.db_id != own.db_id]):
        found["public"] = learn, public.databases
    return found


class _Run:
    """The files of one adaptation: the finished model in `model`, and in `folder` inside it what is being made.

    The model that answers today stays as it is until the new one is finished.
    """

    def __init__(
        self, model: Path, tuner: Tuner, tests: Sequence[_Test], on_log: Callable[[Mapping[str, Any]], None]
    ) -> None:
        self.model, self.folder = model, model / RUN
        self.tuner, self.tests, self.on_log = tuner, tests, on_log

    def begin(self, learn: Learn, options: AdaptOptions) -> None:
        """An earlier run with the same questions, options and base is gone on with; another one makes room."""
        parts = {f"learn-{origin}": examples for origin, (examples, _) in learn.items() if origin != "public"}
        parts |= {f"test-{test.key}": test.questions for test in self.tests}
        rows = {part: [e.to_dict() for e in examples] for part, examples in parts.items()}
        wanted = {
            "options": asdict(options),
            "data_sha256": _digest(rows),
            "base": self.tuner.base,
            "base_sha256": self.tuner.base_fingerprint(),
            "tuning": self.tuner.settings(),
        }
        noted = self.folder / "run.json"
        if noted.is_file() and json.loads(noted.read_text(encoding="utf-8")) == wanted:
            return
        shutil.rmtree(self.folder, ignore_errors=True)
        for part, found in rows.items():
            write_rows(self.folder / f"{part}.jsonl", found)
        with atomic_text(noted) as file:
            json.dump(wanted, file, indent=2)

    def scored(self, generator: Generator, word: str, role: Role | None = None) -> dict[str, Report]:
        """A report of each test, or of those of one role, kept beside its predictions."""
        reports = {}
        for test in (t for t in self.tests if role in (None, t.role)):
            self.on_log({"say": f"Asks {_ASKED.get(word, word)}: {len(test.questions)} of the {test.name}."})
            out = self.folder / f"{word}-{test.key}.jsonl"
            options = PredictOptions() if word == BUILT_IN else self.tuner.asked_with()
            predict(generator, test.questions, test.databases, out, options=options)
            reports[test.key] = evaluate(out, self.folder / f"test-{test.key}.jsonl", test.databases)
            write_report(reports[test.key], out.with_suffix(".json"))
        return reports

    def compared(self, before: Mapping[str, Report], after: Mapping[str, Report]) -> tuple[BeforeAfter, ...]:
        """Of the tests that both took."""
        return tuple(
            BeforeAfter(t.name, t.role, t.about, before[t.key], after[t.key]) for t in self.tests if t.key in before
        )

    def report(self, done: Adaptation, db_id: str, options: AdaptOptions) -> None:
        """The page, and the same as JSON."""
        facts = {
            "Database": db_id,
            "Learned from": f"{_listed(done.learned)} questions",
            "Left out": ", ".join(f"{n} {why}" for why, n in done.left_out.items()) or "nothing",
            "Settings": ", ".join(f"{k} {v}" for k, v in self.tuner.settings().items()),
            "Time": f"{done.elapsed_s / 60:.1f} minutes",
            "Model": done.name + (", from now on used for this database" if done.promoted else ", not registered"),
        }
        title = f"{db_id}: {'the built-in model' if self.tuner.base == BUILT_IN else self.tuner.base} before and after"
        write_page(render_before_after(done.sets, title=title, sentence=done.reason, facts=facts), done.page)
        with atomic_text(self.model / f"{RUN}.json") as file:
            json.dump(done.to_dict(), file, indent=2)

    def publish(self) -> None:
        """The model in its place."""
        for path in self.tuner.files(self.folder):
            unfinished = self.model / f"{path.name}.part"
            shutil.copyfile(path, unfinished)
            unfinished.replace(self.model / path.name)


_ASKED = {"before": "before tuning", "after": "after tuning", BUILT_IN: "the built-in model"}
_ABOUT = {
    "verified": "Questions with verified SQL, kept apart from training.",
    "synthetic": "Made from the database, of queries that training did not hold. They are worded by the rules that "
    "worded the training questions, so a gain here says less than one on verified questions.",
}
_ABOUT_PUBLIC = "Questions about other databases, kept apart from this tuning: they show what was forgotten."


def _listed(learned: Mapping[str, int]) -> str:
    return ", ".join(f"{n:,} {origin}" for origin, n in learned.items())


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")).hexdigest()
