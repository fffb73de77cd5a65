"""The log lines of the functions, which workers send as RpcLog messages."""

import logging
from typing import Any

from tools.localhost import protos

FUNCTIONS = "localhost.functions"
LEVELS = (
    logging.DEBUG,
    logging.DEBUG,
    logging.INFO,
    logging.WARNING,
    logging.ERROR,
    logging.CRITICAL,
    logging.NOTSET,
)

log = logging.getLogger(FUNCTIONS)


def write(line: Any, function: str | None) -> None:
    """Log one RpcLog; `function` is the name of the function that its invocation belongs to, if any.

    The worker library's own lines are shown from WARNING on, the app's as the logging set-up has it.
    """
    level = LEVELS[line.level]
    if (
        line.log_category == protos.messages().RpcLog.RpcLogCategory.Value("System")
        and level < logging.WARNING
    ):
        return
    where = f"{function} {line.invocation_id}" if function else line.category
    log.log(level, "%s: %s", where, line.message)


class OneLine(logging.Formatter):
    """Puts each record on a line of its own, whatever is in it: time, level, message."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s.%(msecs)03d %(levelname)-7s %(message)s", datefmt="%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        return super().format(record).replace("\n", " | ")
