"""The SQL in what a model wrote, for base and tuned models alike.

The statement is cut out and never rewritten. Marks are tried from the clearest to the vaguest: JSON, tags, code
fences, then the first place in plain text where a statement begins. Of several statements the first query is taken, or
the last where the text says that it leads there step by step.
"""

from __future__ import annotations

import itertools
import json
import re

from ..core import DIALECTS, NAMING
from .reading import read_one

_END = re.compile(
    r"</s>|<\|im_end\|>|<\|im_start\|>|<\|eot_id\|>|<\|eom_id\|>|<\|end_of_text\|>|<\|endoftext\|>|<\|end\|>|<\|user\|>"
    r"|<eos>|<end_of_turn>|<start_of_turn>user|<｜end▁of▁sentence｜>|<\|EOT\|>|\[/?INST\]|<pad>|<\|pad\|>"
)
_START = re.compile(
    r"^\s*(?:<s>|<bos>|<\|begin_of_text\|>|<｜begin▁of▁sentence｜>|\[/INST\]|<\|assistant\|>|<\|im_start\|>\s*assistant"
    r"|<start_of_turn>\s*model|<\|start_header_id\|>\s*assistant\s*<\|end_header_id\|>|assistant\n)"
)
_THOUGHT = re.compile(r"<(think|thinking|reasoning)>.*?(?:</\1>|\Z)", re.DOTALL | re.IGNORECASE)
_THOUGHT_END = re.compile(r"\A.*</(?:think|thinking|reasoning)>", re.DOTALL | re.IGNORECASE)
_TAGS = re.compile(
    r"\[SQL\]\s*(?P<a>.*?)\s*(?:\[/SQL\]|\Z)|<sql>\s*(?P<b>.*?)\s*(?:</sql>|\Z)"
    r"|<(?P<tag>query|answer|final_sql)>\s*(?P<c>.*?)\s*(?:</(?P=tag)>|\Z)",
    re.DOTALL | re.IGNORECASE,
)
_FENCE = re.compile(r"(?:```|~~~)[ \t]*(?P<label>[\w+#-]*)[ \t]*\r?\n?(?P<body>.*?)(?:```|~~~|\Z)", re.DOTALL)
_INLINE = re.compile(r"(?<!`)`(?P<body>\s*(?:SELECT|WITH)\s[^`]+)`(?!`)", re.IGNORECASE)
# What a text says before fences of which the last is the answer, and before one that only says the same again.
_STEPS = re.compile(
    r"\b(?:steps?|first|then|next|now|finally|final|combin\w+|together|complete)\b|首先|步骤|然后|接着|最后|最终|完整",
    re.IGNORECASE,
)
_AGAIN = re.compile(
    r"\b(?:alternativ\w*|another|or|also|equivalent\w*|instead|optionally|example)\b|或者|另一种|也可以|例如",
    re.IGNORECASE,
)
_SQL_LABELS = frozenset({"", "sql"}).union(DIALECTS, *(naming.aliases for naming in NAMING.values()))
_JSON_KEYS = ("sql", "sql_query", "sqlquery", "query", "statement", "answer", "predicted_sql", "result")

# A CTE and not the preposition; then the verbs of other statements, for the guard to refuse by name.
_QUERY = (
    r"(?:\(\s*)*SELECT\b(?=\s|[*('\"`\[])"
    r"|WITH\s+(?:RECURSIVE\s+)?[\w\"`\[\]]+\s*(?:\([^()]*\)\s*)?AS\s*(?:NOT\s+)?(?:MATERIALIZED\s*)?\("
    r"|\AFROM\s+[\w.\"`]+\s+SELECT\b"
)
_OTHER = (
    r"INSERT\s+(?:OR\s+\w+\s+)?INTO\b|REPLACE\s+INTO\b|UPDATE\s+[\w\"`.\[\]]+\s+SET\b|DELETE\s+FROM\b|MERGE\s+INTO\b"
    r"|(?:CREATE|DROP|ALTER)\s+(?:OR\s+REPLACE\s+)?(?:TEMP\w*\s+)?(?:TABLE|VIEW|INDEX|TRIGGER|DATABASE|SCHEMA|FUNCTION)\b"
    r"|TRUNCATE\s+TABLE\b|PRAGMA\s+\w+|ATTACH\s+(?:DATABASE\s+)?'|EXPLAIN\s+|SHOW\s+TABLES\b|FROM\s+\w+\s+SELECT\b"
)
_QUERY_START = re.compile(_QUERY, re.IGNORECASE)
_ANY_START = re.compile(rf"(?:{_QUERY})|(?:{_OTHER})", re.IGNORECASE)
_MAX_STARTS = 20
_LEAD = re.compile(r"(?:\A|\n|[:：`>\])；;。])[ \t\"'*]*\Z")  # what may stand right before a statement

_PIECE = re.compile(
    r"'(?:[^'\\]|''|\\.)*'|\"(?:[^\"\\]|\"\"|\\.)*\"|`[^`]*`|--[^\n]*|/\*.*?\*/|\n[ \t]*(?=\n)|\n|[();；。]|```|.",
    re.DOTALL,
)
_QUOTED = re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"|`[^`]*`")
# On the line of a statement: a capitalized word and one in small letters, or Chinese.
_PROSE_BEHIND = re.compile(r"[ \t]+(?=[A-Z][a-z]*[:,]?[ \t]+[a-z]|[\u4e00-\u9fff])")
_SENTENCE_END = re.compile(r"\.(?=\s+[A-Z][a-z]|\s*\Z)")
_CONTINUES = re.compile(
    r"\s*(?:FROM|WHERE|GROUP|ORDER|HAVING|LIMIT|OFFSET|FETCH|WINDOW|QUALIFY|UNION|INTERSECT|EXCEPT|JOIN|LEFT|RIGHT|FULL"
    r"|INNER|OUTER|CROSS|NATURAL|ON|USING|AND|OR|NOT|AS|IN|IS|LIKE|BETWEEN|THEN|WHEN|ELSE|END|CASE|ASC|DESC|BY|SELECT"
    r"|VALUES|ALL|DISTINCT)\b|\s*[(),+*/=<>|]",
    re.IGNORECASE,
)
_PROSE = re.compile(
    r"\s*(?:(?:This|The|These|That|It|Here|Explanation|Note|Notes|In|We|You|I|If|Where|However|Please|Let|So|To|Output|Results?"
    r"|Answer|Question|Schema|Human|User|Assistant|Response|Input|Instruction|Example|SQLResult|Context)\b[ :,'’]"
    r"|#|\*\*|---|===|\d+\.\s|[-*•]\s|Q:|A:|>|(?:这|该|此|上述|以上|解释|说明|注意|其中|请|如果|因此|问题|答案|查询)|[^\x00-\x7f]+[：，。])"
)


def extract_sql(text: str) -> str:
    """The first query in `text`, without its final semicolon; "" where there is none.

    Where there is only another statement (a model that writes DROP TABLE), that one, so that it can be refused by name.
    """
    text = _THOUGHT_END.sub("", _THOUGHT.sub("\n", text.lstrip("\ufeff")))
    while match := _START.match(text):
        text = text[match.end() :]
    text = _END.split(text.strip(), maxsplit=1)[0]
    for candidate in (*_marked(text), text):
        if sql := _first_statement(candidate):
            return sql
    return ""


def _marked(text: str) -> list[str]:
    """Parts of `text` that are marked as SQL, the clearest mark first."""
    found = _in_json(text)
    found += [next(g for g in (m["a"], m["b"], m["c"]) if g is not None) for m in _TAGS.finditer(text)]
    fences = [(m["label"], m["body"]) for m in _FENCE.finditer(text)]
    for label, body in fences:
        if label.lower() == "json" or body.lstrip().startswith("{"):
            found += _in_json(body)
    labelled = _answer_first(text, [m for m in _FENCE.finditer(text) if m["label"].lower() in _SQL_LABELS])
    # ```SELECT ...```: the first word is no label
    found += labelled + [f"{label} {body}" for label, body in fences if label.lower() in ("select", "with")]
    with_query = [body for body in found if _QUERY_START.search(body)]
    return with_query + found + [m["body"] for m in _INLINE.finditer(text)]


def _answer_first(text: str, fences: list[re.Match[str]]) -> list[str]:
    """The bodies in order; a fence that steps lead to comes before those that are the steps."""
    queries = [fence for fence in fences if _QUERY_START.search(fence["body"])]
    before = [text[: fence.start()] for fence in queries[:1]]
    before += [text[one.end() : other.start()] for one, other in itertools.pairwise(queries)]
    count = next((i for i, said in enumerate(before) if i and _AGAIN.search(said)), len(queries))
    if count > 1 and any(_STEPS.search(said) for said in before[:count]):
        answer = queries[count - 1]
        fences = [answer, *(fence for fence in fences if fence is not answer)]
    return [fence["body"] for fence in fences]


def _in_json(text: str) -> list[str]:
    decoder = json.JSONDecoder(strict=False)
    for match in list(re.finditer(r"[{\[]", text))[:20]:
        if text[match.end() :].lstrip()[:1] not in ('"', "{"):
            continue
        try:
            value, _ = decoder.raw_decode(text, match.start())
        except ValueError:
            continue
        rows = value if isinstance(value, list) else [value]
        for row in rows:
            if isinstance(row, dict):
                row = {str(k).lower(): v for k, v in row.items()}
                hits = [row[k] for k in _JSON_KEYS if isinstance(row.get(k), str)]
                if hits:
                    return hits
    return []


def _first_statement(text: str) -> str:
    """The first query that stands where a statement may begin, then the likeliest inside a sentence, then another."""
    found = list(_QUERY_START.finditer(text))[:_MAX_STARTS]
    starts = [m.start() for m in found if not text[max(m.start() - 1, 0) : m.start()].isalnum()]
    placed = [s for s in starts if _LEAD.search(text[:s])]
    shouted = [s for s in starts if text[s:].lstrip("( \n").startswith(("SELECT", "WITH"))]
    for start in (*placed, *shouted, *starts):
        statement = _statement(text, start)
        likely = start in placed or start in shouted or re.search(r"[=*(,'\"\d\n]", statement)
        if likely and _reads(statement):
            return statement
    other = next((m.start() for m in _ANY_START.finditer(text) if _LEAD.search(text[: m.start()])), None)
    first = next(iter(placed + shouted), None)
    if other is not None and (first is None or other < first):
        return _statement(text, other)
    return _statement(text, first) if first is not None else ""


def _reads(sql: str) -> bool:
    """Whether `sql` is a query and no sentence such as "select the names from the list"."""
    return any(read_one(sql, dialect) is not None for dialect in DIALECTS)


def _statement(text: str, start: int) -> str:
    """From `start` to the statement's end: a semicolon, a fence, or a line on which prose or another query begins."""
    depth, position = 0, start
    while position < len(text):
        match = _PIECE.match(text, position)
        assert match is not None  # the last alternative takes any character
        piece = match.group()
        if piece in (";", "；", "。", "```", ".") and (piece != "." or _SENTENCE_END.match(text, position)):
            break
        if piece == ")" and depth == 0:
            break
        depth += (piece == "(") - (piece == ")")
        if piece.startswith("\n") and _ends_at(text, match.end(), depth, piece != "\n", text[start:position]):
            break
        position = match.end()
    return _without_prose(text[start:position].strip().rstrip("`").strip())


def _without_prose(statement: str) -> str:
    """Up to the sentence that follows on the same line, where the statement can be read only without it."""
    masked = _QUOTED.sub(lambda m: "'" * len(m.group()), statement)
    places = [m.start() for m in _PROSE_BEHIND.finditer(masked)][:_MAX_STARTS]
    if not places or _reads(statement):
        return statement
    # The longest part that can be read: the parser takes a mere `select` too.
    return next((statement[:place] for place in reversed(places) if _reads(statement[:place])), statement)


def _ends_at(text: str, position: int, depth: int, blank_line: bool, before: str) -> bool:
    """Whether the statement `before` is over at the line that begins at `position`."""
    line = text[position:].lstrip("\n")
    if not line.strip() or _PROSE.match(line):
        return depth == 0 or blank_line or not line.strip()
    if depth:
        return False
    if re.match(r"\s*(?:SELECT|WITH)\b", line, re.IGNORECASE):
        open_with = re.match(r"\s*WITH\b", before, re.IGNORECASE) and not _main_select(before)
        joined = re.search(r"\b(?:UNION|ALL|INTERSECT|EXCEPT|AS|DISTINCT)\s*\(*\s*\Z", before, re.IGNORECASE)
        return not open_with and not joined
    return blank_line and not _CONTINUES.match(line)


def _main_select(before: str) -> bool:
    """Whether a WITH statement has already reached its own SELECT."""
    depth = 0
    for piece in re.findall(r"[()]|\bSELECT\b|'[^']*'", before, re.IGNORECASE):
        depth += (piece == "(") - (piece == ")")
        if depth == 0 and piece.upper() == "SELECT":
            return True
    return False
