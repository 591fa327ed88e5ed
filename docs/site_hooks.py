"""MkDocs hooks: pages that are made from other files of the repository, and links between them.

The README is the home page, the notebooks are pages, and the help of every command is one page. A link to a file of the
repository becomes a link to its page, or plain text if it has none, so that the same Markdown works on the site and in
the repository.
"""

from __future__ import annotations

import json
import posixpath
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mkdocs.structure.files import File

if TYPE_CHECKING:
    from collections.abc import Iterator

    import click
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parent.parent
# file of the repository: page of the site
PAGES = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "SECURITY.md": "security.md",
    "src/sqlwright/parser/built_in/MODEL_CARD.md": "model_card.md",
    "benchmarks/analyst/README.md": "analyst_benchmark.md",
    "notebooks/ask_and_prove.ipynb": "notebooks/ask_and_prove.md",
    "notebooks/tune_a_small_model.ipynb": "notebooks/tune_a_small_model.md",
}
SOURCES = {page: source for source, page in PAGES.items()}
COMMANDS = "commands.md"
_LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)")
_FENCE = re.compile(r"(^```.*?^```$)", re.DOTALL | re.MULTILINE)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated pages."""
    for source, page in PAGES.items():
        text = (ROOT / source).read_text(encoding="utf-8")
        files.append(File.generated(config, page, content=notebook(text) if source.endswith(".ipynb") else text))
    files.append(File.generated(config, COMMANDS, content=commands()))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Rewrite links to files of the repository, outside of code blocks."""
    here = page.file.src_uri
    source = SOURCES.get(here, posixpath.join("docs", here))
    parts = _FENCE.split(markdown)
    parts[::2] = [_LINK.sub(lambda match: _link(match, source, here), part) for part in parts[::2]]
    return "".join(parts)


def _link(match: re.Match[str], source: str, here: str) -> str:
    picture, text, target = match.groups()
    path, hash_mark, anchor = target.partition("#")
    if "://" in target or target.startswith("mailto:") or not path:
        return match[0]
    wanted = posixpath.normpath(posixpath.join(posixpath.dirname(source), path))
    page = PAGES.get(wanted) or (wanted.removeprefix("docs/") if wanted.startswith("docs/") else "")
    if page:
        relative = posixpath.relpath(page, posixpath.dirname(here) or ".")
        return f"{picture}[{text}]({relative}{hash_mark}{anchor})"
    # A file without a page is named; one that does not exist stays a link, which the strict build reports.
    return text if (ROOT / wanted).exists() else match[0]


def notebook(text: str) -> str:
    """The cells of a notebook as Markdown, with the text that each printed."""
    parts = []
    for cell in json.loads(text)["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            parts.append(source)
            continue
        parts.append(f"```python\n{source}\n```")
        if shown := "".join(_printed(cell["outputs"])).strip():
            parts.append(f"```text\n{shown}\n```")
    return "\n\n".join(parts) + "\n"


def _printed(outputs: list[dict[str, Any]]) -> Iterator[str]:
    for output in outputs:
        found = output.get("text") if output["output_type"] == "stream" else output.get("data", {}).get("text/plain")
        yield "".join(found or [])


def commands() -> str:
    """The help of every command and subcommand."""
    import click

    from sqlwright.cli.main import cli

    def texts(command: click.Command, parent: click.Context | None, name: str, level: int) -> Iterator[str]:
        context = click.Context(command, parent=parent, info_name=name, terminal_width=110, max_content_width=110)
        yield f"{'#' * level} {context.command_path}\n\n```text\n{command.get_help(context)}\n```"
        if isinstance(command, click.Group):
            for sub in command.list_commands(context):
                if (found := command.get_command(context, sub)) is not None:
                    yield from texts(found, context, sub, min(level + 1, 3))

    intro = "# Commands\n\nThe output of `-h` for each command. [The command line](command_line.md) explains the rest."
    return "\n\n".join([intro, *texts(cli, None, "sqlwright", 2)]) + "\n"
