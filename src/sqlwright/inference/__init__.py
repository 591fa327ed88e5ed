"""From a question to the query that answers it: the one path of `ask`, `predict`, the servers and the trainers.

Prompt, candidates, guard, execution, choice, confidence and repair happen here and nowhere else, so what `predict`
measures is what `ask` does.
"""

from .budget import QueryBudget, Run
from .decide import Asked, Decision, decide, decide_all
from .infer import Question, infer, infer_all
from .options import InferenceOptions

__all__ = [
    "Asked",
    "Decision",
    "InferenceOptions",
    "QueryBudget",
    "Question",
    "Run",
    "decide",
    "decide_all",
    "infer",
    "infer_all",
]
