"""`sqlwright compare`: rank evaluated models with paired tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from .columns import aligned
from .options import echo_json, json_option

if TYPE_CHECKING:
    from ..evaluation.ranking import Ranking

SHOWN = 5  # questions listed for each of a pair


def metric_named(ctx: click.Context, param: click.Parameter, value: str) -> str:
    """A metric that says right or wrong. The registry is loaded here, so that `-h` stays fast."""
    from ..evaluation.metrics import verdicts

    known = [metric.name for metric in verdicts()]
    if value not in known:
        raise click.BadParameter(f"{value!r} is not one of {', '.join(known)}.", ctx, param)
    return value


@click.command()
@click.argument("reports", metavar="REPORT.json ...", nargs=-1, required=True)
@click.option(
    "--metric",
    callback=metric_named,
    metavar="NAME",
    default="execution_accuracy",
    show_default=True,
    help="A score of the reports to rank by, such as strict_execution_accuracy.",
)
@click.option("--common", is_flag=True, help="Use only the questions that all reports judged.")
@json_option
@click.option("--html", "html_out", metavar="OUT", help="Write the ranking as one HTML file.")
def command(reports: tuple[str, ...], metric: str, common: bool, as_json: bool, html_out: str | None) -> None:
    """Rank evaluated models on the same questions, with McNemar's test for each pair."""
    from ..evaluation.html import write_page
    from ..evaluation.ranking import names_for, rank, render_ranking
    from ..evaluation.report import read_report

    read = [read_report(path) for path in reports]
    named = dict(zip(names_for(reports, read), read, strict=True))
    ranking = rank(named, metric, common=common)
    for warning in ranking.warnings:
        click.echo(f"warning: {warning}", err=True)
    if html_out:
        write_page(render_ranking(ranking, named), html_out)
        click.echo(f"Wrote {html_out}", err=True)
    if as_json:
        echo_json(ranking.to_dict())
    else:
        click.echo(text(ranking))


def text(ranking: Ranking) -> str:
    """The ranking and its pairs for a terminal."""
    from ..evaluation.html import percent

    rows = [
        (
            str(e.rank),
            e.name,
            f"{e.score.correct} of {e.score.n}",
            str(e.score),
            percent(e.scores["strict_execution_accuracy"].value),
            percent(e.scores["valid_sql_rate"].value),
        )
        for e in ranking.entries
    ]
    head = ("rank", "model", "right", ranking.metric.replace("_", " "), "strict", "valid SQL")
    parts = [aligned(head, rows, left=2)]
    if ranking.left_out:
        parts.append(f"{ranking.left_out} questions are left out: not every report judged them.")
    for d in ranking.differences:
        lines = [d.sentence()]
        lines.append(
            f"  both {len(d.both)}, only {d.first} {len(d.only_first)}, "
            f"only {d.second} {len(d.only_second)}, neither {len(d.neither)}"
        )
        for name, ids in ((d.first, d.only_first), (d.second, d.only_second)):
            lines += [f"  only {name}: {key}  {ranking.questions[key]}" for key in ids[:SHOWN]]
            if len(ids) > SHOWN:
                lines.append(f"  ... and {len(ids) - SHOWN} more (--json lists all)")
        parts.append("\n".join(lines))
    return "\n\n".join(parts)
