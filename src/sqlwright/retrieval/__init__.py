"""What the user taught, and the part of a large schema, that a question needs."""

from .documents import remember_document
from .embed import Embedder, load_embedder
from .folder import knowledge_folder
from .item import KnowledgeItem, Match
from .knowledge import Knowledge, RetrievalOptions
from .pairs import remember, verified_pairs
from .store import Store

__all__ = [
    "Embedder",
    "Knowledge",
    "KnowledgeItem",
    "Match",
    "RetrievalOptions",
    "Store",
    "knowledge_folder",
    "load_embedder",
    "remember",
    "remember_document",
    "verified_pairs",
]
