"""The report as one HTML file: complete in itself, and safe against what a model writes."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser

import pytest

from sqlwright.core import Turn
from sqlwright.evaluation.html import render_html, write_page
from sqlwright.evaluation.item import ItemReport, StatementRun
from sqlwright.evaluation.provenance import Provenance
from sqlwright.evaluation.report import Report
from sqlwright.evaluation.result_view import ResultView

from .test_report import judged, report

HOSTILE = "</script><script>document.title='owned'</script><img src=x onerror=alert(1)><!--\"'&"


class Page(HTMLParser):
    """Collects tags with attributes, and the text of scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        if self.tags and data.strip():
            self.texts.append((self.tags[-1][0], data))

    def all(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]

    def text_of(self, tag):
        return [text for name, text in self.texts if name == tag]


def hostile_report() -> Report:
    """Every text that comes from outside holds markup."""
    view = ResultView((HOSTILE,), ((HOSTILE,), (None,)), (1, 2), 2, marks=((0, 0),))
    item = ItemReport(
        HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE,
        strict_correct=False, test_suite_execution=False, no_power=False, cause="other", reason=HOSTILE,
        flags=(HOSTILE,), clauses=(HOSTILE,), hardness="easy", evidence=HOSTILE, raw_output=HOSTILE,
        history=(Turn(HOSTILE, HOSTILE),), dialogue_id=HOSTILE,
        gold=StatementRun("rows", 0.1, "", view), predicted=StatementRun("error", 0.1, HOSTILE),
    )  # fmt: skip
    origin = Provenance(HOSTILE, HOSTILE, HOSTILE, data=HOSTILE, databases={HOSTILE: HOSTILE}, machine=HOSTILE)
    return Report((item,), 0.5, origin, {HOSTILE: HOSTILE})


def test_the_file_loads_nothing():
    page = Page(render_html(report()))
    assert not page.all("link")
    assert not [a for _, a in page.tags for name in ("src", "srcset", "href", "action", "data") if name in a]
    assert not re.search(r"https?://|@import|url\(", render_html(report()))


def test_markup_in_any_text_stays_text():
    clean, hostile = Page(render_html(report(1, 1))), Page(render_html(hostile_report()))
    assert len(hostile.all("script")) == len(clean.all("script")) == 2
    assert not hostile.all("img")
    assert not [a for _, a in hostile.tags for name in a if name.startswith("on")]
    assert HOSTILE in " ".join(hostile.text_of("h1"))  # escaped and read back, not removed


def test_the_data_in_the_page_is_the_reports():
    whole = hostile_report()
    data = json.loads(Page(render_html(whole)).text_of("script")[0])
    assert [ItemReport.from_dict(i) for i in data["items"]] == list(whole.items)
    assert data["schemas"] == dict(whole.schemas)


def test_the_script_never_sets_markup():
    script = Page(render_html(report())).text_of("script")[1]
    for name in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function(", "setTimeout("):
        assert name not in script


def test_the_policy_allows_the_pages_own_script_and_style_only():
    page = Page(render_html(hostile_report()))
    policy = next(a["content"] for a in page.all("meta") if a.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    for text in (page.text_of("style")[0], page.text_of("script")[1]):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy
    assert not [a for _, a in page.tags if "style" in a]  # the policy would drop them


def test_headline_and_plots_are_there_without_the_script():
    page = render_html(report(24, 50))
    assert "24 of 50 questions answered right by the published rule: 48.0 %" in page
    labels = [a["aria-label"] for a in Page(page).all("svg") if "aria-label" in a]
    assert any(label.startswith("easy: published rule 48.0 %") for label in labels)
    assert any(label.startswith("a: published rule") for label in labels)
    assert "wrong_value: 26 items" in labels


def test_what_a_reader_must_know_stands_under_the_headline():
    page = render_html(Report((judged(0, right=True, no_power=True), judged(1, right=False, missing=True))))
    assert "1 item without power" in page
    assert "1 item without a prediction, counted as wrong." in page


def test_each_databases_schema_is_in_the_file_once():
    whole = Report(tuple(judged(i, right=True) for i in range(30)), schemas={"a": "CREATE TABLE once (x)"})
    assert render_html(whole).count("CREATE TABLE once") == 1


def test_turns_are_shown_where_there_are_dialogues():
    assert "By turn" not in render_html(report())
    assert "Interaction match" in render_html(report(dialogue_id="d"))


def test_an_empty_report_is_a_page_too():
    assert "No question could be judged" in render_html(Report(()))


def test_half_a_surrogate_pair_can_be_written(tmp_path):
    page = render_html(Report((judged(0, right=False, raw_output="\ud800"),), provenance=Provenance(model="\udfff")))
    write_page(page, tmp_path / "r.html")
    assert (tmp_path / "r.html").read_bytes().startswith(b"<!doctype html>")


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium")
@pytest.mark.slow
def test_a_browser_shows_a_hostile_item_and_runs_none_of_it(tmp_path):
    path = tmp_path / "r.html"
    write_page(render_html(hostile_report()), path)
    arguments = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom"]
    address = path.as_uri() + "#item=" + re.sub(r"\W", lambda m: f"%{ord(m[0]):02X}", HOSTILE)
    found = subprocess.run([CHROMIUM, *arguments, address], capture_output=True, text=True, timeout=60, check=True)
    page = Page(found.stdout)
    assert "owned" not in page.text_of("title")[0].replace(HOSTILE, "")
    assert not page.all("img")
    assert "1 of 1 items" in " ".join(page.text_of("p"))
    assert HOSTILE in " ".join(page.text_of("td"))  # the item is open and shows its cells
