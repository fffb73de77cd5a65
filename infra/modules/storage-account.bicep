metadata description = 'A storage account without keys: Entra ID only, TLS 1.2, nothing anonymous.'

import { PublicAccess, Tags } from '../types.bicep'

@description('Azure region.')
param location string

@description('Name of the account, 3 to 24 of a-z and 0-9.')
@minLength(3)
@maxLength(24)
param name string

@description('How often the data is stored: in one building, or in three zones.')
@allowed(['Standard_LRS', 'Standard_ZRS'])
param sku string

@description('Whether the account answers to the internet.')
param publicNetworkAccess PublicAccess

@description('Tags of every resource.')
param tags Tags

resource account 'Microsoft.Storage/storageAccounts@2026-06-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: sku }
  properties: {
    accessTier: 'Hot'
    allowSharedKeyAccess: false
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: publicNetworkAccess
    networkAcls: {
      defaultAction: publicNetworkAccess == 'Enabled' ? 'Allow' : 'Deny'
      bypass: 'AzureServices'
    }
  }
}

@description('Resource id of the account.')
output id string = account.id

@description('Name of the account.')
output name string = account.name
