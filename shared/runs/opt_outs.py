"""Who unsubscribed from the lists that an export honours, as far as they were read."""

from pydantic import BaseModel

from shared.suppressions.hashes import HashSet


class OptOuts(BaseModel):
    """Kept in `runs/{id}/opt_outs.json` from one slice to the next, and removed when the run ends."""

    hashes: HashSet
    lists: int
    """How many of the lists were read to their end."""
    after: int
    """In the list behind those, contacts up to this id were read."""
