"""Things to do something with, on a connection that is shared with contributors or is not."""

from dataclasses import dataclass
from datetime import UTC, datetime

from shared.ids import new_run_id
from shared.runs.run import Run, State
from tests.contract.server import EXPORT, Server

PLAN = "the-plan"


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A connection with an export and what belongs to it; everything is made by an administrator."""

    server: Server
    shared: bool
    connection: str
    export: str

    @classmethod
    def of(cls, server: Server, *, shared: bool) -> "World":
        """A new one."""
        wanted = server.connection() | {"allow_contributors": shared}
        connection = server.made("connections", wanted)
        export = server.made("exports", cls.draft_on(connection))
        return cls(server=server, shared=shared, connection=connection, export=export)

    @staticmethod
    def draft_on(connection: str) -> dict[str, object]:
        return EXPORT | {"connection": connection, "schedule": "off"}

    @property
    def draft(self) -> dict[str, object]:
        """An export that could be made on the connection."""
        return self.draft_on(self.connection)

    def new_connection(self) -> str:
        """The id of one that nothing uses."""
        return self.server.made("connections", self.server.connection())

    def new_export(self) -> str:
        """The id of one that nobody else touches."""
        return self.server.made("exports", self.draft)

    def etag(self, path: str) -> dict[str, str]:
        """If-Match with the version as it is now, where there is one."""
        found = self.server.send("GET", path).headers.get("etag")
        return {"If-Match": found} if found else {}

    def new_run(self, state: State) -> str:
        """The id of a run in this state, as a worker would have left it, of an export of its own."""
        now = datetime.now(UTC)
        run = Run(
            id=new_run_id(now),
            export=self.new_export(),
            export_name="VIP customers",
            connection=self.connection,
            trigger="on_demand",
            requested_by="somebody",
            state=state,
            queued_at=now,
            planned_at=now,
            plan=PLAN,
        )
        self.server.run(self._store(run))
        return run.id

    async def _store(self, run: Run) -> None:
        state = self.server.deployment.state
        await state.upload_blob(f"runs/{run.id}/run.json", run.model_dump_json().encode())
        await state.upload_blob(f"runs/{run.id}/rejections.csv", b"segment,primary_key\r\n")
