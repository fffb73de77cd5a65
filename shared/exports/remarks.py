"""Remarks: what is said of single fields of an export that somebody wants to save."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from pydantic import BaseModel, Field, ValidationError

from shared.input import in_words


class Remark(BaseModel):
    """What is wrong or doubtful, and where."""

    pointer: str = Field(description="JSON pointer (RFC 6901) to the field", examples=["/segments/0/name"])
    message: str = Field(description="What is the matter, and what to do")


@dataclass(slots=True)
class Remarks:
    """Problems keep an export from being saved; warnings do not."""

    problems: list[Remark] = field(default_factory=list)
    warnings: list[Remark] = field(default_factory=list)

    def refuse(self, message: str, *place: str | int) -> None:
        """Adds a problem of the field at this place."""
        self.problems.append(Remark(pointer=pointer(*place), message=message))

    def warn(self, message: str, *place: str | int) -> None:
        """Adds a warning about the field at this place."""
        self.warnings.append(Remark(pointer=pointer(*place), message=message))


def pointer(*place: str | int) -> str:
    """The JSON pointer to a place; `~` and `/` in names are escaped (RFC 6901, section 3)."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in place)


def remarks_of(error: ValidationError) -> Iterator[Remark]:
    """All of pydantic's findings; they never repeat the value itself."""
    for found in error.errors(include_url=False, include_input=False, include_context=False):
        place = [part for part in found["loc"] if part != "[key]"]
        yield Remark(pointer=pointer(*place), message=in_words(found))
