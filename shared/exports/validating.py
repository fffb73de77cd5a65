"""Validating: what saving would object to, all at once."""

from dataclasses import dataclass

from pydantic import BaseModel, Field, ValidationError

from shared.errors import InvalidInput
from shared.exports.checking import Checker
from shared.exports.drafts import ExportInput
from shared.exports.remarks import Remark, remarks_of
from shared.ids import checked_slug


class Validation(BaseModel):
    """What saving an export would say; nothing is saved."""

    valid: bool = Field(description="Whether it could be saved")
    problems: list[Remark]
    warnings: list[Remark]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A body as a draft, or all that keeps it from being one."""

    draft: ExportInput | None
    problems: list[Remark]


def read_draft(body: bytes) -> Reading:
    """The draft in a body that is JSON."""
    try:
        return Reading(draft=ExportInput.model_validate_json(body, strict=True), problems=[])
    except ValidationError as error:
        return Reading(draft=None, problems=list(remarks_of(error)))


@dataclass(frozen=True, slots=True)
class Validator:
    """Checks drafts as saving does. An id, if there is one, says which export would be changed."""

    checker: Checker

    async def validate(self, reading: Reading) -> Validation:
        """Everything at once; nothing is looked up for what is no draft."""
        if reading.draft is None:
            return Validation(valid=False, problems=reading.problems, warnings=[])
        checked = await self.checker.check(reading.draft, reading.draft.id)
        problems = [*_id_problems(reading.draft.id), *checked.problems]
        return Validation(valid=not problems, problems=problems, warnings=list(checked.warnings))


def _id_problems(wanted: str | None) -> list[Remark]:
    if wanted is None:
        return []
    try:
        checked_slug(wanted, pointer="/id")
    except InvalidInput as error:
        return [Remark(pointer="/id", message=str(error))]
    return []
