"""The function app: registers the blueprints, nothing else."""

import azure.functions as func

from functions import connections, exports, health, jobs, runs, timer
from shared.wiring import http_auth_level, quiet_sdk_logs

quiet_sdk_logs()
app = func.FunctionApp(http_auth_level=func.AuthLevel[http_auth_level()])
for module in (connections, exports, health, runs):
    app.register_functions(module.routes.blueprint)
for module in (jobs, timer):
    app.register_functions(module.blueprint)
