"""The studio in Chromium: a person makes data, tunes a tiny model, sees it through a kill, proves and uses it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import time
from pathlib import Path

import pytest

from ..training.conftest import PAIRS
from .test_command import OFFLINE, Started

sync_api = pytest.importorskip("playwright.sync_api", reason="needs playwright (pip)")
pytest.importorskip("torch", reason="needs the extra train")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium (apt-get install chromium)"),
]

WAIT_MS = 240_000  # a training on a machine with other work to do
RUN = "runs/tiny"
YAML = f"""stage: pt
dataset: [data/rows.jsonl]
databases: databases
output_dir: {RUN}
architecture:
  {{hidden_size: 32, num_hidden_layers: 1, num_attention_heads: 2, num_key_value_heads: 1, intermediate_size: 64}}
vocabulary: 320
schema_style: names
samples: 0
hints: false
eval_samples: 2
max_steps: 300
per_device_train_batch_size: 4
learning_rate: 0.003
max_new_tokens: 8
save_steps: 10
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("studio")


@pytest.fixture(scope="module")
def pictures(folder):
    kept = Path(os.environ.get("SQLWRIGHT_SCREENSHOTS") or folder / "screenshots")
    kept.mkdir(parents=True, exist_ok=True)
    return kept


def studio(folder):
    """The command as a process that may reach this machine only."""
    return Started(
        folder / "work",
        "--no-browser",
        program=[sys.executable, "-c", OFFLINE],
        verb="studio",
        SQLWRIGHT_MODELS=str(folder / "models"),
        HF_HUB_CACHE=str(folder / "hub"),
        OMP_NUM_THREADS="1",
    )


@pytest.fixture
def server(folder):
    with studio(folder) as started:
        yield started


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield opened
        opened.close()


class Window:
    """The studio as one person sees it."""

    def __init__(self, browser, url, **settings):
        self.context = browser.new_context(**{"viewport": {"width": 1280, "height": 860}, **settings})
        self.context.set_default_timeout(WAIT_MS)
        self.page = self.context.new_page()
        self.requests, self.errors, self.url = [], [], url
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.goto(url)
        self.page.wait_for_selector("h1")

    def open(self, place):
        self.page.goto(f"{self.url}/#{place}")
        self.page.wait_for_selector(f"#main[data-tab='{place.partition('/')[0]}'] .card")

    def picture(self, path):
        self.page.wait_for_timeout(400)
        self.page.screenshot(path=path)

    def text(self, selector):
        return self.page.inner_text(selector)

    def close(self):
        assert self.errors == []
        assert all(url.startswith((self.url, "data:", "blob:")) for url in self.requests)
        self.context.close()


@pytest.fixture
def window(browser, server):
    opened = Window(browser, server.url)
    yield opened
    opened.close()


def test_data_is_uploaded_checked_and_made(window, folder, shop, pictures):
    rows = [{"id": n, "db_id": "shop", "question": q, "gold_sql": s} for n, (q, s) in enumerate(PAIRS)]
    rows.append({"id": len(rows), "db_id": "shop", "question": "Which cheese?", "gold_sql": "SELECT name FROM cheese"})
    (folder / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    window.page.set_input_files("#upload-databases", shop)
    window.page.wait_for_selector("text=shop.sqlite is here.")
    window.page.set_input_files("#upload-data", folder / "rows.jsonl")
    window.page.wait_for_selector(".pick-file:has-text('data/rows.jsonl')")
    window.page.wait_for_selector("code:has-text('data inspect data/rows.jsonl --databases databases')")
    window.page.click("[data-kind='inspect']")
    window.page.wait_for_selector(".report .plot")
    assert "11" in window.text(".facts")
    assert "refused by the guard" in window.text(".findings") or window.page.locator(".findings li").count() == 1
    window.picture(pictures / "studio-data.png")
    window.page.click("#main .parts a:has-text('Make pairs')")
    window.page.click("[data-clause='join']")
    window.page.wait_for_selector("code:has-text('--without join')")
    window.page.click("#preview")
    window.page.wait_for_selector(".pair")
    assert not any("JOIN" in sql.input_value() for sql in window.page.locator(".pair .code").all())
    first = window.page.locator(".pair").first
    first.locator("textarea").first.fill("My own words for it?")
    first.locator("button:has-text('Approve')").click()
    first.locator(".chip.good").wait_for()
    (approved,) = (folder / "work" / "data").glob("*.approved.jsonl")
    assert json.loads(approved.read_text())["question"] == "My own words for it?"
    first.locator("textarea.code").fill("DELETE FROM item")
    first.locator("button:has-text('Approve')").click()
    first.locator(".told.bad").wait_for()
    assert "DELETE" not in approved.read_text()


def test_a_training_is_seen_through_a_kill_of_it_and_of_the_studio(browser, server, folder, pictures):
    work, window = folder / "work", Window(browser, server.url)
    window.open("train/new")
    window.page.click("summary:has-text('Paste YAML')")
    window.page.fill("#yaml-text", YAML)
    window.page.click("#read-yaml")
    window.page.wait_for_selector(".told.good")
    window.page.fill("#setting-learning_rate", "-1")
    window.page.wait_for_selector(".setting.wrong[data-key='learning_rate']")
    assert window.page.is_disabled("#start-training")
    window.page.fill("#setting-learning_rate", "0.002")
    window.page.wait_for_selector("code:has-text('learning_rate: 0.002')")
    window.page.wait_for_selector("#start-training:not([disabled])")
    window.page.click("#dry")
    window.page.wait_for_selector("#dry-run .trained")
    assert "SELECT" in window.text("#dry-run .trained >> nth=0")
    assert "Fits this machine" in window.text("#dry-run")
    window.page.evaluate("document.querySelector('.editor').scrollIntoView()")
    window.picture(pictures / "studio-train.png")
    window.page.click("#start-training")
    window.page.wait_for_selector(".run")
    until(lambda: (work / RUN / "checkpoint-10").is_dir())
    os.kill(json.loads(next((work / "jobs").glob("*-train/started.json")).read_text())["pid"], signal.SIGKILL)
    window.page.wait_for_selector(".run[data-state='stopped'] #resume")
    window.close()
    server.process.kill()  # the studio itself goes as well, and comes back
    server.process.wait(20)
    with studio(folder) as again:
        window = Window(browser, again.url)
        window.open(f"train/runs/{RUN.replace('/', '%2F')}")
        window.page.click("#resume")
        window.page.wait_for_selector(".run[data-state='running'] .log:has-text('Goes on from')")
        window.page.wait_for_selector(".run[data-state='done'] figure:has-text('Tokens per second')")
        assert "300 / 300" in window.text(".run-head")
        assert "GB at most" in window.text(".run .about")
        window.page.evaluate("scrollTo(0, 0)")
        window.picture(pictures / "studio-run.png")
        window.close()
    steps = [json.loads(line)["step"] for line in (work / RUN / "metrics.jsonl").read_text().splitlines()]
    assert sorted(set(steps)) == list(range(1, 301))  # none was lost


def test_a_model_is_proved_and_its_failures_are_opened(window, pictures):
    window.open("prove/score")
    window.page.fill("#model-entry", "built-in")
    for name in window.page.locator(".chip-button").all_inner_texts():
        if "built-in" not in name:
            window.page.click(f".chip-button:has-text('{name.removesuffix(' ×')}')")
    window.page.fill("#questions", "data/rows.jsonl")
    window.page.wait_for_selector("code:has-text('predict -m built-in --data data/rows.jsonl')")
    window.page.click("#score")
    window.page.click("text=See the reports")
    window.page.click("td a:has-text('runs/tiny')")
    window.page.click(".bars button >> nth=0")
    window.page.wait_for_selector(".bars button[aria-pressed='true']")
    window.page.click(".items summary >> nth=0")
    assert "Gold SQL" in window.text(".items")
    window.picture(pictures / "studio-prove.png")
    window.open("prove/pages")
    frame = window.page.frame_locator("iframe.page")
    assert frame.locator("h1").inner_text()
    assert frame.locator("body").evaluate("() => { try { return parent.document.title } catch { return '' } }") == ""


def test_two_models_answer_side_by_side_and_one_is_registered(window, folder, pictures):
    window.open("try")
    assert window.page.input_value("#tuned") == RUN
    window.page.fill("#question", "How many customers are there?")
    window.page.keyboard.press("Enter")
    for side in ("base", "tuned"):
        window.page.wait_for_selector(f"[data-side='{side}'] .answer, [data-side='{side}'] .told.bad")
    assert "3" in window.text("[data-side='base'] tbody")
    assert "From customer" in window.text("[data-side='base'] .receipt")
    window.picture(pictures / "studio-try.png")
    window.open("use")
    window.page.wait_for_selector(f"code:has-text('models use {RUN} -d databases/shop.sqlite')")
    window.page.click("[data-kind='register']")
    window.page.wait_for_selector("#register-result .told.good")
    assert (folder / "models" / "tiny" / "model.safetensors").is_file()
    assert "shop.sqlite" in window.text(".card table")
    window.picture(pictures / "studio-use.png")


def test_chinese_dark_by_keyboard_and_on_a_phone(browser, server, pictures):
    window = Window(browser, server.url, viewport={"width": 390, "height": 844}, color_scheme="dark", locale="zh-CN")
    window.page.wait_for_selector("h1:has-text('数据')")
    assert window.page.get_attribute("html", "data-theme") == "dark"
    for tab in (
        "data/files",
        "data/make",
        "train/new",
        f"train/runs/{RUN.replace('/', '%2F')}",
        "prove/reports",
        "try",
        "use",
    ):
        window.open(tab)
        window.picture(pictures / f"studio-phone-{tab.split('%')[0].replace('/', '-')}.png")
        assert window.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), tab
    window.open("data/files")
    window.page.keyboard.press("Tab")
    for _ in range(12):
        if window.page.evaluate("document.activeElement.id") == "activity":
            break
        window.page.keyboard.press("Tab")
    window.page.keyboard.press("Enter")
    window.page.wait_for_selector("#panel .job-list li")
    window.picture(pictures / "studio-phone-activity.png")
    window.page.keyboard.press("Escape")
    assert window.page.locator("#panel").count() == 0
    window.page.click("button[lang='en']")
    window.page.wait_for_selector("h1:has-text('Data')")
    window.close()


def until(is_so):
    deadline = time.monotonic() + WAIT_MS / 1000
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.1)
