"""What an operator can set, read once from the environment."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Self

from shared.errors import ConfigurationError

Authentication = Literal["entra", "function_key"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageSettings:
    """How to reach one storage account: a connection string, or service addresses and a managed identity.

    The names follow the Azure Functions connection convention: `<prefix>` holds a connection string,
    `<prefix>__blobServiceUri`, `__queueServiceUri`, `__credential` and `__clientId` an identity.
    """

    prefix: str
    connection_string: str | None = None
    blob_service: str | None = None
    queue_service: str | None = None
    client_id: str | None = None

    @classmethod
    def from_env(cls, environ: Mapping[str, str], prefix: str, *, queue: bool = False) -> Self:
        """Raises ConfigurationError where neither form is complete."""
        storage = cls(
            prefix=prefix,
            connection_string=environ.get(prefix) or environ.get(f"AzureWebJobs{prefix}") or None,
            blob_service=environ.get(f"{prefix}__blobServiceUri") or None,
            queue_service=environ.get(f"{prefix}__queueServiceUri") or None,
            client_id=environ.get(f"{prefix}__clientId") or None,
        )
        if storage.connection_string or (storage.blob_service and (storage.queue_service or not queue)):
            return storage
        missing = f"{prefix}__blobServiceUri" + (f" and {prefix}__queueServiceUri" if queue else "")
        raise ConfigurationError(f"set {prefix} to a connection string, or set {missing}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of one deployment; every duration is in seconds."""

    segment_storage: StorageSettings
    segments_container: str
    segments_prefix: str
    segments_settle_seconds: float
    state_storage: StorageSettings
    state_container: str
    audit_container: str
    jobs_queue: str
    key_vault_uri: str
    key_vault_client_id: str | None
    api_key_secret_prefix: str
    ledger_key_secret: str
    authentication: Authentication
    platform_authentication: bool
    """Whether App Service authentication is in front, so that its principal header can be believed."""
    allow_loopback_http: bool
    slice_seconds: float
    """How long one invocation works before it hands over to the next."""
    lease_seconds: int
    """Of runs and of account turns; Azure allows 15 to 60."""
    wake_seconds: float
    """After which a run that waits for its turn looks again."""
    stall_seconds: float
    """Without a sign of life for this long, the timer queues a run's slice again."""
    confirm_after_seconds: float
    """The age at which a batch is first asked about."""
    confirm_minutes: float
    """After which a batch that is still undecided counts as unconfirmed."""
    plan_processes: int | None
    """How many processes may plan a large run at once; by default one a core."""
    bulk_per_minute: int
    single_per_minute: int
    requests_per_second: float
    """The three limits ActiveCampaign documents; a connection can set its own lower."""

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Raises ConfigurationError naming the setting that is missing or wrong."""
        number = _Numbers(environ)
        return cls(
            segment_storage=StorageSettings.from_env(environ, "SegmentStorage"),
            segments_container=environ.get("SEGMENTS_CONTAINER") or "segments",
            segments_prefix=environ.get("SEGMENTS_PREFIX", ""),
            segments_settle_seconds=number("SEGMENTS_SETTLE_SECONDS", 600),
            state_storage=StorageSettings.from_env(environ, "StateStorage", queue=True),
            state_container=environ.get("STATE_CONTAINER") or "export-state",
            audit_container=environ.get("AUDIT_CONTAINER") or "export-audit",
            jobs_queue=environ.get("JOBS_QUEUE") or "export-jobs",
            key_vault_uri=_required(environ, "KEY_VAULT_URI"),
            key_vault_client_id=environ.get("KEY_VAULT_CLIENT_ID") or environ.get("StateStorage__clientId"),
            api_key_secret_prefix=environ.get("API_KEY_SECRET_PREFIX") or "activecampaign-",
            ledger_key_secret=environ.get("LEDGER_KEY_SECRET") or "segment-export-ledger",
            authentication=_authentication(environ.get("AUTHENTICATION") or "entra"),
            platform_authentication=environ.get("WEBSITE_AUTH_ENABLED", "").lower() == "true",
            allow_loopback_http=environ.get("ALLOW_LOOPBACK_HTTP", "").lower() == "true",
            slice_seconds=number("SLICE_SECONDS", 420),
            lease_seconds=int(number("LEASE_SECONDS", 60, lowest=15, highest=60)),
            wake_seconds=number("WAKE_SECONDS", 15),
            stall_seconds=number("STALL_SECONDS", 900),
            confirm_after_seconds=number("CONFIRM_AFTER_SECONDS", 30),
            confirm_minutes=number("CONFIRM_MINUTES", 60),
            plan_processes=int(number("PLAN_PROCESSES", 0, highest=16)) or None,
            bulk_per_minute=int(number("ACTIVECAMPAIGN_BULK_PER_MINUTE", 100, lowest=1)),
            single_per_minute=int(number("ACTIVECAMPAIGN_SINGLE_PER_MINUTE", 20, lowest=1)),
            requests_per_second=number("ACTIVECAMPAIGN_REQUESTS_PER_SECOND", 5, lowest=0.1),
        )


@dataclass(frozen=True, slots=True)
class _Numbers:
    environ: Mapping[str, str]

    def __call__(
        self, name: str, default: float, *, lowest: float = 0, highest: float = float("inf")
    ) -> float:
        text = self.environ.get(name) or str(default)
        try:
            value = float(text)
        except ValueError as error:
            raise ConfigurationError(f"{name} must be a number, not {text!r}") from error
        if not lowest <= value <= highest:
            raise ConfigurationError(f"{name} must lie between {lowest:g} and {highest:g}, not {text}")
        return value


def _required(environ: Mapping[str, str], name: str) -> str:
    if value := environ.get(name):
        return value
    raise ConfigurationError(f"the setting {name} is missing")


def _authentication(text: str) -> Authentication:
    if text == "entra":
        return "entra"
    if text == "function_key":
        return "function_key"
    raise ConfigurationError(f"AUTHENTICATION must be entra or function_key, not {text!r}")
