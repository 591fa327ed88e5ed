"""A report as one HTML file that loads nothing.

What a model wrote reaches the page in two ways only: through the template's autoescape, and as JSON with every `<`
escaped, from which the script sets text and never markup. A content security policy that names the hashes of the
page's own style and script stands behind both.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from .metric import Metric
from .metrics import METRICS
from .report import Report, count_items
from .score import Score

ASSETS = Path(__file__).parent / "assets"


def render_html(report: Report) -> str:
    """The page of one report."""
    d = report.to_dict()
    items = d["items"]
    return render_page(
        "report.html.jinja",
        ("theme.js", "report.js"),
        title=f"{report.provenance.model or 'Predictions'} on {Path(report.provenance.data).name or 'the data'}",
        sentence=_sentence(report.scores["execution_accuracy"]),
        notes=report.notes(),
        cards=[_card(METRICS[name], s) for name, s in report.scores.items() if s.n and METRICS[name].about],
        scores=[_score_row(METRICS[name], s) for name, s in report.scores.items()],
        by_hardness=_plot_rows(d["by_hardness"]),
        by_database=_plot_rows(d["by_database"]),
        by_clause=_plot_rows(d["by_clause"]),
        by_turn=_plot_rows(d["by_turn"]),
        interactions=_interactions(d["interaction_match"]),
        by_cause=_bars(d["by_cause"]),
        filters=[
            ("hardness", "Any hardness", list(d["by_hardness"])),
            ("db_id", "Any database", sorted({i["db_id"] for i in items})),
            ("cause", "Any cause", list(d["by_cause"])),
        ],
        provenance=_provenance(d["provenance"]),
        databases=sorted(d["provenance"]["databases"].items()),
        version=report.provenance.sqlwright,
        payload={"items": items, "schemas": d["schemas"], "rules": _rules()},
    )


def _rules() -> list[tuple[str, str]]:
    """Where the script finds the value of each labeled metric in an item, and the label."""
    return [(metric.field or metric.name, metric.label) for metric in METRICS.values() if metric.label]


def write_page(html: str, path: str | Path) -> None:
    # Half of a surrogate pair, which JSON lets into a model's output, has no UTF-8.
    Path(path).write_text(html, encoding="utf-8", errors="replace", newline="\n")


def render_page(template: str, scripts: Sequence[str], *, payload: Any = None, **values: Any) -> str:
    """`template` of the assets with the shared style, the named scripts and `payload` as JSON in it."""
    import jinja2
    from markupsafe import Markup

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(ASSETS), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
    )
    style, script = _asset("report.css"), "\n".join(_asset(name) for name in scripts)
    data = json.dumps(payload, separators=(",", ":")).replace("<", "\\u003c")
    text: str = environment.get_template(template).render(
        **values,
        style=Markup(style),  # noqa: S704 - our own files
        script=Markup(script),  # noqa: S704
        payload=Markup(data),  # noqa: S704 - JSON without "<"; everything else in it is text to the script
        policy=_policy(style, script),
    )
    return text


def _policy(style: str, script: str) -> str:
    own = f"style-src '{_hash(style)}'; script-src '{_hash(script)}'"
    return f"default-src 'none'; {own}; base-uri 'none'; form-action 'none'"


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def _asset(name: str) -> str:
    return (ASSETS / name).read_text(encoding="utf-8")


def percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f} %"


def bounds(pair: Sequence[float] | None) -> str:
    return "" if pair is None else f"{100 * pair[0]:.1f} to {100 * pair[1]:.1f}"


def point(value: float | None, pair: Sequence[float] | None) -> dict[str, float | None]:
    """Where a mark stands, in percent of the width."""
    low, high = pair if pair is not None else (None, None)
    return {
        name: None if v is None else round(100 * v, 2)
        for name, v in zip(("value", "low", "high"), (value, low, high), strict=True)
    }


def _sentence(score: Score) -> str:
    if score.value is None:
        return "No question could be judged by execution."
    return (
        f"{score.correct} of {score.n} questions answered right by the published rule: "
        f"{percent(score.value)}, 95 % interval {bounds(score.interval_95)}."
    )


def _card(metric: Metric, score: Score) -> dict[str, Any]:
    return {
        "name": metric.title,
        "about": metric.about,
        "kind": metric.color,
        "value": percent(score.value),
        "of": f"{score.correct} of {score.n}" if score.correct is not None else f"mean of {score.n}",
        "point": point(score.value, score.interval_95),
        "spoken": f"{metric.title}: {percent(score.value)}, 95 % interval {bounds(score.interval_95)}",
    }


def _score_row(metric: Metric, score: Score) -> dict[str, Any]:
    return {
        "name": metric.title,
        "n": score.n,
        "correct": "" if score.correct is None else score.correct,
        "value": f"{score.value:.3f}" if score.correct is None and score.value is not None else percent(score.value),
        "wilson": bounds(score.interval_95),
        "clustered": bounds(score.interval_95_by_database),
    }


def _plot_rows(slices: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "n": s["n"],
            "text": percent(s["execution_accuracy"]),
            "published": point(s["execution_accuracy"], s["interval_95"]),
            "strict": point(s["strict_execution_accuracy"], s["strict_interval_95"]),
            "spoken": f"{name}: published rule {percent(s['execution_accuracy'])}, 95 % interval "
            f"{bounds(s['interval_95'])}, strict rule {percent(s['strict_execution_accuracy'])}, {count_items(s['n'])}",
        }
        for name, s in slices.items()
    ]


def _bars(counts: Mapping[str, int]) -> list[dict[str, Any]]:
    total, most = sum(counts.values()), max(counts.values(), default=1)
    return [
        {"name": name, "n": n, "width": round(100 * n / most, 1), "share": f"{100 * n / total:.0f} %"}
        for name, n in counts.items()
    ]


def _interactions(found: Mapping[str, Any] | None) -> str:
    if not found:
        return ""
    return (
        f"Interaction match, the dialogues with every turn right: {percent(found['execution_accuracy'])} by the "
        f"published rule, {percent(found['strict_execution_accuracy'])} by the strict one, of {found['n']} dialogues."
    )


def _provenance(p: Mapping[str, Any]) -> list[tuple[str, str]]:
    limits = ", ".join(f"{name} {value}" for name, value in p["limits"].items())
    rows = [
        ("Model", p["model"]),
        ("Command", p["command"]),
        ("Predictions", f"{p['predictions']} ({p['predictions_sha256']})"),
        ("Data", f"{p['data']} ({p['data_sha256']})"),
        ("Limits", limits),
        ("Programs", f"sqlwright {p['sqlwright']}, SQLite {p['sqlite']}, Python {p['python']}"),
        ("Machine", f"{p['machine']}, {p['workers']} workers"),
        ("Made", f"{p['started']}, in {p['elapsed_s']} s"),
    ]
    return [(name, value) for name, value in rows if value]
