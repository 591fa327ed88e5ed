"""Elements of a JSON array, one by one, whatever the size of the chunks they come in."""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sqlwright.core import DataError
from sqlwright.data.json_array import iter_array

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.lists(st.dictionaries(st.text(max_size=5), VALUES, max_size=4), max_size=6)


@settings(max_examples=150, deadline=None)
@given(OBJECTS, st.integers(1, 40), st.sampled_from([None, 0, 3]), st.booleans())
def test_gives_what_the_standard_library_gives(objects, chunk_bytes, indent, ascii_only):
    data = json.dumps(objects, indent=indent, ensure_ascii=ascii_only).encode()
    assert [v for _, v in iter_array(io.BytesIO(data), "a", chunk_bytes)] == json.loads(data)


@settings(max_examples=150, deadline=None)
@given(OBJECTS.filter(len), st.integers(1, 40), st.data())
def test_a_cut_file_gives_the_whole_elements_before_the_cut_and_an_error(objects, chunk_bytes, data):
    text = json.dumps(objects, indent=0).encode()
    cut = data.draw(st.integers(0, len(text) - 1))
    with pytest.raises(DataError):
        list(iter_array(io.BytesIO(text[:cut]), "a", chunk_bytes))
    got = [v for _, v in _until_error(iter_array(io.BytesIO(text[:cut]), "a", chunk_bytes))]
    assert got == objects[: len(got)]


@pytest.mark.parametrize("chunk_bytes", [1, 5, 1000])
def test_lines_are_those_of_the_file(chunk_bytes):
    data = b'\n[\n{"a": 1},\n\n{"a":\n2}, {"a": 3}\n,{"a" 4}]'
    with pytest.raises(DataError) as caught:
        list(iter_array(io.BytesIO(data), "a", chunk_bytes))
    lines = [line for line, _ in _until_error(iter_array(io.BytesIO(data), "a", chunk_bytes))]
    assert lines == [3, 5, 6]
    assert caught.value.line == 7


def _until_error(elements):
    try:
        yield from elements
    except DataError:
        return
