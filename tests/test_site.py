"""The documentation site builds without a warning, is complete, and loads nothing from another host."""

from __future__ import annotations

import functools
import http.server
import os
import re
import shutil
import subprocess
import sys
import threading
from html.parser import HTMLParser

import pytest

import sqlwright
from sqlwright.cli.main import COMMANDS

from .conftest import ROOT

LOADED = {
    "img": "src",
    "script": "src",
    "link": "href",
    "iframe": "src",
    "source": "src",
    "video": "src",
    "use": "href",
}
BROWSER_MS = 300_000  # a loaded machine took over 30 s for a page
NOT_LOADED = {"canonical", "next", "prev", "alternate"}  # values of a link's rel that a browser does not fetch


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    pytest.importorskip("mkdocs", reason="MkDocs is not installed (extra docs)")
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    environment = {
        **os.environ,
        "NO_MKDOCS_2_WARNING": "1",
        "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")]),
    }
    # --strict makes a link or an anchor that does not exist, and a page outside of the navigation, an error.
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, env=environment)
    assert (done.returncode, done.stderr) == (0, "")
    return folder


class Assets(HTMLParser):
    """What a browser loads for a page."""

    def __init__(self, page):
        super().__init__()
        self.found = []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag in LOADED and given.get("rel") not in NOT_LOADED and given.get(LOADED[tag]):
            self.found.append(given[LOADED[tag]])


def test_no_page_and_no_style_names_an_asset_of_another_host(site):
    pages = list(site.rglob("*.html"))
    assert len(pages) > 25
    foreign = re.compile(r"^(?:https?:)?//")
    assert [a for page in pages for a in Assets(page.read_text(encoding="utf-8")).found if foreign.match(a)] == []
    styles = "".join(path.read_text(encoding="utf-8") for path in site.rglob("*.css"))
    assert re.findall(r"(?:url\(|@import )[\"']?(?:https?:)?//[^)\"']*", styles) == []


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


def test_a_browser_asks_no_other_host(site):
    """Some pages of every kind, and the search."""
    browser_path = shutil.which("chromium") or shutil.which("chromium-browser")
    if browser_path is None:
        pytest.skip("no Chromium on the PATH")
    from playwright.sync_api import sync_playwright

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    home, asked = f"http://127.0.0.1:{server.server_port}/", []
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=browser_path, args=["--no-sandbox"], timeout=BROWSER_MS
            )
            page = browser.new_page()
            page.set_default_timeout(BROWSER_MS)
            page.on("request", lambda request: asked.append(request.url))
            for name in ("index", "tutorial", "reference", "commands", "safety"):
                page.goto(f"{home}{name}.html")
            box = page.locator("input.md-search__input")
            box.click()
            box.press_sequentially("receipt")
            page.locator(".md-search-result__item").first.wait_for()
            browser.close()
    finally:
        server.shutdown()
        server.server_close()
    assert len(asked) > 10
    assert [url for url in asked if not url.startswith((home, "data:", "blob:"))] == []


def test_the_reference_has_every_public_name_and_every_command(site):
    reference = (site / "reference.html").read_text(encoding="utf-8")
    named = set(re.findall(r"^::: sqlwright\.(\w+)$", (ROOT / "docs" / "reference.md").read_text(), re.MULTILINE))
    assert named == {name for name in sqlwright.__all__ if name != "__version__"}
    assert "Answer a question from a database with one read-only query." in reference
    commands = (site / "commands.html").read_text(encoding="utf-8")
    assert [name for name in COMMANDS if f"sqlwright {name}" not in commands] == []


def test_the_notebooks_are_pages(site):
    assert "McNemar" in (site / "notebooks" / "ask_and_prove.html").read_text(encoding="utf-8")
