"""The parser's weights as one file: safetensors, matrices as int8 with a scale a row.

Its header is padded to a fixed size, so that the ONNX graphs beside it can point into it by offset, and every model
tuned from the same network uses the same graphs. Rows are scaled to 8 bits symmetrically; the graphs compute in float.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core import DataError
from ..core.atomic import atomic_file

HEADER_BYTES = 65_536
FILE = "parser.safetensors"
GRAPHS = ("read.onnx", "join.onnx", "decode.onnx")
SCALE = ".scale"
_TYPES: dict[str, Any] = {"I8": np.int8, "F32": np.float32}
Arrays = dict[str, NDArray[Any]]


def quantize(weights: Mapping[str, NDArray[np.float32]]) -> Arrays:
    """Matrices (N, K) become int8 with a float scale (N, 1) beside them, everything else stays float."""
    found: Arrays = {}
    for name, value in weights.items():
        if value.ndim == 2:
            scale = np.maximum(np.abs(value).max(1, keepdims=True) / 127, 1e-12).astype(np.float32)
            found[name] = np.rint(value / scale).astype(np.int8)
            found[name + SCALE] = scale
        else:
            found[name] = value.astype(np.float32)
    return found


def dequantize(arrays: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[np.float32]]:
    return {
        name: value.astype(np.float32) * arrays[name + SCALE] if value.dtype == np.int8 else value
        for name, value in arrays.items()
        if not name.endswith(SCALE)
    }


def write_weights(path: Path, arrays: Mapping[str, NDArray[Any]], facts: Mapping[str, Any]) -> None:
    """`facts` (JSON) are kept as the file's metadata. The write is atomic."""
    header: dict[str, Any] = {"__metadata__": {"sqlwright": json.dumps(facts)}}
    for name, (start, end) in _places(arrays).items():
        kind = next(k for k, t in _TYPES.items() if arrays[name].dtype == t)
        header[name] = {"dtype": kind, "shape": list(arrays[name].shape), "data_offsets": [start, end]}
    text = json.dumps(header).encode()
    if len(text) > HEADER_BYTES - 8:
        raise ValueError(f"The header takes {len(text)} bytes of {HEADER_BYTES - 8}.")
    with atomic_file(path) as unfinished, unfinished.open("wb") as file:
        file.write((HEADER_BYTES - 8).to_bytes(8, "little") + text.ljust(HEADER_BYTES - 8))
        for name in sorted(arrays):
            file.write(np.ascontiguousarray(arrays[name]).tobytes().ljust(_padded(arrays[name].nbytes), b"\0"))


def read_weights(path: Path) -> tuple[Arrays, dict[str, Any]]:
    """The arrays, and the facts they were written with. Raises DataError for another file."""
    header, facts = _header(path)
    data = np.memmap(path, mode="r", offset=HEADER_BYTES)
    arrays = {}
    for name, entry in header.items():
        start, end = entry["data_offsets"]
        arrays[name] = data[start:end].view(_TYPES[entry["dtype"]]).reshape(entry["shape"])
    return arrays, facts


def read_facts(path: Path) -> dict[str, Any]:
    return _header(path)[1]


def offsets(arrays: Mapping[str, NDArray[Any]]) -> dict[str, tuple[int, int]]:
    """Where in the file each array stands: (offset, length) in bytes."""
    return {name: (HEADER_BYTES + a, b - a) for name, (a, b) in _places(arrays).items()}


def _places(arrays: Mapping[str, NDArray[Any]]) -> dict[str, tuple[int, int]]:
    found, at = {}, 0
    for name in sorted(arrays):
        found[name] = (at, at + arrays[name].nbytes)
        at += _padded(arrays[name].nbytes)
    return found


def _padded(size: int) -> int:
    """Arrays begin at multiples of 64 bytes."""
    return math.ceil(size / 64) * 64


def _header(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    try:
        with path.open("rb") as file:
            size = int.from_bytes(file.read(8), "little")
            header = json.loads(file.read(size)) if size == HEADER_BYTES - 8 else {}
        facts = json.loads(header.pop("__metadata__")["sqlwright"])
    except (OSError, ValueError, KeyError) as error:
        raise DataError("expected weights of the built-in model", path=path) from error
    return header, facts
