import asyncio
from typing import Any

import pytest

from shared.errors import StateUnavailable
from shared.runs.writing import LogWriter
from tests.unit.runs.fakes import Log

type Line = dict[str, Any]


def lines(*numbers: int) -> list[Line]:
    return [{"number": number} for number in numbers]


async def test_a_line_is_folded_once_it_is_written() -> None:
    log, folded = Log(), list[Line]()
    writer = LogWriter(log, folded.append)

    await writer.write_all(lines(1, 2))
    await writer.write({"number": 3})

    assert log.lines == folded == lines(1, 2, 3)


async def test_lines_that_gather_while_one_is_on_its_way_go_together_and_in_order() -> None:
    log, folded = Log(), list[Line]()
    writer = LogWriter(log, folded.append)

    await asyncio.gather(*(writer.write(line) for line in lines(1, 2, 3, 4)))

    assert log.lines == folded == lines(1, 2, 3, 4)
    assert log.appends == [1, 3]


async def test_lines_of_another_writer_are_folded_before_ours() -> None:
    log, folded = Log(foreign=lines(7)), list[Line]()

    await LogWriter(log, folded.append).write({"number": 1})

    assert folded == lines(7, 1)


async def test_equal_lines_are_two_lines() -> None:
    log = Log()
    writer = LogWriter(log, lambda line: None)

    await asyncio.gather(writer.write({"number": 1}), writer.write({"number": 1}))

    assert log.lines == lines(1, 1)


async def test_a_line_is_never_called_written_because_anothers_append_failed() -> None:
    log, folded = Log(refusals=[None, StateUnavailable("silent")]), list[Line]()
    writer = LogWriter(log, folded.append)

    results = await asyncio.gather(*(writer.write(line) for line in lines(1, 2, 3)), return_exceptions=True)

    succeeded = [number for number, result in enumerate(results, 1) if result is None]
    assert isinstance(results[1], StateUnavailable)
    assert {line["number"] for line in log.lines} >= set(succeeded)
    assert folded == log.lines


async def test_a_line_whose_append_failed_goes_with_the_next_one() -> None:
    log = Log(refusals=[StateUnavailable("silent")])
    writer = LogWriter(log, lambda line: None)
    with pytest.raises(StateUnavailable):
        await writer.write({"number": 1})

    await writer.write({"number": 2})

    assert log.lines == lines(1, 2)


async def test_writing_nothing_appends_nothing() -> None:
    log = Log()

    await LogWriter(log, lambda line: None).write_all([])

    assert log.appends == []
