"""Turn off the usage reports of the packages that sqlwright is built on.

Importing sqlwright calls `turn_off`, before any of them is loaded: every command, the Python API and every worker
process passes there. A variable that is already set keeps its value, so a user can turn a report on again. Trackers
that a training run names in `report_to` are not usage reports and work as configured.
"""

from __future__ import annotations

import os

# Environment variable -> value. The packages read them when they are imported, so setting them later has no effect.
SWITCHES: dict[str, str] = {
    "DO_NOT_TRACK": "1",  # https://donottrack.sh: honored by the Hugging Face hub, MLflow, vLLM and others
    "ORT_DISABLE_TELEMETRY": "1",  # onnxruntime 1.32: a device id under ~/.cache/Microsoft and events to Microsoft
    "HF_HUB_DISABLE_TELEMETRY": "1",  # huggingface_hub, and through it Gradio, TRL and transformers
    "GRADIO_ANALYTICS_ENABLED": "False",  # Gradio, and its search for a newer version
    "ANONYMIZED_TELEMETRY": "False",  # Chroma before 1.0
    "WANDB_ERROR_REPORTING": "false",  # crash reports of the W&B client to Sentry; runs are logged all the same
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "VLLM_NO_USAGE_STATS": "1",
}


def turn_off() -> None:
    """Set each of SWITCHES in this process's environment, which child processes inherit, unless it is set already."""
    for name, value in SWITCHES.items():
        os.environ.setdefault(name, value)
