"""What `python -m tools.localhost --help` says beside the options."""

DESCRIPTION = """\
Run a Python function app (v2 programming model) on this computer, around Microsoft's own worker library:
HTTP, queue and timer functions. A stand-in for the Azure Functions host, for development and tests only.
"""

SETTINGS = """\
The app's settings are environment variables. `Values` in local.settings.json of the app folder count where
the environment has none. Segment Export takes:

  SegmentStorage              where Customer Insights writes its segments: a connection string, or instead
    SegmentStorage__blobServiceUri     https://<account>.blob.core.windows.net
    SegmentStorage__credential         managedidentity
    SegmentStorage__clientId           of a user-assigned identity
  SEGMENTS_CONTAINER          the container of the segments, and
  SEGMENTS_PREFIX             the folder in it
  StateStorage                our own account: a connection string, or instead
    StateStorage__blobServiceUri, __queueServiceUri, __credential, __clientId
  STATE_CONTAINER             the container of our state
  AUDIT_CONTAINER             the container of the audit trail
  JOBS_QUEUE                  the queue of jobs (its poison queue is <name>-poison)
  KEY_VAULT_URI               https://<vault>.vault.azure.net
  KEY_VAULT_CLIENT_ID         of a user-assigned identity; else that of StateStorage
  API_KEY_SECRET_PREFIX       what names of secrets with ActiveCampaign API keys begin with
  LEDGER_KEY_SECRET           the secret that hashes and seals addresses; default segment-export-ledger
  TICK                        NCRONTAB of the timer, e.g. "0 */5 * * * *"; read in TZ, else in UTC
  SLICE_SECONDS               how long one queue message works before it hands over to the next
  CONFIRM_AFTER_SECONDS       the age at which an import is first asked about
  CONFIRM_MINUTES             how long to ask ActiveCampaign what became of an import
  PLAN_PROCESSES              how many processes may plan a large run at once; 0 is one a core
  LEASE_SECONDS, WAKE_SECONDS, STALL_SECONDS, SEGMENTS_SETTLE_SECONDS
                              leases; how often waiting runs look; when a silent run is woken; how long a
                              blob is left alone to count as whole where no model.json says so
  ACTIVECAMPAIGN_BULK_PER_MINUTE, _SINGLE_PER_MINUTE, _REQUESTS_PER_SECOND
                              the account's limits, if its clock runs faster than ours (the sandbox's can)
  AUTHENTICATION              function_key here; entra needs App Service authentication in front
  ALLOW_LOOPBACK_HTTP         true lets a connection point at http://127.0.0.1 (the sandbox)
  AzureWebJobsStorage         the host's own account, where timers keep their status; string or __ form

The Azure libraries in the app and in this host also read:

  IDENTITY_ENDPOINT, IDENTITY_HEADER   where managed identity gets its tokens
  SSL_CERT_FILE                        certificates to trust, for local TLS servers

Each value of host.json can be overridden by its path:

  AzureFunctionsJobHost__functionTimeout                                     00:10:00
  AzureFunctionsJobHost__extensions__queues__visibilityTimeout               00:00:30, after a failure
  AzureFunctionsJobHost__extensions__queues__maxPollingInterval              00:00:02
  AzureFunctionsJobHost__extensions__queues__maxDequeueCount                 5
  AzureFunctionsJobHost__extensions__queues__batchSize, __newBatchThreshold  per instance and function
  AzureWebJobs.<function>.Disabled                                           true

Example: the app against Azurite, on two instances, with the keys in .local/secrets/keys.json:

  export AzureWebJobsStorage="$AZURITE" StateStorage="$AZURITE" SegmentStorage="$AZURITE" JOBS_QUEUE=jobs ...
  python -m tools.localhost . --instances 2

On stdout: `Worker N is process PID` for each worker process that starts, the functions, where the keys are,
and `Listening on http://127.0.0.1:PORT` when ready. Logs go to stderr. Ctrl-C or SIGTERM ends it in order.
"""
