metadata description = 'The app\'s own account: state, jobs and the audit log, and how long each is kept.'

import { PublicAccess, Tags } from '../types.bicep'

@description('Azure region.')
param location string

@description('Name of the account.')
param name string

@description('Name of the container with the app\'s state.')
param stateContainer string

@description('Name of the container with the audit log.')
param auditContainer string

@description('Name of the queue of jobs; the poison queue is named after it.')
param jobsQueue string

@description('Days after which everything of a run is deleted: records, reports, and what an interrupted run left staged.')
@minValue(7)
param runRetentionDays int

@description('Days for which a line of the audit log can be neither changed nor deleted.')
@minValue(1)
@maxValue(146000)
param auditRetentionDays int

@description('How often the data is stored.')
param sku string

@description('Whether the account answers to the internet.')
param publicNetworkAccess PublicAccess

@description('Tags of every resource.')
param tags Tags

module made 'storage-account.bicep' = {
  params: { location: location, name: name, sku: sku, publicNetworkAccess: publicNetworkAccess, tags: tags }
}

resource account 'Microsoft.Storage/storageAccounts@2026-06-01' existing = {
  name: name

  resource blobs 'blobServices' = {
    name: 'default'
    properties: {
      // Soft delete would keep each request body for days after its run, and a copy of each lease and
      // pacing blob, which are written anew every few seconds. Containers are kept.
      deleteRetentionPolicy: { enabled: false }
      containerDeleteRetentionPolicy: { enabled: true, days: 7 }
      isVersioningEnabled: false
    }
    dependsOn: [made]

    resource state 'containers' = {
      name: stateContainer
      properties: { publicAccess: 'None' }
    }

    resource audit 'containers' = {
      name: auditContainer
      properties: { publicAccess: 'None' }

      resource immutable 'immutabilityPolicies' = {
        name: 'default'
        properties: {
          immutabilityPeriodSinceCreationInDays: auditRetentionDays
          allowProtectedAppendWrites: true
        }
      }
    }
  }

  resource queues 'queueServices' = {
    name: 'default'
    dependsOn: [made]

    resource jobs 'queues' = {
      name: jobsQueue
    }

    resource poison 'queues' = {
      name: '${jobsQueue}-poison'
    }
  }

  resource lifecycle 'managementPolicies' = {
    name: 'default'
    dependsOn: [blobs]
    properties: {
      policy: {
        rules: [
          {
            name: 'runs'
            type: 'Lifecycle'
            definition: {
              filters: { blobTypes: ['blockBlob', 'appendBlob'], prefixMatch: ['${stateContainer}/runs/'] }
              actions: { baseBlob: { delete: { daysAfterModificationGreaterThan: runRetentionDays } } }
            }
          }
        ]
      }
    }
  }
}

@description('Resource id of the account.')
output id string = made.outputs.id
