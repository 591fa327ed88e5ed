"""Gradio's Blocks, without the work for what stays as it is."""

from __future__ import annotations

import copy
from typing import Any

import gradio as gr
from gradio.blocks import Block


class Page(gr.Blocks):
    async def postprocess_data(self, block_fn: Any, predictions: Any, state: Any) -> list[Any]:
        """Only what an event changes is made anew.

        Gradio makes all of an event's outputs again at each of its steps, in about a millisecond each; a question has
        36 outputs, and the step that shows its query changes two of them.
        """
        if not isinstance(predictions, dict) or not all(isinstance(key, Block) for key in predictions):
            return await super().postprocess_data(block_fn, predictions, state)
        part = copy.copy(block_fn)
        part.outputs = [output for output in block_fn.outputs if output in predictions]
        values = [predictions[output] for output in part.outputs]
        made = await super().postprocess_data(part, values[0] if len(values) == 1 else values, state)
        changed = dict(zip(part.outputs, made, strict=True))
        return [changed.get(output, gr.skip()) for output in block_fn.outputs]
