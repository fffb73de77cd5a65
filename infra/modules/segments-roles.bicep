metadata description = 'The assignments of the role table on the segments\' container, in whichever resource group it lies.'

import { assignments, Principals, roleIds } from '../role-table.bicep'

@description('Name of the account that the segments lie in.')
param accountName string

@description('Name of the container with the segments.')
param container string

@description('Object ids of who is in the table.')
param principals Principals

@description('Who of them gets roles. Apart from the ids, so that what-if knows how many assignments there are.')
param holders string[]

var rows = filter(assignments, row => row.scope == 'segments' && contains(holders, row.principal))

resource account 'Microsoft.Storage/storageAccounts@2026-06-01' existing = {
  name: accountName

  resource blobs 'blobServices' existing = {
    name: 'default'

    resource segments 'containers' existing = {
      name: container
    }
  }
}

resource roles 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for row in rows: {
    scope: account::blobs::segments
    name: guid(account::blobs::segments.id, principals[row.principal], roleIds[row.role])
    properties: {
      principalId: principals[row.principal]
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds[row.role])
      description: row.call
    }
  }
]

@description('Resource id of the account.')
output accountId string = account.id
