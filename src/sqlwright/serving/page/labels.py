"""The words of the page, in English and in Chinese."""

from __future__ import annotations

from collections.abc import Mapping

from ...core.language import COLUMN, Language

AUTOMATIC = "*"  # the value of the first entry of a list; no database and no model has this name

WORDS: Mapping[str, tuple[str, str]] = {
    "language": ("Language", "语言"),
    "new": ("New conversation", "新对话"),
    "conversations": ("Conversations", "对话"),
    "untitled": ("New conversation", "新对话"),
    "delete": ("Delete this conversation", "删除这个对话"),
    "database": ("Database", "数据库"),
    "automatic": ("Automatic: by the question", "自动：由问题决定"),
    "one_of": ("one of {count} databases", "{count} 个数据库之一"),
    "in_database": ("In {database}", "在 {database}"),
    "model": ("Model", "模型"),
    "own_model": ("Each database's own", "各数据库自己的模型"),
    "upload": ("Ask a file of your own", "查询自己的文件"),
    "upload_hint": (
        "CSV, Parquet, Excel, .ods or SQLite, up to {megabytes} MB. Only this browser sees it.",
        "CSV、Parquet、Excel、.ods 或 SQLite，最大 {megabytes} MB，仅本浏览器可见。",
    ),
    "uploaded": ("Now asking {name}: {tables}.", "正在查询 {name}：{tables}。"),
    "schema": ("Tables and columns", "表和列"),
    "search": ("Search tables and columns", "搜索表和列"),
    "nothing_found": ("No table or column matches “{text}”.", "没有匹配“{text}”的表或列。"),
    "view": ("view", "视图"),
    "theme": ("Light or dark", "浅色 / 深色"),
    "ask": ("Ask a question", "提问"),
    "placeholder": ("Ask {database} a question …", "向 {database} 提问……"),
    "follow": ("Ask a follow-up, or something new …", "继续追问，或提出新问题……"),
    "stop": ("Stop", "停止"),
    "run": ("Run this SQL", "运行此 SQL"),
    "sql": ("SQL, yours to edit", "SQL，可以修改"),
    "welcome": ("What would you like to know?", "您想了解什么？"),
    "welcome_more": (
        "Ask {database} in plain words. You see the query, the rows and where they come from; nothing is ever changed.",
        "用平常的话向 {database} 提问。您会看到查询语句、结果和来源；数据永远不会被改动。",
    ),
    "welcome_several": (
        "Ask in plain words. Each question goes to the database that it is about: {names}. Nothing is ever changed.",
        "用平常的话提问，每个问题会交给相关的数据库：{names}。数据永远不会被改动。",
    ),
    "examples": ("For example", "例如"),
    "leaves_nothing": ("What left this machine: nothing", "离开本机的数据：无"),
    "leaves": (
        "What leaves this machine: questions, schema and sample values go to {host}",
        "离开本机的数据：问题、表结构和样例值会发送到 {host}",
    ),
    "left": (
        "What left this machine: the question, schema and sample values, to {host}",
        "离开本机的数据：问题、表结构和样例值，发送到 {host}",
    ),
    # While an answer is made, and after.
    "waiting": ("Reading the question …", "正在读取问题……"),
    "writing": ("Writing the query …", "正在编写查询……"),
    "running": ("Running the query …", "正在运行查询……"),
    "steps": ("{count} steps, {seconds} s", "{count} 步，{seconds} 秒"),
    "step_schema": (
        "Read the schema and linked the question to names and values",
        "读取表结构，并找出问题中的名称和值",
    ),
    "step_choice": ("Compared the question with {count} databases", "将问题与 {count} 个数据库比较"),
    "step_sources": ("Used {what} that you taught", "使用了您教过的 {what}"),
    "step_dropped": ("Left out of what the model read: {tables}", "模型没有读到的表：{tables}"),
    "step_model": ("{model} wrote the query", "{model} 编写了查询"),
    "step_failed": ("A first query did not run: {why}", "第一个查询没有成功：{why}"),
    "step_own": ("You wrote the query", "您编写了查询"),
    "step_guard": ("The guard checked it, and it ran read-only inside the limits", "通过安全检查，在限制内只读运行"),
    "step_refused": ("The guard refused it; nothing ran", "安全检查拒绝了它，没有运行任何语句"),
    "step_small_talk": ("Answered in a sentence, without a model or a query", "直接回复，没有使用模型，也没有运行查询"),
    "step_catalogue": ("Answered from the catalog, without a query", "直接根据数据库目录回答，没有运行查询"),
    "changed": ("Changed", "变化"),
    "same_query": ("The query is the same as before.", "查询与之前相同。"),
    # The answer.
    "row": ("1 row", "1 行"),
    "rows": ("{count} rows", "{count} 行"),
    "no_rows": ("No rows", "没有行"),
    "shown": ("the first {shown} are shown; a download has them all", "此处显示前 {shown} 行；下载的文件包含全部"),
    "null": ("no value", "空值"),
    "from": ("From {tables}", "来自 {tables}"),
    "sure": ("{percent} sure", "把握 {percent}"),
    "sure_title": (
        "The calibrated probability: how far the likeliest queries agree",
        "校准后的概率：最可能的几个查询在多大程度上一致",
    ),
    "took": ("{seconds} s", "{seconds} 秒"),
    "by": ("by {model}", "模型 {model}"),
    "by_you": ("SQL by you", "SQL 由您编写"),
    "download": ("Download", "下载"),
    "escaped": (
        "In the CSV, text that a spreadsheet would run as a formula (= + - @) gets a leading apostrophe.",
        "CSV 中会被表格软件当作公式的文本（以 = + - @ 开头）前面加了一个撇号。",
    ),
    "not_kept": (
        "Its rows are no longer kept. Run the SQL to see them again.",
        "结果已不再保留。运行 SQL 可以重新查看。",
    ),
    "open": ("Open", "打开"),
    "first_reading": ("as first answered", "最初的理解"),
    "readings": ("It could also mean:", "也可能是指："),
    "right": ("Right, remember it", "正确，请记住"),
    "ask_again": ("Ask again with this model", "用此模型再问一次"),
    "same_rows": ("The same rows.", "结果相同。"),
    "other_rows": ("Other rows.", "结果不同。"),
    "wrong": ("Not right", "不对"),
    "correct": ("Remember my SQL", "记住我的 SQL"),
    "how_to_correct": (
        "Change the SQL, run it, and press “Remember my SQL” once it is right. Nothing is stored before that.",
        "请修改 SQL 并运行，结果正确后按“记住我的 SQL”。在此之前不会保存任何内容。",
    ),
    "stored_right": (
        "Stored: it ran again and gave the same rows. The next similar question can use it.",
        "已保存：重新运行得到了相同的结果。之后类似的问题可以用到它。",
    ),
    "stored_own": (
        "Stored: your SQL ran under the guard. The next similar question can use it.",
        "已保存：您的 SQL 通过检查并成功运行。之后类似的问题可以用到它。",
    ),
    "stopped": ("Stopped. Nothing runs any more.", "已停止，没有语句在运行。"),
    "too_slow": (
        "No answer within {seconds} s, so it was stopped. Try again, or choose another model.",
        "{seconds} 秒内没有得到回答，已停止。请重试，或换一个模型。",
    ),
    "went_wrong": (
        "Something went wrong here; the page goes on working. The terminal says what it was.",
        "出现了问题，页面仍可继续使用。终端中有详细信息。",
    ),
}


def word(code: str, language: Language, /, **facts: object) -> str:
    """The words of `code`, with `facts` in their places."""
    return WORDS[code][COLUMN[language]].format(**facts)
