"""What is known of one database besides its tables, ready to be searched for a question.

Three collections: the schema's tables and columns, the verified pairs, the passages of documents.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from ..core import ConfigError, Dialect, NameMatch, Retrieved, RetrievedSource
from ..db.spelling import text_key
from .documents import document_items
from .embed import Embedder, OneQuestion, load_embedder
from .folder import INDEX, knowledge_folder
from .item import KnowledgeItem, Match, schema_items
from .lexical import LexicalStore
from .pairs import stored_pairs
from .store import ExactStore, Store
from .verified import Verified, question_key, verified_query

if TYPE_CHECKING:
    from ..db import Database
    from ..db.value_index import ValueIndex

LEXICAL = "bm25"


@dataclass(frozen=True, slots=True)
class RetrievalOptions:
    """`embedder` is "bm25" or what `load_embedder` takes; `store` is where its vectors are kept.

    `pairs`, `documents` and `names` are how many of each a question gets at most; pairs and documents also need a score
    of `min_score`, by default the store's own. Of schemas with at most `whole_tables` tables no names are looked for:
    they go into the prompt whole. Raises ConfigError for a value out of range.
    """

    embedder: str = LEXICAL
    store: Literal["exact", "chroma"] = "exact"
    pairs: int = 3
    documents: int = 3
    names: int = 100
    min_score: float | None = None
    whole_tables: int = 20

    def __post_init__(self) -> None:
        for name in ("pairs", "documents", "names", "whole_tables"):
            if getattr(self, name) < 0:
                raise ConfigError(f"{name} has to be 0 or more, not {getattr(self, name)}.")
        if self.min_score is not None and not 0 <= self.min_score <= 1:
            raise ConfigError(f"min_score has to be from 0 to 1, not {self.min_score}.")
        if self.store not in ("exact", "chroma"):
            raise ConfigError(f"No store {self.store!r}.", "Known: exact, chroma.")


class Knowledge:
    """The collections of one database; `search` asks each of them.

    `guarded` gives a pair's SQL as it would run today, "" where the guard refuses it. Only the pairs that were found
    pass through it: checking thousands for one question would take seconds. `taught` are the items of `pairs`, for
    `verified`.
    """

    def __init__(
        self,
        schema: Store,
        pairs: Store,
        documents: Store,
        options: RetrievalOptions | None = None,
        guarded: Callable[[str], str] = str,
        taught: Sequence[KnowledgeItem] = (),
    ) -> None:
        self.schema, self.pairs, self.documents, self.guarded = schema, pairs, documents, guarded
        self._taught = {question_key(item.text): item for item in taught}  # of equal keys the newest
        self.options = options or RetrievalOptions()

    @property
    def remote_host(self) -> str:
        """The host that the embedder sends questions and taught texts to; "" where they stay on this machine."""
        return self.pairs.remote_host or self.documents.remote_host or self.schema.remote_host

    @classmethod
    def of(cls, database: Database, options: RetrievalOptions | None = None, *, samples: int = 3) -> Knowledge:
        """Read the files of `database` and its schema, and bring the index up to date.

        Raises what `load_embedder` raises, MissingExtraError for a store that is not installed, and DataError for a
        document that cannot be read.
        """
        options = options or RetrievalOptions()
        large = len(database.schema()) > options.whole_tables
        items = {
            "schema": schema_items(database.schema(samples=samples)) if large else (),
            "pairs": _pair_items(database),
            "documents": document_items(database),
        }
        stores = _stores(database, options)
        for name, store in stores.items():
            store.sync(items[name])
        return cls(**stores, options=options, guarded=lambda sql: database.check(sql).sql, taught=tuple(items["pairs"]))

    def with_pairs_of(self, database: Database) -> Knowledge:
        """The same with the pairs that `database` has been taught by now; searches under way keep the old ones."""
        pairs = copy(self.pairs)
        taught = _pair_items(database)
        pairs.sync(taught)
        return Knowledge(self.schema, pairs, self.documents, self.options, self.guarded, taught)

    def verified(self, question: str, values: ValueIndex | None, dialect: Dialect) -> Verified | None:
        """The verified pair that answers `question`, with the values of `question`: see `verified_query`.

        `values` says which texts the columns hold; without it a question has to have the pair's own.
        """

        def stored(table: str, column: str, text: str) -> str | None:
            near = values.nearest(table, column, text, 1) if values else ()
            return near[0] if near and text_key(near[0]) == text_key(text) else None

        return verified_query(question, self._taught, stored, dialect)

    def search(self, question: str, *, sources: bool = True) -> Retrieved:
        """Names for `question`, and with `sources` pairs and passages that reach the least score."""
        options = self.options
        names = self.schema.search(question, options.names)
        found = tuple(NameMatch(m.item.table, m.item.column, "", m.score) for m in names if m.score > 0)
        if not sources:
            return Retrieved(found)
        pairs = [s for s in self._enough(self.pairs, question, options.pairs) if s.sql]
        return Retrieved(found, (*pairs, *self._enough(self.documents, question, options.documents)))

    def _enough(self, store: Store, question: str, top_k: int) -> Iterator[RetrievedSource]:
        least = store.min_score if self.options.min_score is None else self.options.min_score
        for match in store.search(question, top_k):
            if match.score >= least and match.score > 0:
                source = _source(match)
                yield replace(source, sql=self.guarded(source.sql)) if source.sql else source


def _pair_items(database: Database) -> tuple[KnowledgeItem, ...]:
    return tuple(KnowledgeItem("pair", p.id, p.question, p.gold_sql) for p in stored_pairs(database))


def _source(match: Match) -> RetrievedSource:
    kind: Literal["pair", "document"] = "pair" if match.item.kind == "pair" else "document"
    return RetrievedSource(kind, match.item.place, match.score, match.item.text, match.item.sql)


def _stores(database: Database, options: RetrievalOptions) -> dict[str, Store]:
    names = ("schema", "pairs", "documents")
    if options.embedder == LEXICAL:
        return {name: LexicalStore() for name in names}
    embedder = OneQuestion(load_embedder(options.embedder))
    return {name: _vector_store(database, embedder, name, options) for name in names}


def _vector_store(database: Database, embedder: Embedder, name: str, options: RetrievalOptions) -> Store:
    folder = knowledge_folder(database) / INDEX
    if options.store == "chroma":
        from .chroma import ChromaStore

        return ChromaStore(embedder, folder / "chroma", name)
    return ExactStore(embedder, folder / f"{name}.npz")
