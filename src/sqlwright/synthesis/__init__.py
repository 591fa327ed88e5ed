"""Questions with SQL made from a live database, each verified by running it.

This package looks sideways: to `parser` for the pointer form, in which queries are drawn, checked clause by clause and
put into words, to `generation` for the protocol of the models that reword a question or write triplets, and to `data`
for the databases that triplets describe.
"""

from .pair import STYLES, Pair, Style, SynthesisOptions
from .report import ShapeShare, SynthesisReport, report_on
from .reword import reword
from .shapes import Shape, common_shapes, count_shapes, shape_of
from .synthesize import synthesize, synthesize_pairs
from .triplets import Triplet, generate_triplets

__all__ = [
    "STYLES",
    "Pair",
    "Shape",
    "ShapeShare",
    "Style",
    "SynthesisOptions",
    "SynthesisReport",
    "Triplet",
    "common_shapes",
    "count_shapes",
    "generate_triplets",
    "report_on",
    "reword",
    "shape_of",
    "synthesize",
    "synthesize_pairs",
]
