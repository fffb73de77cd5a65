"""Timer: starts exports that are due, wakes runs that stalled."""

import azure.functions as func

from shared.runs.ticking import Tick
from shared.wiring import services

blueprint = func.Blueprint()


@blueprint.timer_trigger(arg_name="timer", schedule="%TICK%", run_on_startup=False, use_monitor=True)
async def tick(timer: func.TimerRequest) -> None:
    await Tick((await services()).runs).run()
