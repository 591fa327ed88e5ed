"""Which language a text is in, by its letters."""

from __future__ import annotations

import pytest

from sqlwright.core.script import SCRIPTS, unread_script


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("كم عدد العملاء؟", "Arabic"),
        ("Сколько клиентов?", "Russian"),
        ("कितने ग्राहक हैं?", "Hindi"),
        ("고객이 몇 명입니까?", "Korean"),
        ("顧客は何人いますか", "Japanese"),
        ("顧客リスト", "Japanese"),
        ("顧客数は", "Japanese"),
        ("ｶﾀｶﾅ", "Japanese"),
        ("Πόσοι πελάτες υπάρχουν;", "Greek"),
        ("มีลูกค้ากี่คน", "Thai"),
        ("כמה לקוחות יש?", "Hebrew"),
        ("რამდენი მომხმარებელია?", "Georgian"),
        ("ਕਿੰਨੇ ਗਾਹਕ", "this language"),
    ],
)
def test_a_script_that_is_not_read_is_named(text, named):
    assert SCRIPTS[unread_script(text)][0].startswith(named)


@pytest.mark.parametrize(
    "text",
    [
        "How many customers are there?",
        "有多少客户？",
        "Who lives in São Paulo?",
        "Wie viele Kunden gibt es in Köln?",
        "Combien de clients à Orléans ?",
        "¿Cuántos clientes hay?",
        "how many 客户 are there",
        "Orders of Иван Петров since May",
        "《ワンピース》有多少集",
        "鲜の每日有多少订单",
        "ＳＥＬＥＣＴ １",
        "1234",
        "",
    ],
)
def test_latin_and_chinese_are_tried_whatever_they_quote(text):
    assert unread_script(text) == ""
