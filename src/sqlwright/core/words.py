"""Every phrase of a receipt that people read, in each language: one table, and `say` to fill a phrase in.

Messages of the engines and the guard's details stay in English: they quote SQL.
"""

from __future__ import annotations

from collections.abc import Iterable

from .error_words import ERRORS
from .language import COLUMN, Language

WORDS: dict[str, tuple[str, str]] = {
    # Conditions, order and limit of a query.
    "is": ("{a} is {b}", "{a} 为 {b}"),
    "is_not": ("{a} is not {b}", "{a} 不为 {b}"),
    "more": ("{a} is more than {b}", "{a} 大于 {b}"),
    "at_least": ("{a} is at least {b}", "{a} 不小于 {b}"),
    "less": ("{a} is less than {b}", "{a} 小于 {b}"),
    "at_most": ("{a} is at most {b}", "{a} 不大于 {b}"),
    "after": ("{a} is after {b}", "{a} 晚于 {b}"),
    "on_or_after": ("{a} is on or after {b}", "{a} 不早于 {b}"),
    "before": ("{a} is before {b}", "{a} 早于 {b}"),
    "on_or_before": ("{a} is on or before {b}", "{a} 不晚于 {b}"),
    "matches": ("{a} matches {b}", "{a} 匹配 {b}"),
    "contains": ("{a} contains {b}", "{a} 包含 {b}"),
    "starts": ("{a} starts with {b}", "{a} 以 {b} 开头"),
    "ends": ("{a} ends with {b}", "{a} 以 {b} 结尾"),
    "not_matches": ("{a} does not match {b}", "{a} 不匹配 {b}"),
    "not_contains": ("{a} does not contain {b}", "{a} 不包含 {b}"),
    "not_starts": ("{a} does not start with {b}", "{a} 不以 {b} 开头"),
    "not_ends": ("{a} does not end with {b}", "{a} 不以 {b} 结尾"),
    "in": ("{a} is one of {b}", "{a} 是 {b} 之一"),
    "not_in": ("{a} is not one of {b}", "{a} 不是 {b} 之一"),
    "in_query": ("{a} is among the results of another query", "{a} 在另一个查询的结果中"),
    "not_in_query": ("{a} is not among the results of another query", "{a} 不在另一个查询的结果中"),
    "between": ("{a} is between {b} and {c}", "{a} 在 {b} 和 {c} 之间"),
    "not_between": ("{a} is not between {b} and {c}", "{a} 不在 {b} 和 {c} 之间"),
    "null": ("{a} has no value", "{a} 没有值"),
    "not_null": ("{a} has a value", "{a} 有值"),
    "exists": ("there is a matching row in another query", "另一个查询中有匹配的行"),
    "not_exists": ("there is no matching row in another query", "另一个查询中没有匹配的行"),
    "not": ("not {a}", "不满足 {a}"),
    "and": ("{a} and {b}", "{a} 且 {b}"),
    "or": ("{a} or {b}", "{a} 或 {b}"),
    "groups": ("only groups where {a}", "只保留 {a} 的分组"),
    "rows": ("number of rows", "行数"),
    "count": ("number of {a}", "{a} 的个数"),
    "count_distinct": ("number of different {a}", "不同 {a} 的个数"),
    "sum": ("sum of {a}", "{a} 之和"),
    "avg": ("average of {a}", "{a} 的平均值"),
    "max": ("highest {a}", "{a} 的最大值"),
    "min": ("lowest {a}", "{a} 的最小值"),
    "subquery": ("the result of another query", "另一个查询的结果"),
    "comma": (", ", "、"),
    "then": (", then ", "，再按 "),
    "highest": ("{a}, highest first", "{a} 从高到低"),
    "lowest": ("{a}, lowest first", "{a} 从低到高"),
    "sorted": ("sorted by {keys}{skipping}", "按 {keys}排序{skipping}"),
    "top": ("top {n} by {keys}{skipping}", "按 {keys}取前 {n} 行{skipping}"),
    "first": ("first {n} rows{skipping}", "前 {n} 行{skipping}"),
    "skipping": (", after skipping {n}", "，跳过前 {n} 行"),
    # How one query differs from another.
    "select_changed": ("shows {after} instead of {before}", "显示 {after}，而不是 {before}"),
    "select_added": ("also shows {after}", "还显示 {after}"),
    "select_removed": ("does not show {before}", "不显示 {before}"),
    "distinct_added": ("shows equal rows once", "相同的行只显示一次"),
    "distinct_removed": ("shows equal rows as often as they come", "相同的行不合并"),
    "from_changed": ("reads {after} instead of {before}", "读取 {after}，而不是 {before}"),
    "from_added": ("also reads {after}", "还读取 {after}"),
    "from_removed": ("does not read {before}", "不读取 {before}"),
    "join_changed": ("joins on {after} instead of {before}", "按 {after} 连接，而不是按 {before}"),
    "join_added": ("joins on {after}", "按 {after} 连接"),
    "join_removed": ("does not join on {before}", "不按 {before} 连接"),
    "inner_changed": ("asks another inner query", "内层查询不同"),
    "where_changed": ("asks that {after}, not that {before}", "要求 {after}，而不是 {before}"),
    "where_added": ("asks that {after} as well", "还要求 {after}"),
    "where_removed": ("does not ask that {before}", "不要求 {before}"),
    "having_changed": ("keeps groups where {after} instead of {before}", "保留 {after} 的分组，而不是 {before} 的"),
    "having_added": ("keeps only groups where {after}", "只保留 {after} 的分组"),
    "having_removed": ("keeps also groups without {before}", "不限于 {before} 的分组"),
    "group_changed": ("groups by {after} instead of {before}", "按 {after} 分组，而不是按 {before}"),
    "group_added": ("groups by {after}", "按 {after} 分组"),
    "group_removed": ("does not group by {before}", "不按 {before} 分组"),
    "order_changed": ("sorts by {after} instead of {before}", "按 {after}排序，而不是按 {before}"),
    "order_added": ("sorts by {after}", "按 {after}排序"),
    "order_removed": ("does not sort by {before}", "不按 {before}排序"),
    "limit_changed": ("shows the first {after} rows instead of {before}", "显示前 {after} 行，而不是 {before} 行"),
    "limit_added": ("shows only the first {after} rows", "只显示前 {after} 行"),
    "limit_removed": ("shows all rows, not the first {before}", "显示全部行，而不只是前 {before} 行"),
    "set_changed": ("combines two queries by {after} instead of {before}", "用 {after} 合并两个查询，而不是 {before}"),
    "set_added": ("combines two queries by {after}", "用 {after} 合并两个查询"),
    "set_removed": ("does not combine two queries by {before}", "不用 {before} 合并两个查询"),
    "query_changed": ("is another query", "是另一个查询"),
    "second_query": ("in its second query {a}", "在第二个查询中{a}"),
    # A first note where the answer is probably wrong.
    "unsure": (
        "Unsure. Understood: {understood}. If you meant something else, say it in other words.",
        "不确定是否理解正确。理解为：{understood}。如果不是这个意思，请换一种说法。",
    ),
    "rows_of": ("{shown} from {tables}", "{tables} 的 {shown}"),
    # What is said to a greeting and the like.
    "talk_hello": ("Hello.", "你好。"),
    "talk_thanks": ("You are welcome.", "不客气。"),
    "talk_bye": ("Goodbye.", "再见。"),
    "talk_who": (
        "This is sqlwright: it turns a question into one read-only query and shows the rows.",
        "这里是 sqlwright：把问题变成一条只读查询，并显示结果。",
    ),
    "talk_can": (
        "Ask about the data in {database}, for example: {examples}",
        "可以询问 {database} 中的数据，例如：{examples}",
    ),
    "talk_empty": ("The database {database} has no tables to ask about.", "数据库 {database} 中没有可以询问的表。"),
    "talk_count": ("How many {things} are there?", "{things} 有多少条？"),
    "talk_each": ("How many {things} are there for each {column}?", "每个 {column} 有多少 {things}？"),
    # Notes on a result.
    "unused": ("Not used: {words}.", "未用到：{words}。"),
    "weekdays": (
        "Days of the week are numbers: 0 is Sunday, 1 is Monday, 6 is Saturday.",
        "星期以数字表示：0 为星期日，1 为星期一，6 为星期六。",
    ),
    "cut_rows": ("Only the first {n} rows are shown; there are more.", "只显示前 {n} 行，还有更多。"),
    "cut_cell_bytes": ("At least one value was too long and is cut.", "至少有一个值过长，已被截断。"),
    "cut_result_bytes": (
        "The result was too large; only the first {n} rows are shown.",
        "结果过大，只显示前 {n} 行。",
    ),
    "unknown_value": (
        "No value {value} in {column}; the column holds {held}.",
        "{column} 中没有值 {value}；该列中有 {held}。",
    ),
    "or_list": (" or ", " 或 "),
    "unjoined": (
        "Nothing connects {names}: each row of one stands with every row of the other.",
        "{names} 之间没有连接条件：一张表的每一行都与另一张表的所有行组合。",
    ),
    "definition": (
        "{name} is {expression}, as meaning.yaml defines it.",
        "{name} 按 meaning.yaml 的定义为 {expression}。",
    ),
    "definition_unused": (
        "The query does not use the definition of {name} in meaning.yaml: {expression}.",
        "查询没有使用 meaning.yaml 中 {name} 的定义：{expression}。",
    ),
    "synonyms": ("Read as meaning.yaml says: {words}.", "按 meaning.yaml 理解：{words}。"),
    "synonym": ("{mention} as {name}", "{mention} 指 {name}"),
    "reread": (
        "The tables have changed since they were read. They were read again for this answer.",
        "数据库的表在读取之后发生了变化，已为这个答案重新读取。",
    ),
    "new_question": (
        "Taken as a new question, not as a change to the one before.",
        "作为一个新问题回答，而不是对上一个问题的修改。",
    ),
    "not_run": ("The query was not run.", "该查询没有运行。"),
    "verified": (
        "This is the query that was verified for this question; no model wrote it.",
        "这是为该问题确认过的查询，不是模型写的。",
    ),
    "verified_with": (
        "This is the query that was verified for a question like this one, with {values}; no model wrote it.",
        "这是为类似问题确认过的查询，其中{values}；不是模型写的。",
    ),
    "verified_value": ("{new} in place of {old}", "以 {new} 代替 {old}"),
    "repaired": (
        "The first query did not run ({why}); this is the corrected one.",
        "第一个查询未能运行（{why}）；这是改正后的查询。",
    ),
    "dropped_tables": (
        "{n} tables were left out of what the model read: {names}.",
        "模型没有读到其中 {n} 张表：{names}。",
    ),
    "empty": ("No row meets the conditions.", "没有符合条件的行。"),
    "empty_one": (
        "No row meets the conditions: without the one that {a} there would be {n}.",
        "没有符合条件的行：去掉条件“{a}”后有 {n} 行。",
    ),
    "empty_together": ("No row meets the conditions: never {a} at once.", "没有符合条件的行：从来没有同时{a}的行。"),
    "empty_each": (
        "No row meets the conditions, and none each of these alone: {a}.",
        "没有符合条件的行，单独满足以下条件的行也没有：{a}。",
    ),
    "empty_groups": (
        "{n} rows meet the conditions, but there is no group where {a}.",
        "有 {n} 行符合条件，但没有满足“{a}”的分组。",
    ),
    "empty_except": ("Every row of the first query is in the second one too.", "第一个查询的每一行都在第二个查询中。"),
    "empty_intersect": ("The two queries have no row in common.", "两个查询没有相同的行。"),
    "empty_table": ("The table {a} has no rows.", "表 {a} 中没有行。"),
    "empty_join": ("No row meets another in the join of {a}.", "连接 {a} 时没有相互匹配的行。"),
    # Why there is no result.
    "no_answer": ("The tables do not seem to hold the answer.", "这些表中似乎没有答案。"),
    "nearest": (
        "The tables do not seem to hold the answer. Nearest: {names}.",
        "这些表中似乎没有答案，最接近的表：{names}。",
    ),
    "known_tables": (
        "The tables do not seem to hold the answer. There are: {names}.",
        "这些表中似乎没有答案，现有的表：{names}。",
    ),
    "said": ('The model wrote no query. It said: "{text}"', "模型没有写出查询，它说：“{text}”"),
    "silent": ("The model wrote nothing.", "模型没有写出任何内容。"),
    "timeout": (
        "Stopped after {s:.1f} s: the time limit was reached.",
        "运行 {s:.1f} 秒后停止：已达到时间限制。",
    ),
    "engine": ("{text}", "数据库报错：{text}"),
    # The guard's reasons, by code; its own sentences are the English ones.
    "refused": ("{text}", "没有运行该查询：{text}"),
    "violation_not_a_query": ("{text}", "只运行单个 SELECT 查询"),
    "violation_several_statements": ("{text}", "其中有多条语句"),
    "violation_not_allowed": ("{text}", "其中有只读查询不允许的部分"),
    "violation_function": ("{text}", "其中有不允许使用的函数"),
    "violation_table_function": ("{text}", "其中有不能作为表使用的函数"),
    "violation_unknown_table": ("{text}", "其中有不存在的表"),
    "violation_unknown_column": ("{text}", "其中有不存在的列"),
    "violation_system_table": ("{text}", "其中有数据库的系统表"),
    "violation_other_database": ("{text}", "其中有另一个数据库的名称"),
    "violation_too_long": ("{text}", "语句过长"),
    "violation_too_deep": ("{text}", "语句嵌套过深"),
    "violation": ("{text}", "不是可以读懂的只读查询"),
    # Answers from the catalogue.
    "table": ("table", "表"),
    "column": ("column", "列"),
    "type": ("type", "类型"),
    "kind": ("kind", "种类"),
    "comment": ("comment", "说明"),
    "columns": ("columns", "列数"),
    "tables": ("tables", "表数"),
    "refers_to": ("refers to", "引用"),
    "a_table": ("table", "表"),
    "a_view": ("view", "视图"),
    # Which of several databases was asked.
    "routed": ("{database}, the nearest of {count} databases", "{database}，{count} 个数据库中最接近的一个"),
    "routed_by": (": the question names {names}", "：问题提到 {names}"),
    "near_database": ("near: {database} ({share:.0%})", "接近：{database}（{share:.0%}）"),
    "near_database_by": ("near: {database} ({share:.0%}), {names}", "接近：{database}（{share:.0%}），{names}"),
    "unsure_database": (
        "{others} came nearly as near as {database}. Name the database to be sure.",
        "{others} 与 {database} 几乎同样接近。要确定，请指定数据库。",
    ),
    "no_database": (
        "None of the {count} databases seems to hold the answer: {names}. Name one, or use words of its tables.",
        "这 {count} 个数据库中似乎都没有答案：{names}。请指定数据库，或使用其中表的名称。",
    ),
    # The receipt in a terminal.
    "label_in": ("in     ", "在     "),
    "label_from": ("from   ", "来自   "),
    "label_with": ("with   ", "条件   "),
    "label_note": ("note   ", "提示   "),
    "label_used": ("used   ", "参考   "),
    "label_sure": ("sure   ", "把握   "),
    "label_or": ("or     ", "或者   "),
    "label_model": ("model  ", "模型   "),
    "your_pair": ("your pair", "已确认的问答"),
    "score": ("{what} (score {score:.2f}): {text}", "{what}（得分 {score:.2f}）：{text}"),
    "sure": ("{share:.0%}: how far the likeliest queries agree", "{share:.0%}，取决于最可能的查询有多一致"),
    "reading": ("{share:.0%}: {says} ({result})", "{share:.0%}：{says}（{result}）"),
    "n_rows": ("{n} rows", "{n} 行"),
    "times": (
        "{model}, {generate:.2f} s; query {query:.3f} s; total {total:.2f} s",
        "{model}，{generate:.2f} 秒；查询 {query:.3f} 秒；共 {total:.2f} 秒",
    ),
    "the_catalogue": ("the catalog, without a model", "数据库目录，未使用模型"),
    "no_model": ("none", "无"),
    # Errors.
    **ERRORS,
}


def say(code: str, language: Language, /, **facts: object) -> str:
    """The phrase of `code` with `facts` in its places. A fact is data: braces in it stand for themselves."""
    return WORDS[code][COLUMN[language]].format(**facts)


def listed(parts: Iterable[str], language: Language) -> str:
    return say("comma", language).join(parts)
