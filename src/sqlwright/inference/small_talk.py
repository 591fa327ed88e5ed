"""Greetings, thanks and questions about sqlwright itself, which need neither a model nor a query.

Every part of the text, as punctuation divides it, has to be one of the phrases, whole.
"""

from __future__ import annotations

import re

from ..core.fold import fold

MAX_CHARS = 80

_ALL = r"(?: (?:there|all|everyone|everybody|again|sqlwright|bot|friend|folks|team))?"
_MUCH = r"(?: (?:so|very) much| a lot| again| for (?:the|your) help)?"
_YOU = r"(?:you|sqlwright|this|this app|this tool|this bot)"
# The first kind that matches decides; "who" also tells what sqlwright is.
_PHRASES: dict[str, str] = {
    "who": rf"(?:who|what) (?:are|is) {_YOU}|what(?: i|')s (?:your name|this)|what does (?:this|sqlwright) do"
    r"|are you (?:a |an )?(?:robot|bot|ai|human|person|real)|introduce yourself"
    r"|(?:你|您)(?:是|到底是)(?:谁|什么|机器人|人|ai)(?:吗|呀|啊)?|(?:你|您)叫什么(?:名字)?|这是什么|自我介绍(?:一下)?",
    "can": r"(?:so )?what (?:can|do|could) you do|(?:what|how) (?:can|do|should|could) i ask(?: you| here)?"
    r"|what can i ask about|(?:how )?can you help(?: me)?|how do(?:es)? (?:i use (?:this|it|you)|(?:this|it) work)"
    r"|what (?:questions )?can you answer|help(?: me)?(?: please)?"
    r"|(?:你|您)?(?:能|会|可以)(?:帮我)?(?:做|干|回答)(?:些)?什么|(?:我)?(?:能|可以)问(?:你|您)?(?:些)?什么"
    r"|(?:这个)?(?:怎么用|如何使用|怎么使用)|帮助|帮帮我|请帮忙",
    "thanks": rf"(?:ok |okay |great |perfect |many )?(?:thanks|thank you|thx|thank u|cheers){_MUCH}{_ALL}"
    r"|much appreciated|(?:多|非常|十分)?(?:谢谢|感谢)(?:你|您|大家|啦|了)?|多谢(?:了|啦)?|谢啦|辛苦了|辛苦您了",
    "bye": rf"(?:good ?bye|bye|bye bye|see you|see ya|good night){_ALL}|see you (?:later|soon|tomorrow)"
    r"|再见|拜拜|晚安|回头见",
    "hello": rf"(?:hello|hi|hey|hiya|howdy|greetings|good (?:morning|afternoon|evening|day)){_ALL}"
    r"|how are you(?: doing)?(?: today)?|how is it going|what'?s up|nice to meet you|are you there"
    r"|(?:你|您|大家|你们)好(?:呀|啊|吗)?|嗨|嘿|哈喽|哈罗|在吗|在不在|(?:早上|上午|中午|下午|晚上)好|早安|很高兴认识你",
}
_COMPILED = {kind: re.compile(pattern) for kind, pattern in _PHRASES.items()}
_BETWEEN = re.compile(r"[\s,.!?;:~，。！？；：、～…]*[,.!?;:~，。！？；：、～…][\s,.!?;:~，。！？；：、～…]*")


def small_talk(question: str) -> str:
    """Of which kind `question` is: "who", "can", "thanks", "bye" or "hello"; "" for every other text."""
    if len(question) > MAX_CHARS:
        return ""
    parts = [part for part in _BETWEEN.split(fold(question)) if part]
    kinds = [next((kind for kind, phrase in _COMPILED.items() if phrase.fullmatch(part)), "") for part in parts]
    return min(kinds, key=list(_COMPILED).index) if kinds and all(kinds) else ""
