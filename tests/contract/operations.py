"""Whatever the app registers over HTTP."""

from function_app import contract
from functions import openapi

OPERATIONS = [
    operation for routes in (*contract, openapi.describing(contract)) for operation in routes.operations
]
