"""Errors that a person who asks a question may meet, by code, in each language: see `phrase.Phrase`.

A code that ends in `_hint` says what to do next. `{why}` is text of an engine, a server or a library, as it came.
"""

from __future__ import annotations

from .script import SCRIPTS

ERRORS: dict[str, tuple[str, str]] = {
    # The question.
    **{
        f"unread_{script}": (f"The built-in model does not read {english}.", f"内置模型读不懂{chinese}。")
        for script, (english, chinese) in SCRIPTS.items()
    },
    "unread_hint": (
        "Ask in English or Chinese, or name another model with -m.",
        "请用中文或英文提问，或用 -m 指定其他模型。",
    ),
    "no_word": ("The question has no word in it.", "问题中没有文字。"),
    "no_word_hint": (
        "Ask in English or Chinese: How many customers are there?",
        "请用中文或英文提问，例如：有多少客户？",
    ),
    "no_question": ("No question was given.", "没有问题。"),
    "no_question_hint": (
        'Try: sqlwright ask "How many customers are there?" -d shop.sqlite',
        "例如：sqlwright ask “有多少客户？” -d shop.sqlite",
    ),
    "long_question": (
        "The question has {chars:,} characters, and the limit is {most:,}.",
        "问题有 {chars:,} 个字符，最多读取 {most:,} 个。",
    ),
    "one_thing_hint": ("Ask for one thing at a time.", "一次只问一件事。"),
    # The prompt.
    "long_prompt": (
        "The prompt takes {tokens} tokens and the answer up to {answer}; {model} reads {context}.",
        "提示需要 {tokens} 个 token，回答最多需要 {answer} 个；{model} 最多读取 {context} 个。",
    ),
    "long_prompt_hint": (
        "Show fewer tables or samples, or use a model with a longer context.",
        "请减少表或样例值，或使用上下文更长的模型。",
    ),
    "small_budget": (
        "The token budget leaves {left} for the schema, but table {table} alone takes {takes}.",
        "token 预算只给表结构留下 {left} 个，但仅表 {table} 就需要 {takes} 个。",
    ),
    "small_budget_hint": (
        "Raise max_tokens, or ask about a smaller schema.",
        "请提高 max_tokens，或查询表更少的数据库。",
    ),
    # The model on this machine.
    "out_of_memory": ("Out of memory on a prompt of {tokens} tokens.", "处理 {tokens} 个 token 的提示时内存不足。"),
    "out_of_memory_hint": ("Use a smaller model or dtype.", "请使用更小的模型或数据类型。"),
    "model_ended": ("The model stopped: {why}", "模型停止运行：{why}"),
    "not_scripted": ("The script has no answer for {question}.", "脚本中没有问题 {question} 的答案。"),
    "some_failed": ("{failed} of {all} prompts failed: {why}", "{all} 个提示中有 {failed} 个失败：{why}"),
    # The endpoint of a model.
    "late": ("{url} gave no answer within {seconds:g} s.", "{url} 在 {seconds:g} 秒内没有回答。"),
    "late_hint": (
        "If the server is slow, send fewer requests at once or lower --max-new-tokens.",
        "服务较慢时，可以减少同时的请求数，或减小 --max-new-tokens。",
    ),
    "no_connection": ("No connection to {url}: {why}.", "无法连接 {url}：{why}。"),
    "no_connection_hint": (
        "Start the server, or correct the address in -m openai:NAME@BASE_URL.",
        "请启动服务，或更正 -m openai:NAME@BASE_URL 中的地址。",
    ),
    "not_json": (
        "{url} answered with something that is not JSON: {why}.",
        "{url} 的回答不是 JSON：{why}。",
    ),
    "not_json_hint": (
        "Check that the address is an OpenAI-compatible server; its log may say more.",
        "请确认该地址是与 OpenAI 兼容的服务；服务的日志可能有更多信息。",
    ),
    "no_choice": ("{url} answered without any choices.", "{url} 的回答中没有候选结果。"),
    "page_for_json": ("{url} answered with a page instead of JSON: {page}.", "{url} 返回的是网页而不是 JSON：{page}。"),
    "base_url_hint": (
        "Check the base URL: it usually ends in /v1. A login page may be in front of the server.",
        "请检查地址：通常以 /v1 结尾，而且不是登录页面。",
    ),
    "no_text": (
        "{url} answered without text (finish_reason {reason}).",
        "{url} 的回答中没有文本（finish_reason {reason}）。",
    ),
    "thinks_first_hint": (
        "A model that reasons before it answers may need a larger --max-new-tokens.",
        "先思考再回答的模型可能需要更大的 --max-new-tokens。",
    ),
    "chat_model_hint": ("Check that the server serves a chat model.", "请确认该服务提供的是对话模型。"),
    "key_refused": ("{url} answered {status}: the key was refused.", "{url} 返回 {status}：密钥被拒绝。"),
    "key_hint": ("Set SQLWRIGHT_API_KEY or OPENAI_API_KEY.", "请设置 SQLWRIGHT_API_KEY 或 OPENAI_API_KEY。"),
    "unknown_model": ("{url} answered {status} for model {model}: {why}", "{url} 对模型 {model} 返回 {status}：{why}"),
    "unknown_model_hint": ("Check the model's name and the base URL.", "请检查模型名称和地址。"),
    "server_failed": (
        "{url} answered {status} after {tries} tries: {why}",
        "{url} 在 {tries} 次尝试后返回 {status}：{why}",
    ),
    "server_failed_hint": ("Look at the server's log, or try again later.", "请查看服务的日志，或稍后再试。"),
    "request_refused": ("{url} answered {status}: {why}", "{url} 返回 {status}：{why}"),
    "request_refused_hint": ("The server did not accept the request.", "服务没有接受这个请求。"),
    "no_embeddings": ("No embeddings from {url}: {why}", "{url} 没有返回向量：{why}"),
    # The database.
    "no_tables": ("The database has no tables, so there is nothing to ask.", "数据库中没有表，无法提问。"),
    "moving_tables": (
        "The tables of {database} changed {times} times while the question was answered.",
        "{database} 的表在此期间变化了 {times} 次。",
    ),
    "later_hint": ("Ask again later.", "请稍后再问。"),
    "database_gone": ("The database {database} no longer exists.", "数据库 {database} 已不存在。"),
    "moved_hint": ("Was its file moved or deleted?", "文件是否被移动或删除？"),
    "database_unreadable": ("The database {database} can no longer be read.", "数据库 {database} 已无法读取。"),
    "database_replaced": (
        "The database {database} was replaced and can no longer be read.",
        "数据库 {database} 已被替换，无法读取。",
    ),
    "tables_unreadable": (
        "The tables of the database {database} cannot be read: {why}",
        "无法读取数据库 {database} 的表：{why}",
    ),
    # The service.
    "stopped": ("Stopped on request.", "已按要求停止。"),
    "closing": ("The server is shutting down.", "服务正在关闭。"),
    "busy": ("{count} questions are running or waiting.", "有 {count} 个问题正在处理或等待。"),
    "again_hint": ("Try again in a moment.", "请稍后再试。"),
    # What a person said of an answer.
    "confirm_failed": (
        "The query no longer runs, so nothing was stored: {why}",
        "查询现在无法运行，因此没有保存：{why}",
    ),
    "correct_failed": ("The query did not run, so nothing was stored: {why}", "查询没有运行，因此没有保存：{why}"),
    "other_columns": (
        "The query now returns {after} columns instead of the {before} that were shown, so nothing was stored.",
        "查询现在返回 {after} 列，而当时显示的是 {before} 列，因此没有保存。",
    ),
    "other_count": (
        "The query now returns {after} rows instead of the {before} that were shown, so nothing was stored.",
        "查询现在返回 {after} 行，而当时显示的是 {before} 行，因此没有保存。",
    ),
    "other_row": (
        "The query now returns rows that were not shown, such as: {row}. Nothing was stored.",
        "查询现在返回的行与当时显示的不同，例如：{row}。没有保存。",
    ),
    # The chat page.
    "upload_kind": ("{file} is not a database, table or workbook file.", "无法查询文件 {file}。"),
    "upload_kind_hint": ("The page reads {kinds}.", "可以读取的类型：{kinds}。"),
    "upload_large": (
        "{file} has {size} MB, and the limit is {most} MB.",
        "{file} 有 {size} MB，最多读取 {most} MB。",
    ),
    "upload_empty": ("{file} is empty.", "{file} 是空文件。"),
    "upload_many": ("{count} files are already open.", "已经打开了 {count} 个文件。"),
    "upload_many_hint": (
        "A file with the same name replaces the earlier one.",
        "同名文件会代替之前的文件。",
    ),
    "upload_broken": ("{file} cannot be read: {why}", "无法读取 {file}：{why}"),
    "upload_no_table": ("{file} has no table.", "{file} 中没有表。"),
    "conversation_gone": ("This conversation has expired.", "这个对话已不再保存。"),
    "conversation_gone_hint": ("Start a new one.", "请开始新的对话。"),
    "rows_gone": ("The rows of this answer are no longer kept.", "这个答案的行已不再保存。"),
    "no_cookie": ("This browser has no cookie of the page.", "浏览器中没有本页面的 cookie。"),
    "no_cookie_hint": ("Allow cookies, and open the page again.", "请允许 cookie，然后重新打开页面。"),
}
