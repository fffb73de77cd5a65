metadata description = 'A new account that Customer Insights writes segments to.'

import { PublicAccess, Tags } from '../types.bicep'

@description('Azure region.')
param location string

@description('Name of the account.')
param name string

@description('Name of the container with the segments.')
param container string

@description('Days after which a segment\'s file is deleted.')
@minValue(2)
param retentionDays int

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
    // Customer Insights' export fails on an account with blob soft delete.
    properties: { deleteRetentionPolicy: { enabled: false } }
    dependsOn: [made]

    resource segments 'containers' = {
      name: container
      properties: { publicAccess: 'None' }
    }
  }

  resource lifecycle 'managementPolicies' = {
    name: 'default'
    dependsOn: [blobs]
    properties: {
      policy: {
        rules: [
          {
            name: 'segments'
            type: 'Lifecycle'
            definition: {
              filters: { blobTypes: ['blockBlob', 'appendBlob'], prefixMatch: ['${container}/'] }
              actions: { baseBlob: { delete: { daysAfterModificationGreaterThan: retentionDays } } }
            }
          }
        ]
      }
    }
  }
}

@description('Resource id of the account.')
output id string = made.outputs.id
