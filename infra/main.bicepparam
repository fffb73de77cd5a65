// The values of a deployment come from the environment: scripts/deploy, azd and the workflow set it.
using './main.bicep'

param environmentName = readEnvironmentVariable('AZURE_ENV_NAME')
param location = readEnvironmentVariable('AZURE_LOCATION')
param authentication = readEnvironmentVariable('AUTHENTICATION', 'entra')
param entraClientId = readEnvironmentVariable('ENTRA_CLIENT_ID', '')
param allowedClients = split(
  readEnvironmentVariable('ALLOWED_CLIENTS', '04b07795-8ddb-461a-bbee-02f9e1bf7b46'),
  ','
)
param allowTypedKeys = bool(readEnvironmentVariable('ALLOW_TYPED_KEYS', 'false'))
param operatorPrincipalId = readEnvironmentVariable('AZURE_PRINCIPAL_ID', '')
param operatorPrincipalType = readEnvironmentVariable('AZURE_PRINCIPAL_TYPE', 'User')
param segmentsAccountName = readEnvironmentVariable('SEGMENTS_ACCOUNT', '')
param segmentsResourceGroup = readEnvironmentVariable('SEGMENTS_RESOURCE_GROUP', '')
param segmentsContainer = readEnvironmentVariable('SEGMENTS_CONTAINER', 'segments')
param segmentsPrefix = readEnvironmentVariable('SEGMENTS_PREFIX', '')
param segmentsWriterPrincipalId = readEnvironmentVariable('SEGMENTS_WRITER_PRINCIPAL_ID', '')
param instanceMemoryMB = { '512': 512, '2048': 2048, '4096': 4096 }[readEnvironmentVariable('INSTANCE_MEMORY_MB', '2048')]
param maximumInstanceCount = int(readEnvironmentVariable('MAXIMUM_INSTANCE_COUNT', '10'))
param zoneRedundant = bool(readEnvironmentVariable('ZONE_REDUNDANT', 'false'))
param privateNetwork = bool(readEnvironmentVariable('PRIVATE_NETWORK', 'false'))
param networkAddressPrefix = readEnvironmentVariable('NETWORK_ADDRESS_PREFIX', '10.90.0.0/24')
param runRetentionDays = int(readEnvironmentVariable('RUN_RETENTION_DAYS', '30'))
param segmentRetentionDays = int(readEnvironmentVariable('SEGMENT_RETENTION_DAYS', '14'))
param auditRetentionDays = int(readEnvironmentVariable('AUDIT_RETENTION_DAYS', '365'))
param logRetentionDays = int(readEnvironmentVariable('LOG_RETENTION_DAYS', '90'))
param logDailyCapGB = int(readEnvironmentVariable('LOG_DAILY_CAP_GB', '1'))
param vaultRetentionDays = int(readEnvironmentVariable('VAULT_RETENTION_DAYS', '90'))
param recoverVault = bool(readEnvironmentVariable('RECOVER_VAULT', 'false'))
param deleteLock = bool(readEnvironmentVariable('DELETE_LOCK', 'false'))
param alertEmail = readEnvironmentVariable('ALERT_EMAIL', '')
param rejectedSharePercent = int(readEnvironmentVariable('REJECTED_SHARE_PERCENT', '5'))
param monthlyBudget = int(readEnvironmentVariable('MONTHLY_BUDGET', '50'))
param budgetStart = readEnvironmentVariable('BUDGET_START', '')
param tuning = json(readEnvironmentVariable('TUNING', '{}'))
