"""`sqlwright compare`: rank evaluated models with paired tests."""

from __future__ import annotations

import click

from .options import echo_json, json_option


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
        click.echo(str(ranking))
