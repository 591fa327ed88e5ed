"""The chat page: how soon it is usable, how soon a question shows its SQL and its table, many people, memory.

    python benchmarks/chat.py [--questions 40] [--people 20] [--each 3] [--memory 500]

Times are taken in Chromium, from the command's start and from the Enter key, one question after the other. People at
once and memory are measured below the browser: each person is a thread with a visitor of its own that goes through the
steps of a question as the page's handlers do.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import resource
import shutil
import statistics
import subprocess
import sys
import threading
import time

import anyio

from sqlwright.data.demo import demo_database_path, demo_examples
from sqlwright.serving import Service
from sqlwright.serving.page import run_question
from sqlwright.serving.page.sessions import Exchange, Visitor

COMMAND = [sys.executable, "-c", "from sqlwright.cli.main import main; main()"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--questions", type=int, default=40)
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--each", type=int, default=3)
    parser.add_argument("--memory", type=int, default=500)
    arguments = parser.parse_args()
    load = os.getloadavg()[0]
    print(f"{platform.platform()}, {os.cpu_count()} cores, load {load:.1f}, Python {platform.python_version()}")
    print(" ".join(sys.argv))
    os.environ["SQLWRIGHT_LOG"] = "off"
    path = str(demo_database_path())
    questions = [e.question for e in demo_examples(split="dev") if e.question.isascii()][: arguments.questions]
    in_the_browser(path, questions)
    service = Service.open({"shop": path})
    try:
        at_once(service, questions, arguments.people, arguments.each)
        memory(service, questions, arguments.memory)
    finally:
        service.close()


def in_the_browser(path: str, questions: list[str]) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page()
        started = time.perf_counter()
        command = [*COMMAND, "chat", "-d", path, "--no-browser", "--port", "0"]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
            try:
                line = next(line for line in server.stderr if "http://" in line)
                listening = time.perf_counter() - started
                page.goto(re.search(r"http://[\d.:]+\d", line)[0])
                page.wait_for_selector("#ask textarea[placeholder*='…']")
                usable = time.perf_counter() - started
                print(f"listening {listening:.1f} s, page usable {usable:.1f} s after the command")
                page.wait_for_selector(".sw-example:has-text('for each')", timeout=60_000)
                print(f"its own example questions {time.perf_counter() - started:.1f} s after the command")
                report(*zip(*(one(page, question) for question in questions), strict=True))
            finally:
                server.terminate()
        browser.close()


def one(page, question: str) -> tuple[float, float]:
    """Seconds to the first of the query, and to the rows or the sentence instead."""
    page.evaluate(
        """() => {
          document.querySelectorAll('.sw-question').forEach(e => { e.innerText = ''; });
          window.times = {};
          const began = performance.now();
          const look = () => {
            const asked = document.querySelector('#question .sw-question')?.innerText;
            const written = document.querySelector('#sql .cm-content')?.innerText.trim();
            const busy = document.querySelector('#question .sw-working');
            if (asked && busy && written && !window.times.sql) window.times.sql = performance.now() - began;
            if (asked && !busy) {
              window.times.rows = performance.now() - began;
              window.times.sql ??= window.times.rows;
            } else requestAnimationFrame(look);
          };
          requestAnimationFrame(look);
        }"""
    )
    page.fill("#ask textarea", question)
    page.keyboard.press("Enter")
    page.wait_for_function("window.times.rows", timeout=60_000)
    times = page.evaluate("window.times")
    return times["sql"] / 1000, times["rows"] / 1000


def report(sql: tuple[float, ...], rows: tuple[float, ...]) -> None:
    for name, seconds in (("first of the SQL", sorted(sql)), ("table or sentence", sorted(rows))):
        late = seconds[int(0.95 * len(seconds))]
        median = statistics.median(seconds)
        print(f"{name}: median {median * 1000:.0f} ms, 95th percentile {late * 1000:.0f} ms, n = {len(seconds)}")


def asked(service: Service, visitor: Visitor, question: str) -> str:
    """One question through the page's own road; why there is no answer, "" where there is one."""
    connection = service.connection("shop")
    conversation = visitor.start("shop", "built-in")

    async def exchange() -> Exchange | None:
        steps = run_question.ask(question, service, visitor, conversation, connection, connection.generator)
        return [step async for step in steps][-1].exchange

    done = anyio.run(exchange)
    if done is None:
        return "no answer"
    conversation.exchanges.append(done)
    visitor.forget_old_results()
    return done.error


def at_once(service: Service, questions: list[str], people: int, each: int) -> None:
    seconds, errors = [], []

    def person(number: int) -> None:
        visitor = Visitor("en")
        for turn_number in range(each):
            started = time.perf_counter()
            error = asked(service, visitor, questions[(number + turn_number * people) % len(questions)])
            seconds.append(time.perf_counter() - started)
            errors.extend([error] if error and "English" not in error else [])
        visitor.close()

    threads = [threading.Thread(target=person, args=(number,)) for number in range(people)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds.sort()
    median, late = statistics.median(seconds), seconds[int(0.95 * len(seconds))]
    print(f"{people} people at once, {each} questions each: {len(errors)} errors, ", end="")
    print(f"median {median:.2f} s, 95th percentile {late:.2f} s")
    for error in sorted(set(errors))[:3]:
        print(f"  {error}")


def memory(service: Service, questions: list[str], count: int) -> None:
    visitor = Visitor("en")
    marks = []
    for number in range(count):
        asked(service, visitor, questions[number % len(questions)])
        if number % max(1, count // 5) == max(1, count // 5) - 1:
            marks.append((number + 1, resident_mb()))
    visitor.close()
    print("memory of the process after questions: " + ", ".join(f"{n}: {mb:.0f} MB" for n, mb in marks))


def resident_mb() -> float:
    try:
        with open("/proc/self/statm") as file:  # noqa: PTH123
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
