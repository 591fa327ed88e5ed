"""The base of every stage's settings: a frozen pydantic model that knows its own keys and ranges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, NamedTuple, TypeVar

from ...core import MissingExtraError

try:
    from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
    from pydantic_core import CoreSchema, core_schema
except ImportError as error:  # the base install has it through openai, which may change
    raise MissingExtraError("Training needs pydantic.", "train") from error

Self = TypeVar("Self", bound="RunConfig")


class Problem(NamedTuple):
    """Why a setting is refused, and what to do."""

    message: str
    hint: str = ""


@dataclass(slots=True)
class Translation:
    """Settings in sqlwright's words, notes for the user about keys without an effect, and keys that are refused."""

    settings: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of the texts in `known`: `Annotated[str, OneOf(...)]`, for lists that are not written as a Literal."""

    known: Sequence[str]

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> CoreSchema:
        return core_schema.literal_schema(list(self.known))


def _as_tuple(value: Any) -> Any:
    if isinstance(value, str):  # LLaMA-Factory writes several names as one text with commas
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return tuple(map(str, value)) if isinstance(value, list) else value


_NAMES_SCHEMA = {"anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "string"}]}
Names = Annotated[tuple[str, ...], BeforeValidator(_as_tuple), WithJsonSchema(_NAMES_SCHEMA)]


class RunConfig(BaseModel):
    """The settings that every stage has. Types are strict: "5" is not a number, and true is not 1."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, protected_namespaces=())

    stage: str
    output_dir: str = Field(description="folder of the run and of the finished model")
    model_name_or_path: str = Field("", description="model that training begins with")
    seed: int = Field(0, ge=0, le=2**32 - 1)
    logging_steps: int = Field(10, ge=1, description="steps between two lines on the screen")

    @classmethod
    def translated(cls, given: Mapping[str, Any]) -> Translation:
        """`given` in the names of this class; a stage that reads other tools' files overrides this."""
        return Translation(dict(given))

    def changed(self: Self, **changes: Any) -> Self:
        """A copy with other values, checked again."""
        return type(self).model_validate({**self.model_dump(), **changes})

    def to_dict(self) -> dict[str, Any]:
        """For JSON: tuples are lists."""
        return self.model_dump(mode="json")
