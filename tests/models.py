"""Tiny real models and a real OpenAI-compatible server for tests; import the fixtures by name.

from tests.models import llama, lora  # noqa: F401
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
TRAINING_TEXT = """
SELECT name FROM singer WHERE age > 30 ORDER BY name DESC LIMIT 3;
SELECT count(*) FROM concert JOIN stadium ON concert.stadium_id = stadium.id GROUP BY stadium.name;
CREATE TABLE singer (id INTEGER PRIMARY KEY, name TEXT, age INTEGER);
Translate the question into one read-only SQLite SELECT statement over this schema. Use only its tables and columns.
Question: How many singers are there? What is the name of the oldest one? 有多少歌手?
user assistant system
"""


def save_llama(
    folder: Path,
    *,
    hidden: int = 64,
    layers: int = 2,
    heads: int = 4,
    inner: int = 128,
    vocabulary: int = 512,
    context: int = 2048,
    template: str | None = CHAT_TEMPLATE,
    seed: int = 0,
) -> Path:
    """A random Llama with a byte-level BPE tokenizer trained on a few lines, as `save_pretrained` writes it."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=vocabulary, special_tokens=special, initial_alphabet=alphabet)
    tokenizer.train_from_iterator(TRAINING_TEXT.splitlines(), trainer)
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|im_end|>", pad_token="<|endoftext|>")
    fast.chat_template = template
    torch.manual_seed(seed)
    config = LlamaConfig(
        hidden_size=hidden,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        num_key_value_heads=max(1, heads // 2),
        intermediate_size=inner,
        vocab_size=vocabulary,
        max_position_embeddings=context,
        bos_token_id=None,
        eos_token_id=2,
        pad_token_id=0,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    fast.save_pretrained(folder)
    return folder


def save_lora(base: Path, folder: Path, *, seed: int = 1) -> Path:
    """A LoRA adapter on `base` that changes its output: PEFT's own start would leave it as it is."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    torch.manual_seed(seed)
    model = get_peft_model(
        AutoModelForCausalLM.from_pretrained(base),
        LoraConfig(r=4, lora_alpha=64, target_modules="all-linear", init_lora_weights=False, task_type="CAUSAL_LM"),
    )
    model.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import torch

    torch.set_num_threads(1)  # on toys, threads only wait for each other
    return save_llama(tmp_path_factory.mktemp("models") / "tiny-llama")


@pytest.fixture(scope="session")
def lora(llama: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_lora(llama, tmp_path_factory.mktemp("adapters") / "tiny-lora")


Reply = Callable[[dict], str]


@dataclass
class ChatServer:
    """A chat-completions server on localhost. `mode` says how the next requests fail; `requests` holds their bodies.

    Modes: ok, 500 (always), 500-once (per question, then ok), html, not-json, null, no-choices, slow, 401, 404, 400.
    """

    reply: Reply
    mode: str = "ok"
    ignores_n: bool = False
    requests: list[dict] = field(default_factory=list)
    headers: list[dict] = field(default_factory=list)
    url: str = ""
    delay_s: float = 5.0
    at_once: int = 0
    most_at_once: int = 0
    failed: set[str] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)


BODIES = {
    "html": (200, "text/html", "<html><body>Please log in</body></html>"),
    "not-json": (200, "application/json", "{oops"),
    "null": (
        200,
        "application/json",
        '{"choices": [{"index": 0, "finish_reason": "length", "message": {"content": null}}]}',
    ),
    "no-choices": (200, "application/json", '{"choices": []}'),
    "500": (500, "text/html", "<h1>Internal Server Error</h1>"),
    "401": (401, "application/json", '{"error": {"message": "Incorrect API key provided: sk-secret"}}'),
    "404": (404, "application/json", '{"error": {"message": "The model does not exist."}}'),
    "400": (400, "application/json", '{"error": {"message": "maximum context length is 2048 tokens"}}'),
}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    state: ChatServer


class _Handler(BaseHTTPRequestHandler):
    counted = False  # whether this request is among those that are answered at the same time
    server: _Server

    def log_message(self, *args):
        pass

    def do_GET(self):
        self._send(200, "application/json", '{"object": "list", "data": [{"id": "tiny", "max_model_len": 2048}]}')

    def do_POST(self):
        state = self.server.state
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        with state.lock:
            state.requests.append(body)
            state.headers.append({k.lower(): v for k, v in self.headers.items()})
            state.at_once += 1
            state.most_at_once = max(state.most_at_once, state.at_once)
        self.counted = True
        try:
            self._answer(state, body)
        finally:
            self._leave(state)

    def _leave(self, state):
        """Before the reply is sent: the client may ask again as soon as it has it."""
        with state.lock:
            state.at_once -= self.counted
            self.counted = False

    def _answer(self, state, body):
        mode = state.mode
        question = body["messages"][-1]["content"]
        if mode == "500-once":
            mode = "ok" if question in state.failed else "500"
            state.failed.add(question)
        if mode == "slow":
            time.sleep(state.delay_s)
        if mode in BODIES:
            self._send(*BODIES[mode])
        elif body.get("stream"):
            self._stream(state.reply(body))
        else:
            self._send(200, "application/json", json.dumps(_completion(state, body)))

    def _send(self, status, kind, text):
        data = text.encode()
        self._leave(self.server.state)
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        with suppress(OSError):  # the client gave up waiting
            self.wfile.write(data)

    def _stream(self, text):
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        for piece in [text[i : i + 4] for i in range(0, len(text), 4)]:
            chunk = {"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {"content": piece}}]}
            self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
        self.wfile.write(b"data: [DONE]\n\n")
        self.close_connection = True


def _completion(state, body):
    n = 1 if state.ignores_n else body.get("n", 1)
    texts = [state.reply(body) for _ in range(n)]
    choices = [
        {"index": i, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}
        for i, text in enumerate(texts)
    ]
    usage = {"prompt_tokens": 9, "completion_tokens": 7, "total_tokens": 16}
    return {"id": "x", "object": "chat.completion", "model": body["model"], "choices": choices, "usage": usage}


@contextmanager
def chat_server(reply: Reply, **settings) -> Iterator[ChatServer]:
    """`reply` gets the request's body and gives the text of one choice."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.state = ChatServer(reply, **settings, url=f"http://127.0.0.1:{server.server_port}/v1")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server.state
    finally:
        server.shutdown()
        server.server_close()


def model_reply(generator) -> Reply:
    """A reply that really comes from a model: the request's messages, rendered and decoded like any other prompt."""
    from dataclasses import replace

    from sqlwright.core import Message, Schema
    from sqlwright.generation import Sampling
    from sqlwright.prompts import Prompt

    lock = threading.Lock()
    blank = Prompt("", Schema("none", "sqlite", ()), (), "default")

    def reply(body: dict) -> str:
        messages = tuple(Message(m["role"], m["content"]) for m in body["messages"])
        sampling = Sampling(temperature=body.get("temperature", 0.0), max_new_tokens=body.get("max_tokens", 16))
        with lock:
            return generator.generate([replace(blank, messages=messages)], sampling)[0][0].text

    return reply
