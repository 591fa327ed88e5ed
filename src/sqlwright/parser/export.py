"""The network as three ONNX graphs that point into the file of weights.

`read` takes the word pieces of one text, `join` one question with its items, `decode` one step of several hypotheses
about one question. Exporting needs torch and onnx; answering with the result needs neither.
"""

from __future__ import annotations

import math
import tempfile
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ..core import DataError
from .layout import FEATURE_SIZES
from .model import ModelConfig, Parser
from .tokens import WORDS
from .weights import FILE, GRAPHS, SCALE, dequantize, offsets, quantize, read_weights, write_weights

OPSET = 17
WORD_WEIGHTS = ("words.weight", "to_words.weight", "to_words.bias")
UNLIKELY = -4.0  # the score that a new word begins with


def save_parser(model: Parser, folder: Path, facts: Mapping[str, Any], graphs: Path | None = None) -> None:
    """Weights and graphs into `folder`. `graphs` is a folder to copy the graphs from, else they are exported."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = {name: value.detach().cpu().float().numpy() for name, value in model.state_dict().items()}
    arrays = quantize(weights)
    write_weights(folder / FILE, arrays, {"config": model.config.to_dict(), "words": list(WORDS), **facts})
    if graphs:
        for name in GRAPHS:
            (folder / name).write_bytes((graphs / name).read_bytes())
    else:
        _export(load_parser(folder), arrays, folder)


def load_parser(folder: Path) -> Parser:
    """For more training, on the CPU. Raises DataError where the folder holds no weights, or none that fit.

    Words that the form has gained since the weights were written begin as unlikely ones.
    """
    arrays, facts = read_weights(folder / FILE)
    model = Parser(ModelConfig(**facts["config"]))
    if facts["words"] != list(WORDS[: len(facts["words"])]):
        raise DataError("the parser was trained for another version of the form", path=folder / FILE)
    saved = {name: torch.from_numpy(value.copy()) for name, value in dequantize(arrays).items()}
    load_grown(model, saved)
    return model


def load_grown(model: Parser, saved: Mapping[str, Tensor]) -> None:
    """Load weights that may know fewer words of the form than `model`."""
    state = dict(saved)
    for name, value in model.state_dict().items():
        if name in WORD_WEIGHTS and len(state[name]) < len(value):
            fresh = value[len(state[name]) :].clone()
            if name != "words.weight":
                fresh = fresh * 0 + (UNLIKELY if name == "to_words.bias" else 0.0)
            state[name] = torch.cat([state[name], fresh])
    model.load_state_dict(state)


class _OneRow:
    """Stands for `model.Grid` where there is one text and no padding."""

    @staticmethod
    def spread(x: Tensor) -> Tensor:
        return x[None]

    @staticmethod
    def collect(x: Tensor) -> Tensor:
        return x[0]


class _Read(nn.Module):
    def __init__(self, parser: Parser) -> None:
        super().__init__()
        self.parser = parser

    def forward(self, pieces: Tensor) -> Tensor:
        p = self.parser
        x: Tensor = p.norm(p.pieces(pieces) + p.positions(torch.arange(pieces.shape[0])))
        none = torch.zeros(1, 1, 1, 1)
        for layer in p.lower_layers:
            x = layer(x, _OneRow, none)
        return p.bridge(x)  # type: ignore[no-any-return]


class _Join(nn.Module):
    """To the decoder's keys and values over the memory (layers, 2, heads, T, D / heads), item inputs and item keys."""

    def __init__(self, parser: Parser) -> None:
        super().__init__()
        self.parser = parser

    def forward(
        self, question: Tensor, items: Tensor, features: Tensor, relations: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        p = self.parser
        for i, embedding in enumerate(p.features):
            items = items + embedding(features[:, i])
        mask = p.relations(relations).permute(2, 0, 1)[None]
        x = torch.cat([question, items])
        for layer in p.upper_layers:
            x = layer(x, _OneRow, mask)
        memory = torch.stack([torch.cat(keys) for keys in p.memory_keys(x[None])])
        found = x[question.shape[0] :]
        return memory, p.item_input(found), p.item_keys(found)


class _Decode(nn.Module):
    """One call: tokens (B, T) after `past` (layers, 2, B, heads, P, D / heads) to log probabilities and the new past.

    `causal` (T, P + T) adds to the scores.
    """

    def __init__(self, parser: Parser) -> None:
        super().__init__()
        self.parser = parser

    def forward(
        self,
        tokens: Tensor,
        positions: Tensor,
        causal: Tensor,
        past: Tensor,
        memory: Tensor,
        item_input: Tensor,
        item_keys: Tensor,
    ) -> tuple[Tensor, Tensor]:
        p = self.parser
        words = p.words.num_embeddings - 1
        pointed = item_input[(tokens - words - 1).clamp(min=0)]
        x = torch.where((tokens > words)[..., None], pointed, p.words(tokens.clamp(max=words))) + p.steps(positions)
        present = []
        for i, layer in enumerate(p.decoder):
            x, keys = self._layer(layer, x, past[i], memory[i], causal)
            present.append(keys)
        x = p.decoder_norm(x[:, -1])
        scores = p.to_items(x) @ item_keys.T / math.sqrt(p.config.width)
        return torch.cat([p.to_words(x), scores], -1).log_softmax(-1), torch.stack(present)

    def _layer(self, layer: Any, x: Tensor, past: Tensor, memory: Tensor, causal: Tensor) -> tuple[Tensor, Tensor]:
        """`DecoderLayer.forward` with attention written out, since all rows share one memory."""
        y = layer.norms[0](x)
        keys, values = layer.past.keys(y)
        keys, values = torch.cat([past[0], keys], 2), torch.cat([past[1], values], 2)
        x = x + _attend(layer.past, y, keys, values, causal)
        x = x + _attend(layer.memory, layer.norms[1](x), memory[:1], memory[1:], torch.zeros(1, 1))
        return x + layer.down(nn.functional.gelu(layer.up(layer.norms[2](x)))), torch.stack([keys, values])


def _attend(attention: Any, x: Tensor, keys: Tensor, values: Tensor, mask: Tensor) -> Tensor:
    q = attention._split(attention.query(x))
    scores = (q / math.sqrt(q.shape[-1])) @ keys.transpose(2, 3) + mask
    return attention.out((scores.softmax(-1) @ values).transpose(1, 2).flatten(2))  # type: ignore[no-any-return]


_LENGTHS: dict[str, dict[str, dict[int, str]]] = {
    "read.onnx": {"pieces": {0: "L"}, "states": {0: "L"}},
    "join.onnx": {
        "question": {0: "Q"},
        "items": {0: "N"},
        "features": {0: "N"},
        "relations": {0: "T", 1: "T"},
        "memory": {3: "T"},
        "item_input": {0: "N"},
        "item_keys": {0: "N"},
    },
    "decode.onnx": {
        "tokens": {0: "B", 1: "t"},
        "positions": {0: "B", 1: "t"},
        "causal": {0: "t", 1: "P+t"},
        "past": {2: "B", 4: "P"},
        "memory": {3: "T"},
        "item_input": {0: "N"},
        "item_keys": {0: "N"},
        "scores": {0: "B"},
        "present": {2: "B", 4: "P+t"},
    },
}
_OUTPUTS = {
    "read.onnx": ("states",),
    "join.onnx": ("memory", "item_input", "item_keys"),
    "decode.onnx": ("scores", "present"),
}


def _export(model: Parser, arrays: Mapping[str, NDArray[Any]], folder: Path) -> None:
    for name, (module, inputs) in _examples(model.eval()).items():
        outputs = _OUTPUTS[name]
        axes = _LENGTHS[name]
        with tempfile.TemporaryDirectory() as scratch, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the exporter that keeps the names of weights is called the old one
            path = Path(scratch) / name
            torch.onnx.export(
                module,
                inputs,
                str(path),
                dynamo=False,
                opset_version=OPSET,
                do_constant_folding=False,
                input_names=[k for k in axes if k not in outputs],
                output_names=list(outputs),
                dynamic_axes=axes,
            )
            _point_into_weights(path, arrays, folder / name)


def _examples(p: Parser) -> dict[str, tuple[nn.Module, tuple[Tensor, ...]]]:
    width, heads, q, n = p.config.width, p.config.heads, 5, 7
    depth, head = p.config.decoder_layers, width // heads
    ints = torch.int64
    joined = (
        torch.randn(q, width),
        torch.randn(n, width),
        torch.zeros(n, len(FEATURE_SIZES), dtype=ints),
        torch.zeros(q + n, q + n, dtype=ints),
    )
    step = (
        torch.ones(2, 3, dtype=ints),
        torch.ones(2, 3, dtype=ints),
        torch.zeros(3, 7),
        torch.randn(depth, 2, 2, heads, 4, head),
        torch.randn(depth, 2, heads, q + n, head),
        torch.randn(n, width),
        torch.randn(n, width),
    )
    return {
        "read.onnx": (_Read(p), (torch.ones(q, dtype=ints),)),
        "join.onnx": (_Join(p), joined),
        "decode.onnx": (_Decode(p), step),
    }


def _point_into_weights(graph_path: Path, arrays: Mapping[str, NDArray[Any]], out: Path) -> None:
    """Replace the graph's weights by references to the file of weights, int8 ones by their float product."""
    import onnx
    from onnx import TensorProto, helper

    graph = onnx.load(str(graph_path)).graph
    places = offsets(arrays)
    kept, nodes, gathered = [], [], {n.input[0]: n for n in graph.node if n.op_type == "Gather"}

    def reference(name: str, array: NDArray[Any]) -> None:
        kind = TensorProto.INT8 if array.dtype == np.int8 else TensorProto.FLOAT
        tensor = TensorProto(name=name, data_type=kind, dims=array.shape, data_location=TensorProto.EXTERNAL)
        offset, length = places[name]
        for key, value in {"location": FILE, "offset": offset, "length": length}.items():
            tensor.external_data.add(key=key, value=str(value))
        kept.append(tensor)

    for initializer in graph.initializer:
        name = initializer.name.removeprefix("parser.")
        if name not in arrays:
            kept.append(initializer)
            continue
        reference(name, arrays[name])
        if arrays[name].dtype != np.int8:
            nodes.append(helper.make_node("Identity", [name], [initializer.name]))
            continue
        reference(name + SCALE, arrays[name + SCALE])
        if gather := gathered.get(initializer.name):
            # Only the rows in use become floats.
            output, index = gather.output[0], gather.input[1]
            graph.node.remove(gather)
            nodes += [
                helper.make_node("Gather", [name, index], [output + ".int8"]),
                helper.make_node("Gather", [name + SCALE, index], [output + ".scale"]),
                helper.make_node("Cast", [output + ".int8"], [output + ".cast"], to=TensorProto.FLOAT),
                helper.make_node("Mul", [output + ".cast", output + ".scale"], [output]),
            ]
        else:
            nodes += [
                helper.make_node("Cast", [name], [name + ".cast"], to=TensorProto.FLOAT),
                helper.make_node("Mul", [name + ".cast", name + SCALE], [initializer.name]),
            ]
    graph = helper.make_graph([*nodes, *graph.node], out.stem, graph.input, graph.output, kept)
    model = helper.make_model(_sorted(graph), opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
    out.write_bytes(model.SerializeToString())


def _sorted(graph: Any) -> Any:
    """Nodes in an order in which each comes after its inputs."""
    known = {i.name for i in (*graph.input, *graph.initializer)} | {""}
    rest, ordered = list(graph.node), []
    while rest:
        ready = [n for n in rest if all(i in known for i in n.input)]
        ordered += ready
        known |= {o for n in ready for o in n.output}
        rest = [n for n in rest if not any(n is r for r in ready)]
        if not ready:
            raise ValueError(f"{rest[0].op_type} waits for {[i for i in rest[0].input if i not in known]}.")
    del graph.node[:]
    graph.node.extend(ordered)
    return graph
