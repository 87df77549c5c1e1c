"""What every request's body and every answer share; the edge at which unstorable values are refused."""

from typing import Annotated, Any, TypeVar
from uuid import UUID

from fastapi import Query
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

SMALLEST, LARGEST = -(2**63), 2**63 - 1
"""PostgreSQL's bigint; a number beyond it would be a 500."""

Count = Annotated[int, Field(ge=0, le=2**31 - 1)]
"""What fits PostgreSQL's integer."""


def storable(value: Any) -> Any:
    """Refuses, at any depth, what PostgreSQL can't store: NUL, lone surrogates, integers beyond eight bytes."""
    if isinstance(value, str):
        _storable_text(value)
    elif isinstance(value, int) and not SMALLEST <= value <= LARGEST:
        raise PydanticCustomError("too_large", "The number is beyond eight bytes; send a smaller one.")
    elif isinstance(value, dict):
        for key, inner in value.items():
            storable(key)
            storable(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            storable(inner)
    return value


def _storable_text(value: str) -> None:
    if "\x00" in value:
        raise PydanticCustomError("nul", "The text has a NUL character (U+0000); leave it out.")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise PydanticCustomError("surrogate", "The text has half a surrogate pair; send whole characters.") from None


Text = Annotated[str, AfterValidator(storable)]
"""For a text in a path or a query; those in a body are checked with the body."""


class Body(BaseModel):
    """The root of every request's body: unknown fields and unstorable values are refused."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _edge(cls, given: Any) -> Any:
        return storable(given)


class Answer(BaseModel):
    """The root of every answer; read from a row's attributes."""

    model_config = ConfigDict(from_attributes=True)


T = TypeVar("T", bound=BaseModel)


class Page(BaseModel):
    """Which part of a list: `limit` rows after the one with the id `after`."""

    model_config = ConfigDict(extra="forbid")

    after: UUID | None = Field(default=None, description="The last id of the page before.")
    limit: int = Field(default=100, ge=1, le=500)


PageDep = Annotated[Page, Query()]
