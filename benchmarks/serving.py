"""Time `sqlwright serve` on the demo database: its own overhead, many people at once, memory.

    python benchmarks/serving.py [--requests 300] [--people 20] [--rounds 3] [--questions 2000] [--model built-in]

The server runs as a process of its own and is asked over sockets that stay open, as clients do. Overhead is the time of
a request as its client sees it, less what the receipt says the question took; the model there is a script, so that it
costs nothing. On a busy machine most of that is waiting for a core, so processor time is given too: the server's, less
that of the same questions asked of the Service without HTTP. The people and the memory are measured with --model.
Memory is the server's resident set.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from importlib import metadata
from pathlib import Path

from sqlwright.data.demo import demo_database_path, demo_examples
from sqlwright.serving import Service

MAIN = "from sqlwright.cli.main import main; main()"
EASY = ("How many customers are there?", "SELECT COUNT(*) FROM customer")


class Server:
    """`sqlwright serve` on a free port."""

    def __init__(self, model: str) -> None:
        command = [sys.executable, "-c", MAIN, "serve", "-d", f"shop={demo_database_path()}", "-m", model]
        command += ["--port", "0", "--per-minute", "1000000", "--no-log"]
        self.started = time.perf_counter()
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        line = self.process.stderr.readline()
        self.address = re.search(r"http://([\d.:]+)", line)[1]
        self.name = model.partition(":")[0] + ":shop"
        while not self.healthy():
            time.sleep(0.02)
        self.start_s = time.perf_counter() - self.started

    def healthy(self) -> bool:
        try:
            return Client(self.address).get("/health") == {"status": "ok"}
        except OSError:
            return False

    def memory_mb(self) -> float:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024

    def cpu_s(self) -> float:
        user, system = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait()


class Client:
    """One connection that stays open."""

    def __init__(self, address: str) -> None:
        self.connection = http.client.HTTPConnection(address, timeout=600)

    def get(self, path: str) -> object:
        self.connection.request("GET", path)
        return json.load(self.connection.getresponse())

    def ask(self, model: str, question: str) -> tuple[float, float]:
        """Seconds of the whole request, and of the question by its receipt."""
        body = json.dumps({"model": model, "messages": [{"role": "user", "content": question}]})
        started = time.perf_counter()
        self.connection.request("POST", "/v1/chat/completions", body)
        response = self.connection.getresponse()
        answer = json.loads(response.read())
        elapsed = time.perf_counter() - started
        if response.status != 200:
            raise RuntimeError(answer)
        return elapsed, answer["choices"][0]["message"]["metadata"]["timings"]["total_s"]


def quantiles(seconds: list[float]) -> str:
    ordered = sorted(seconds)
    p95 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
    return f"p50 {statistics.median(ordered) * 1000:8.1f} ms   p95 {p95 * 1000:8.1f} ms   n {len(ordered)}"


def overhead(requests: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "script.jsonl"
        script.write_text(json.dumps({"question": EASY[0], "text": EASY[1]}) + "\n")
        with Server(f"scripted:{script}") as server:
            client = Client(server.address)
            client.ask(server.name, EASY[0])
            before = server.cpu_s()
            times = [client.ask(server.name, EASY[0]) for _ in range(requests)]
            cpu_s = (server.cpu_s() - before) / requests
            health = []
            for _ in range(requests):
                started = time.perf_counter()
                client.get("/health")
                health.append(time.perf_counter() - started)
        bare_s = without_http(f"scripted:{script}", requests)
    print(f"{'overhead in processor time':34} {(cpu_s - bare_s) * 1000:12.1f} ms   of {cpu_s * 1000:.1f} ms a question")
    print(f"{'overhead of a question':34} {quantiles([whole - inside for whole, inside in times])}")
    print(f"{'  the whole request, scripted':34} {quantiles([whole for whole, _ in times])}")
    print(f"{'  GET /health':34} {quantiles(health)}")


def without_http(model: str, requests: int) -> float:
    """Processor seconds of a question that is asked of the Service itself."""
    service = Service.open({"shop": str(demo_database_path())}, model)
    shop = service.connection("shop")
    service.ask(EASY[0], shop)
    before = time.process_time()
    for _ in range(requests):
        service.ask(EASY[0], shop)
    elapsed = time.process_time() - before
    service.close()
    return elapsed / requests


def many(server: Server, people: int, rounds: int, questions: list[str]) -> None:
    def person(number: int) -> list[float]:
        client = Client(server.address)
        return [client.ask(server.name, questions[(number + i * people) % len(questions)])[0] for i in range(rounds)]

    with ThreadPoolExecutor(people) as pool:
        times = [seconds for found in pool.map(person, range(people)) for seconds in found]
    print(f"{f'{people} people at once, {server.name}':34} {quantiles(times)}")


def memory(server: Server, count: int, questions: list[str]) -> None:
    client = Client(server.address)
    marks = {0: server.memory_mb()}
    for i in range(1, count + 1):
        client.ask(server.name, questions[i % len(questions)])
        if i % max(1, count // 4) == 0:
            marks[i] = server.memory_mb()
    print(f"{'memory after questions':34} " + ", ".join(f"{n}: {mb:.0f} MB" for n, mb in marks.items()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=300)
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3, help="questions of each person, one after the other")
    parser.add_argument("--questions", type=int, default=2000, help="for the memory; 0 leaves it out")
    parser.add_argument("--model", default="built-in")
    args = parser.parse_args()
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in ("uvicorn", "starlette", "mcp"))
    print(f"machine   {platform.system()} {platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print(f"versions  Python {platform.python_version()}, {versions}")
    print(f"command   {' '.join(sys.argv)}\n")
    overhead(args.requests)
    questions = [example.question for example in demo_examples() if example.question.isascii()]
    with Server(args.model) as server:
        print(f"{'from the command to /health':34} {server.start_s:.1f} s")
        client = Client(server.address)
        alone = [client.ask(server.name, question)[0] for question in questions[:30]]
        print(f"{f'one person, {server.name}':34} {quantiles(alone)}")
        many(server, args.people, args.rounds, questions)
        if args.questions:
            memory(server, args.questions, questions)
    print(f"load at the end {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
