metadata description = 'What the Functions host keeps: its locks, its keys, the deployed package. No personal data.'

import { PublicAccess, Tags } from '../types.bicep'

@description('Azure region.')
param location string

@description('Name of the account.')
param name string

@description('Name of the container that the deployed package lies in.')
param packageContainer string

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
    properties: { deleteRetentionPolicy: { enabled: true, days: 7 } }
    dependsOn: [made]

    resource package 'containers' = {
      name: packageContainer
      properties: { publicAccess: 'None' }
    }
  }
}

@description('Resource id of the account.')
output id string = made.outputs.id
