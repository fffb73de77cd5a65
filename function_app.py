"""The function app: registers the blueprints, nothing else."""

import azure.functions as func

from functions import (
    connections,
    contacts,
    exports,
    health,
    jobs,
    openapi,
    runs,
    schedule,
    segments,
    suppressions,
    timer,
)
from shared.wiring import http_auth_level, quiet_sdk_logs

quiet_sdk_logs()
app = func.FunctionApp(http_auth_level=func.AuthLevel[http_auth_level()])
contract = [
    module.routes
    for module in (connections, contacts, exports, health, runs, schedule, segments, suppressions)
]
for routes in (*contract, openapi.describing(contract)):
    app.register_functions(routes.blueprint)
for module in (jobs, timer):
    app.register_functions(module.blueprint)
