metadata description = 'The function app on Flex Consumption, with every setting the code reads.'

import { PublicAccess, Tags, Tuning } from '../types.bicep'

@description('Azure region.')
param location string

@description('Name of the function app, part of its address.')
param name string

@description('Name of the plan.')
param planName string

@description('Resource id of the app\'s identity.')
param identityId string

@description('Client id of the app\'s identity.')
param identityClientId string

@description('Name of the account of the Functions host.')
param hostAccountName string

@description('Name of the container of the deployed package.')
param packageContainer string

@description('Memory of an instance in MB.')
param instanceMemoryMB int

@description('Most instances of the jobs\' function; each works on one job at a time.')
param maximumInstanceCount int

@description('Whether instances are spread over the region\'s zones.')
param zoneRedundant bool

@description('Settings of the app, by name; the host\'s own are added here.')
param settings AppSettings

@description('Settings that shall have another value than the app\'s default.')
param tuning Tuning

@description('Resource id of the subnet whose network the app calls out from; empty for none.')
param subnetId string

@description('Whether the app answers to the internet.')
param publicNetworkAccess PublicAccess

@description('Tags of every resource.')
param tags Tags

@description('Values of settings, by name.')
type AppSettings = {
  *: string
}

var hostUri = 'https://${hostAccountName}'
var suffix = environment().suffixes.storage
var host = {
  AzureWebJobsStorage__blobServiceUri: '${hostUri}.blob.${suffix}'
  AzureWebJobsStorage__tableServiceUri: '${hostUri}.table.${suffix}'
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identityClientId
}
// Every span of a run is kept; those of the Azure SDK, two rows a storage call, are not made. Nothing is sent
// but to our own component.
var telemetry = {
  PYTHON_APPLICATIONINSIGHTS_ENABLE_TELEMETRY: 'true'
  OTEL_TRACES_SAMPLER: 'always_on'
  OTEL_PYTHON_DISABLED_INSTRUMENTATIONS: 'azure_sdk,django,fastapi,flask,httpx,httpx2,psycopg2,requests,urllib,urllib3'
  OTEL_METRIC_EXPORT_INTERVAL: '30000'
  APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL: 'true'
  APPLICATIONINSIGHTS_SDKSTATS_DISABLED: 'true'
  APPLICATIONINSIGHTS_CONTROLPLANE_DISABLED: 'true'
  APPLICATIONINSIGHTS_OPENTELEMETRY_RESOURCE_METRIC_DISABLED: 'true'
}
var defaults = {
  SEGMENTS_SETTLE_SECONDS: '600'
  ALLOW_LOOPBACK_HTTP: 'false'
  SLICE_SECONDS: '420'
  LEASE_SECONDS: '60'
  WAKE_SECONDS: '15'
  STALL_SECONDS: '900'
  CONFIRM_AFTER_SECONDS: '30'
  CONFIRM_MINUTES: '60'
  // Only the largest instances have two cores; elsewhere a second process costs memory and brings nothing.
  PLAN_PROCESSES: instanceMemoryMB > 2048 ? '2' : '1'
  ACTIVECAMPAIGN_BULK_PER_MINUTE: '100'
  ACTIVECAMPAIGN_SINGLE_PER_MINUTE: '20'
  ACTIVECAMPAIGN_REQUESTS_PER_SECOND: '5'
}

resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { tier: 'FlexConsumption', name: 'FC1' }
  properties: { reserved: true, zoneRedundant: zoneRedundant }
}

resource app 'Microsoft.Web/sites@2025-03-01' = {
  name: name
  location: location
  // azd finds the app that it deploys code to by this tag.
  tags: union(tags, { 'azd-service-name': 'api' })
  kind: 'functionapp,linux'
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${identityId}': {} } }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    publicNetworkAccess: publicNetworkAccess
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    functionAppConfig: {
      runtime: { name: 'python', version: '3.13' }
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${hostUri}.blob.${suffix}/${packageContainer}'
          authentication: { type: 'UserAssignedIdentity', userAssignedIdentityResourceId: identityId }
        }
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
      }
    }
    siteConfig: {
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      http20Enabled: true
      remoteDebuggingEnabled: false
      appSettings: [
        for setting in items(union(host, telemetry, defaults, settings, tuning)): { name: setting.key, value: setting.value }
      ]
    }
  }

  resource ftpPublishing 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    properties: { allow: false }
  }

  resource scmPublishing 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    properties: { allow: false }
  }
}

@description('Resource id of the function app.')
output id string = app.id

@description('Host name of the function app.')
output hostName string = app.properties.defaultHostName
