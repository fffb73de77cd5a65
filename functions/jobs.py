"""Queue: one slice of a run, and jobs that failed again and again."""

import logging

import azure.functions as func
from pydantic import ValidationError

from shared.runs.poison import Poison
from shared.runs.run import Job
from shared.runs.worker import Worker
from shared.wiring import services

blueprint = func.Blueprint()
_log = logging.getLogger(__name__)


@blueprint.queue_trigger(arg_name="message", queue_name="%JOBS_QUEUE%", connection="StateStorage")
async def work(message: func.QueueMessage) -> None:
    if job := _job(message):
        await Worker((await services()).runs).work(job)


@blueprint.queue_trigger(arg_name="message", queue_name="%JOBS_QUEUE%-poison", connection="StateStorage")
async def handle_poison(message: func.QueueMessage) -> None:
    if job := _job(message):
        await Poison((await services()).runs).handle(job)


def _job(message: func.QueueMessage) -> Job | None:
    """Nothing can be learnt from a message that is no job, so it is dropped with a word in the log."""
    try:
        return Job.model_validate_json(message.get_body())
    except ValidationError:
        _log.error('a message is no job ({"run": …, "slice": n}) and is dropped; who else uses this queue?')
        return None
