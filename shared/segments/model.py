"""model.json, which says which tables there are and where their partitions lie."""

import json
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AliasChoices, BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from shared.errors import SegmentFormatError
from shared.excerpts import excerpt
from shared.segments.dialect import Dialect, dialect_from

_TRAIT = "is.partition.format.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPartition:
    """A partition as model.json lists it; `settings` are its CSV settings by their names there."""

    name: str
    location: str
    refreshed_at: datetime | None
    settings: dict[str, Any]

    def dialect(self) -> Dialect:
        """Raises SegmentFormatError for a setting that this program cannot follow."""
        return dialect_from(self.settings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """A table: its columns in order, the column annotated as its key, its partitions that have a location.

    `types` are the columns' types as model.json names them, in the same order.
    """

    name: str
    columns: tuple[str, ...]
    types: tuple[str, ...]
    annotated_key: str | None
    partitions: tuple[ListedPartition, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """The tables of one export destination by name."""

    modified_at: datetime | None
    entities: dict[str, Entity]


def _utc(moment: datetime) -> datetime:
    """A time without an offset is taken as UTC."""
    try:
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except OverflowError as error:
        raise ValueError("UTC has no such time") from error


def _whole(text: str) -> str:
    """JSON can hold half a surrogate pair, which storage and our own documents cannot (RFC 8259, 8.2)."""
    text.encode()
    return text


type _Moment = Annotated[datetime, AfterValidator(_utc)]
type _Text = Annotated[str, AfterValidator(_whole)]


class _Wire(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="ignore")


class _Annotation(_Wire):
    name: str
    value: Any = None


class _Attribute(_Wire):
    name: _Text
    data_type: _Text | None = None


class _Partition(_Wire):
    name: _Text | None = None
    location: _Text | None = None
    refresh_time: _Moment | None = None
    file_format_settings: dict[str, Any] | None = None
    traits: list[Any] | None = Field(default=None, alias="cdm:traits")

    def settings(self) -> dict[str, Any]:
        """The arguments of the CSV trait win over fileFormatSettings, as in the CDM SDK."""
        settings = dict(self.file_format_settings or {})
        for trait in self.traits or []:
            settings |= _trait_arguments(trait)
        return settings


class _Entity(_Wire):
    kind: str = Field(default="LocalEntity", alias="$type")
    name: _Text
    annotations: list[_Annotation] | None = None
    attributes: list[_Attribute] | None = None
    partitions: list[_Partition] | None = None


class _Document(_Wire):
    modified_time: _Moment | None = None
    entities: list[_Entity] | None = Field(validation_alias=AliasChoices("entities", "tables"))


def parse_model(content: bytes) -> Model:
    """Read a model.json in any of its documented variants; reference entities have no data and are left out.

    Raises:
        SegmentFormatError: it is no JSON, or not a model.json.
    """
    try:
        document = _Document.model_validate(json.loads(content))
    except ValidationError as error:
        places = [".".join(map(str, problem["loc"])) for problem in error.errors()]
        raise SegmentFormatError(f"model.json is wrong at {', '.join(places[:5])}") from error
    except (ValueError, RecursionError) as error:
        raise SegmentFormatError("model.json is not JSON") from error
    local = [entity for entity in document.entities or [] if entity.kind == "LocalEntity"]
    name, times = next(iter(Counter(entity.name for entity in local).most_common(1)), ("", 0))
    if times > 1:
        raise SegmentFormatError(f"model.json names a table twice: {excerpt(name)}")
    return Model(
        modified_at=document.modified_time, entities={entity.name: _entity(entity) for entity in local}
    )


def _entity(wire: _Entity) -> Entity:
    return Entity(
        name=wire.name,
        columns=tuple(attribute.name for attribute in wire.attributes or []),
        types=tuple(attribute.data_type or "unclassified" for attribute in wire.attributes or []),
        annotated_key=_annotated_key(wire),
        partitions=tuple(
            ListedPartition(
                name=partition.name or partition.location.rpartition("/")[2].partition("?")[0],
                location=partition.location,
                refreshed_at=partition.refresh_time,
                settings=partition.settings(),
            )
            for partition in wire.partitions or []
            if partition.location
        ),
    )


def primary_key(columns: tuple[str, ...], annotated: str | None = None) -> str | None:
    """The column that identifies a row: the annotated one, else CustomerId, else a first column like it."""
    if annotated in columns:
        return annotated
    customer = [name for name in columns if name.casefold() == "customerid"]
    like = [name for name in columns[:1] if name.casefold().endswith("id")]
    return next(iter([*customer, *like]), None)


def _annotated_key(wire: _Entity) -> str | None:
    keys = [note.value for note in wire.annotations or [] if note.name == "c360:PrimaryKey"]
    return str(keys[0]) if keys else None


def _trait_arguments(trait: Any) -> dict[str, Any]:
    if not isinstance(trait, dict) or str(trait.get("traitReference", "")).casefold() != _TRAIT:
        return {}
    arguments = trait.get("arguments")
    if not isinstance(arguments, list):
        return {}
    named = [argument for argument in arguments if isinstance(argument, dict) and "name" in argument]
    return {str(argument["name"]): argument.get("value") for argument in named}
