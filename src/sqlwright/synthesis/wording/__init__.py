"""Questions for queries: a grammar of phrases over the pointer form."""

from .sentences import word_question
from .vocabulary import Vocabulary, build_vocabulary

__all__ = ["Vocabulary", "build_vocabulary", "word_question"]
