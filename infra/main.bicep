metadata description = 'Segment Export in one resource group: no key anywhere, one identity, roles from one table.'

targetScope = 'subscription'

import { PublicAccess, Tags, Tuning } from 'types.bicep'
import { Target } from 'modules/private-endpoints.bicep'

@description('Name of this deployment, such as dev or prod; names of resources are made from it.')
@minLength(1)
@maxLength(16)
param environmentName string

@description('Azure region of everything; it must offer Flex Consumption.')
param location string

@description('Name of the resource group that is made.')
param resourceGroupName string = 'rg-segment-export-${environmentName}'

@description('Further tags of every resource.')
param tags Tags = {}

@description('Memory of an instance in MB. 512 is the cheapest, 4096 has the most processor.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int = 2048

@description('Most instances, each at work on one run; runs against one ActiveCampaign account take turns anyway.')
@minValue(1)
@maxValue(1000)
param maximumInstanceCount int = 10

@description('Whether data and instances are spread over three zones of the region.')
param zoneRedundant bool = false

@description('`entra`: callers sign in with Entra ID and hold an app role. `function_key`: whoever has a key is Administrator.')
@allowed(['entra', 'function_key'])
param authentication string = 'entra'

@description('Client id of the Entra application with the app roles; needed with `entra`.')
param entraClientId string = ''

@description('Client ids of programs whose tokens are let in beside the application\'s own. The default is the Azure CLI.')
param allowedClients string[] = ['04b07795-8ddb-461a-bbee-02f9e1bf7b46']

@description('Whether the app may store API keys that are typed into a request. It can then also read and replace every secret of its vault.')
param allowTypedKeys bool = false

@description('Object id of who may store secrets in the vault; empty: nobody gets that role here.')
param operatorPrincipalId string = ''

@description('Whether the operator is a person, a group, or a program.')
@allowed(['User', 'Group', 'ServicePrincipal'])
param operatorPrincipalType string = 'User'

@description('Name of the existing account that Customer Insights writes to; empty: a new one is made here.')
param segmentsAccountName string = ''

@description('Resource group of the existing account.')
param segmentsResourceGroup string = ''

@description('Subscription of the existing account.')
param segmentsSubscriptionId string = subscription().subscriptionId

@description('Container with the segments.')
param segmentsContainer string = 'segments'

@description('Folder of the segments in it; empty: all folders.')
param segmentsPrefix string = ''

@description('Object id of the service principal of Customer Insights, which then may write to the container; empty: gets no role here.')
param segmentsWriterPrincipalId string = ''

@description('Name prefix of the secrets that a connection may name.')
param connectionKeyPrefix string = 'activecampaign-'

@description('Name of the secret from which the keys of the ledgers are made.')
param ledgerKeySecretName string = 'segment-export-ledger'

@description('When the timer looks for due exports and stalled runs: NCRONTAB with seconds, in UTC.')
param tick string = '0 */5 * * * *'

@description('Settings that shall have another value than the app\'s default.')
param tuning Tuning = {}

@description('Days after which everything of a run is deleted: records, reports, and what an interrupted run left staged.')
@minValue(7)
param runRetentionDays int = 30

@description('Days after which a segment\'s file is deleted from a new account; an existing one is left alone.')
@minValue(2)
param segmentRetentionDays int = 14

@description('Days for which a line of the audit log can be neither changed nor deleted.')
@minValue(1)
@maxValue(146000)
param auditRetentionDays int = 365

@description('Days that logs and metrics are kept.')
@minValue(30)
@maxValue(730)
param logRetentionDays int = 90

@description('Most gigabytes of logs a day; beyond it the rest of the day is lost, alerts included. -1: no cap.')
@minValue(-1)
param logDailyCapGB int = 1

@description('Days for which deleted secrets, and the deleted vault, can be brought back. Fixed when the vault is made.')
@minValue(7)
@maxValue(90)
param vaultRetentionDays int = 90

@description('Brings back the deleted vault of this deployment. Needed once, when it is deployed again after a tear-down.')
param recoverVault bool = false

@description('Whether vault and state are locked against deletion.')
param deleteLock bool = false

@description('Whether nothing answers to the internet: private endpoints, and one fixed address to go out from.')
param privateNetwork bool = false

@description('Address range of the private network, at least a /24.')
param networkAddressPrefix string = '10.90.0.0/24'

@description('Who is told by mail of alerts and of the budget; empty: nobody.')
param alertEmail string = ''

@description('The share of rejected profiles in a run, in percent, above which somebody is told.')
@minValue(1)
@maxValue(100)
param rejectedSharePercent int = 5

@description('What a month may cost, in the currency of the subscription.')
@minValue(1)
param monthlyBudget int = 50

@description('First day of the month from which the budget counts, yyyy-MM-01; empty: no budget. Azure refuses to change it later.')
param budgetStart string = ''

var token = uniqueString(subscription().id, resourceGroupName, location)
var names = {
  app: 'func-segexp-${environmentName}-${token}'
  plan: 'plan-segexp-${environmentName}'
  identity: 'id-segexp-${environmentName}'
  host: 'sthost${token}'
  state: 'ststate${token}'
  landing: 'stland${token}'
  vault: 'kv-${token}'
  workspace: 'log-segexp-${environmentName}'
  component: 'appi-segexp-${environmentName}'
  network: 'vnet-segexp-${environmentName}'
  monitorScope: 'ampls-segexp-${environmentName}'
  alerts: 'segexp-${environmentName}'
}
var allTags = union({ 'azd-env-name': environmentName }, tags)
var publicAccess PublicAccess = privateNetwork ? 'Disabled' : 'Enabled'
var storageSku = zoneRedundant ? 'Standard_ZRS' : 'Standard_LRS'
var packageContainer = 'app-package'
var stateContainer = 'export-state'
var auditContainer = 'export-audit'
var jobsQueue = 'export-jobs'
var landing = empty(segmentsAccountName)
var segments = {
  account: landing ? names.landing : segmentsAccountName
  subscription: landing ? subscription().subscriptionId : segmentsSubscriptionId
  resourceGroup: landing
    ? resourceGroupName
    : empty(segmentsResourceGroup) ? fail('Set segmentsResourceGroup to where ${segmentsAccountName} lies.') : segmentsResourceGroup
}
var holders = concat(
  ['app'],
  allowTypedKeys ? ['typist'] : [],
  empty(operatorPrincipalId) ? [] : ['operator'],
  empty(segmentsWriterPrincipalId) ? [] : ['writer']
)
var signInClientId = authentication == 'entra' && empty(entraClientId)
  ? fail('Set entraClientId to the Entra application of this deployment, or authentication to function_key.')
  : entraClientId

var storageSuffix = environment().suffixes.storage
var vaultSuffix = environment().suffixes.keyvaultDns

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: resourceGroupName
  location: location
  tags: allTags
}

module identity 'modules/identity.bicep' = {
  scope: group
  params: { location: location, name: names.identity, tags: allTags }
}

module monitoring 'modules/monitoring.bicep' = {
  scope: group
  params: {
    location: location
    workspaceName: names.workspace
    componentName: names.component
    retentionDays: logRetentionDays
    dailyCapGB: logDailyCapGB
    publicNetworkAccess: publicAccess
    tags: allTags
  }
}

module hostStorage 'modules/host-storage.bicep' = {
  scope: group
  params: {
    location: location
    name: names.host
    packageContainer: packageContainer
    sku: storageSku
    publicNetworkAccess: publicAccess
    tags: allTags
  }
}

module stateStorage 'modules/state-storage.bicep' = {
  scope: group
  params: {
    location: location
    name: names.state
    stateContainer: stateContainer
    auditContainer: auditContainer
    jobsQueue: jobsQueue
    runRetentionDays: runRetentionDays
    auditRetentionDays: auditRetentionDays
    sku: storageSku
    publicNetworkAccess: publicAccess
    tags: allTags
  }
}

module landingStorage 'modules/landing-storage.bicep' = if (landing) {
  scope: group
  params: {
    location: location
    name: names.landing
    container: segmentsContainer
    retentionDays: segmentRetentionDays
    sku: storageSku
    publicNetworkAccess: publicAccess
    tags: allTags
  }
}

module vault 'modules/vault.bicep' = {
  scope: group
  params: {
    location: location
    name: names.vault
    retentionDays: vaultRetentionDays
    recover: recoverVault
    workspaceId: monitoring.outputs.workspaceId
    publicNetworkAccess: publicAccess
    tags: allTags
  }
}

module roles 'modules/roles.bicep' = {
  scope: group
  params: {
    #disable-next-line what-if-short-circuiting // Names want the object id, which Azure gives: a new identity needs new assignments.
    principals: {
      app: identity.outputs.principalId
      typist: identity.outputs.principalId
      operator: operatorPrincipalId
      writer: segmentsWriterPrincipalId
    }
    holders: holders
    operatorType: operatorPrincipalType
    hostAccountName: names.host
    stateAccountName: names.state
    stateContainer: stateContainer
    auditContainer: auditContainer
    jobsQueue: jobsQueue
    vaultName: names.vault
    componentName: names.component
  }
  dependsOn: [hostStorage, stateStorage, vault, monitoring]
}

module segmentsRoles 'modules/segments-roles.bicep' = {
  scope: resourceGroup(segments.subscription, segments.resourceGroup)
  params: {
    accountName: segments.account
    container: segmentsContainer
    #disable-next-line what-if-short-circuiting // Names want the object id, which Azure gives: a new identity needs new assignments.
    principals: {
      app: identity.outputs.principalId
      typist: identity.outputs.principalId
      operator: operatorPrincipalId
      writer: segmentsWriterPrincipalId
    }
    holders: holders
  }
  dependsOn: [landingStorage]
}

module network 'modules/network.bicep' = if (privateNetwork) {
  scope: group
  params: {
    location: location
    name: names.network
    addressPrefix: networkAddressPrefix
    tags: allTags
  }
}

module functionApp 'modules/function-app.bicep' = {
  scope: group
  params: {
    location: location
    name: names.app
    planName: names.plan
    identityId: identity.outputs.id
    identityClientId: identity.outputs.clientId
    hostAccountName: names.host
    packageContainer: packageContainer
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    zoneRedundant: zoneRedundant
    subnetId: network.?outputs.appSubnetId ?? ''
    publicNetworkAccess: publicAccess
    tuning: tuning
    settings: {
      SegmentStorage__blobServiceUri: 'https://${segments.account}.blob.${storageSuffix}'
      SegmentStorage__credential: 'managedidentity'
      SegmentStorage__clientId: identity.outputs.clientId
      SEGMENTS_CONTAINER: segmentsContainer
      SEGMENTS_PREFIX: segmentsPrefix
      StateStorage__blobServiceUri: 'https://${names.state}.blob.${storageSuffix}'
      StateStorage__queueServiceUri: 'https://${names.state}.queue.${storageSuffix}'
      StateStorage__credential: 'managedidentity'
      StateStorage__clientId: identity.outputs.clientId
      STATE_CONTAINER: stateContainer
      AUDIT_CONTAINER: auditContainer
      JOBS_QUEUE: jobsQueue
      KEY_VAULT_URI: 'https://${names.vault}${vaultSuffix}'
      KEY_VAULT_CLIENT_ID: identity.outputs.clientId
      API_KEY_SECRET_PREFIX: connectionKeyPrefix
      LEDGER_KEY_SECRET: ledgerKeySecretName
      TICK: tick
      AUTHENTICATION: authentication
      APPLICATIONINSIGHTS_CONNECTION_STRING: monitoring.outputs.connectionString
      APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identity.outputs.clientId};Authorization=AAD'
    }
    tags: allTags
  }
  // An app that starts before it may read its own package stays down until the next restart.
  dependsOn: [roles, segmentsRoles]
}

module signIn 'modules/authentication.bicep' = {
  scope: group
  params: {
    appName: names.app
    mode: authentication
    clientId: signInClientId
    allowedClients: allowedClients
  }
  dependsOn: [functionApp]
}

module monitorScope 'modules/monitor-scope.bicep' = if (privateNetwork) {
  scope: group
  params: {
    name: names.monitorScope
    workspaceName: names.workspace
    componentName: names.component
    tags: allTags
  }
  dependsOn: [monitoring]
}

var targets Target[] = [
  { name: 'host-blob', id: hostStorage.outputs.id, group: 'blob', zones: ['blob'] }
  { name: 'host-table', id: hostStorage.outputs.id, group: 'table', zones: ['table'] }
  { name: 'state-blob', id: stateStorage.outputs.id, group: 'blob', zones: ['blob'] }
  { name: 'state-queue', id: stateStorage.outputs.id, group: 'queue', zones: ['queue'] }
  { name: 'segments-blob', id: segmentsRoles.outputs.accountId, group: 'blob', zones: ['blob'] }
  { name: 'vault', id: vault.outputs.id, group: 'vault', zones: ['vault'] }
  { name: 'app', id: functionApp.outputs.id, group: 'sites', zones: ['sites'] }
  {
    name: 'monitor'
    id: monitorScope.?outputs.id ?? ''
    group: 'azuremonitor'
    zones: ['monitor', 'oms', 'ods', 'automation', 'blob']
  }
]

module privateEndpoints 'modules/private-endpoints.bicep' = if (privateNetwork) {
  scope: group
  params: {
    location: location
    subnetId: network.?outputs.endpointSubnetId ?? ''
    zoneIds: network.?outputs.zoneIds ?? {}
    targets: targets
    tags: allTags
  }
}

module alerts 'modules/alerts.bicep' = {
  scope: group
  params: {
    location: location
    name: names.alerts
    componentId: monitoring.outputs.componentId
    email: alertEmail
    rejectedSharePercent: rejectedSharePercent
    tags: allTags
  }
}

module workbook 'modules/workbook.bicep' = {
  scope: group
  params: {
    location: location
    title: 'Segment Export ${environmentName}'
    componentName: names.component
    importsPerMinute: tuning.?ACTIVECAMPAIGN_BULK_PER_MINUTE ?? '100'
    tags: allTags
  }
  dependsOn: [monitoring]
}

module budget 'modules/budget.bicep' = if (!empty(budgetStart)) {
  scope: group
  params: {
    name: names.alerts
    amount: monthlyBudget
    startDate: budgetStart
    email: alertEmail
    groupId: alerts.outputs.groupId
  }
}

module locks 'modules/locks.bicep' = if (deleteLock) {
  scope: group
  params: { stateAccountName: names.state, vaultName: names.vault }
  dependsOn: [stateStorage, vault]
}

@description('The resource group.')
output AZURE_RESOURCE_GROUP string = group.name

@description('Name of the function app.')
output AZURE_FUNCTION_NAME string = names.app

@description('Address of the API, without a slash at the end.')
output API_URL string = 'https://${functionApp.outputs.hostName}'

@description('Client id of the Entra application that callers ask a token for; empty with function keys.')
output API_CLIENT_ID string = entraClientId

@description('Name of the vault.')
output AZURE_KEY_VAULT_NAME string = names.vault

@description('Name of the secret from which the keys of the ledgers are made; scripts/deploy makes it.')
output LEDGER_SECRET_NAME string = ledgerKeySecretName

@description('Name of the app\'s own account.')
output STATE_ACCOUNT_NAME string = names.state

@description('Name of the account that the segments are read from.')
output SEGMENTS_ACCOUNT_NAME string = segments.account

@description('Name of the container that the segments are read from.')
output SEGMENTS_CONTAINER_NAME string = segmentsContainer

@description('The one address that the app calls out from; empty without a private network.')
output EGRESS_ADDRESS string = network.?outputs.egressAddress ?? ''
