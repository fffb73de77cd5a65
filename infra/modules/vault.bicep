metadata description = 'The vault of the API keys and of the ledgers\' key. Who may read is said by roles only.'

import { PublicAccess, Tags } from '../types.bicep'

@description('Azure region.')
param location string

@description('Name of the vault, 3 to 24 characters.')
@minLength(3)
@maxLength(24)
param name string

@description('Days for which a deleted secret or vault can be brought back. Fixed when the vault is made.')
@minValue(7)
@maxValue(90)
param retentionDays int

@description('Brings back the deleted vault of this name, with its secrets, in place of making one.')
param recover bool

@description('Where the log of who used which secret goes.')
param workspaceId string

@description('Whether the vault answers to the internet.')
param publicNetworkAccess PublicAccess

@description('Tags of every resource.')
param tags Tags

resource vault 'Microsoft.KeyVault/vaults@2026-02-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    createMode: recover ? 'recover' : 'default'
    tenantId: tenant().tenantId
    sku: { family: 'A', name: 'standard' }
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: retentionDays
    enablePurgeProtection: true
    publicNetworkAccess: publicNetworkAccess
    networkAcls: {
      defaultAction: publicNetworkAccess == 'Enabled' ? 'Allow' : 'Deny'
      bypass: 'AzureServices'
    }
  }
}

#disable-next-line use-recent-api-versions // The newest stable version is older and knows no category groups.
resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'audit'
  scope: vault
  properties: {
    workspaceId: workspaceId
    logs: [{ categoryGroup: 'audit', enabled: true }]
  }
}

@description('Resource id of the vault.')
output id string = vault.id

@description('Address of the vault.')
output uri string = vault.properties.vaultUri
