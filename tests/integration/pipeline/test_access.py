"""Keys, hosts and lists that are wrong, or become wrong."""

import pytest

from tests.pipeline import Pipeline, people
from tools.sandbox import Fault
from tools.sandbox.faults import Kind

IMPORT = "POST import/bulk_import"


@pytest.mark.parametrize("kind", ["login_page", "forbidden"])
async def test_a_key_refused_once_is_read_again_and_the_run_goes_on(pipeline: Pipeline, kind: Kind) -> None:
    await pipeline.write_segment("Vip", people(20))
    await pipeline.make_export()
    reads = pipeline.tenant.vault.reads["activecampaign-key"]
    pipeline.sandbox.add_fault(Fault(kind=kind, endpoint=IMPORT))

    run = await pipeline.run_to_end()

    assert (run.state, run.counts.imported) == ("successful", 20)
    assert pipeline.tenant.vault.reads["activecampaign-key"] == reads + 1


@pytest.mark.parametrize("kind", ["login_page", "forbidden"])
async def test_a_key_that_stays_refused_ends_the_run_with_what_to_check(
    pipeline: Pipeline, kind: Kind
) -> None:
    always = Fault(kind=kind, endpoint=IMPORT, times=None)
    pipeline.sandbox.add_fault(always)
    await pipeline.write_segment("Vip", people(20))
    await pipeline.make_export()

    run = await pipeline.run_to_end()

    assert (run.state, run.counts.unsent, run.counts.add_up) == ("failed", 20, True)
    assert run.problem is not None
    assert run.problem.code == "access_denied"
    assert "check the API key" in run.problem.message
    assert pipeline.imports <= 9
    assert await pipeline.leftovers() == set()


async def test_a_key_that_was_rotated_is_read_again(pipeline: Pipeline) -> None:
    await pipeline.write_segment("Vip", people(20))
    await pipeline.make_export()
    await pipeline.run_to_end(dry_run=True)
    pipeline.tenant.vault.secrets.set("activecampaign-key", pipeline.sandbox.account.new_key())

    run = await pipeline.run_to_end()

    assert (run.state, run.counts.imported) == ("successful", 20)


async def test_after_a_key_died_in_the_middle_the_next_run_sends_the_rest(pipeline: Pipeline) -> None:
    pipeline.sandbox.add_fault(Fault(kind="revoke_key", endpoint=IMPORT, at=(4,)))
    await pipeline.write_segment("Vip", people(1500))
    await pipeline.make_export()
    broken = await pipeline.run_to_end()
    pipeline.tenant.vault.secrets.set("activecampaign-key", pipeline.sandbox.account.new_key())

    run = await pipeline.run_to_end()

    assert broken.state == "failed"
    assert broken.problem is not None
    assert (broken.problem.code, broken.counts.add_up) == ("access_denied", True)
    assert broken.counts.unsent >= 500
    assert run.state == "successful"
    assert run.counts.unchanged == broken.counts.imported
    assert len(pipeline.sandbox.members(1)) == 1500


async def test_a_host_that_is_not_activecampaign_ends_the_run(pipeline: Pipeline) -> None:
    await pipeline.connect("strange", api_url=pipeline.tenant.identity_server.url)
    await pipeline.write_segment("Vip", people(4))
    await pipeline.make_export(connection="strange")

    run = await pipeline.run_to_end()

    assert run.state == "failed"
    assert run.problem is not None
    assert run.problem.code == "wrong_address"
    assert "check the API URL" in run.problem.message


async def test_a_redirect_ends_the_run_and_is_not_followed(pipeline: Pipeline) -> None:
    pipeline.sandbox.add_fault(Fault(kind="redirect", endpoint=IMPORT, times=None))
    await pipeline.write_segment("Vip", people(4))
    await pipeline.make_export()

    run = await pipeline.run_to_end()

    assert run.state == "failed"
    assert run.problem is not None
    assert (run.problem.code, run.counts.unsent) == ("wrong_address", 4)


async def test_a_list_that_goes_before_the_last_look_at_it_fails_the_run(pipeline: Pipeline) -> None:
    pipeline.sandbox.add_fault(Fault(kind="unavailable", endpoint="GET lists/*", at=(3,), retry_after=120))
    await pipeline.write_segment("Vip", people(4))
    await pipeline.make_export()

    waiting = await pipeline.run_to_end()
    pipeline.sandbox.account.directory.delete_list(1)
    await pipeline.let_pass(waiting.id, 120)
    await pipeline.drain()
    run = await pipeline.run(waiting.id)

    assert (waiting.state, waiting.counts.imported) == ("delivering", 4)
    assert run.state == "failed"
    assert run.problem is not None
    assert run.problem.code == "list_not_found"


async def test_a_list_that_is_gone_fails_the_run_before_anything_is_sent(pipeline: Pipeline) -> None:
    await pipeline.write_segment("Vip", people(4))
    await pipeline.make_export(list_id=7)

    run = await pipeline.run_to_end()

    assert run.state == "failed"
    assert run.problem is not None
    assert run.problem.code == "list_not_found"
    assert "list 7" in run.problem.message
    assert pipeline.imports == 0
    assert await pipeline.leftovers() == set()
