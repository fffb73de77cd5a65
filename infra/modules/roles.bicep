metadata description = 'The assignments of the role table within the resource group.'

import { assignments, Principals, roleIds } from '../role-table.bicep'

@description('Object ids of who is in the table.')
param principals Principals

@description('Who of them gets roles. Apart from the ids, so that what-if knows how many assignments there are.')
param holders string[]

@description('Whether the operator is a person, a group, or a program.')
@allowed(['User', 'Group', 'ServicePrincipal'])
param operatorType string

@description('Name of the account of the Functions host.')
param hostAccountName string

@description('Name of the app\'s own account.')
param stateAccountName string

@description('Name of the container with the app\'s state.')
param stateContainer string

@description('Name of the container with the audit log.')
param auditContainer string

@description('Name of the queue of jobs.')
param jobsQueue string

@description('Name of the vault.')
param vaultName string

@description('Name of the Application Insights component.')
param componentName string

var given = filter(assignments, row => contains(holders, row.principal))
var types = { app: 'ServicePrincipal', typist: 'ServicePrincipal', operator: operatorType, writer: 'ServicePrincipal' }

resource hostAccount 'Microsoft.Storage/storageAccounts@2026-06-01' existing = {
  name: hostAccountName
}

resource stateAccount 'Microsoft.Storage/storageAccounts@2026-06-01' existing = {
  name: stateAccountName

  resource blobs 'blobServices' existing = {
    name: 'default'

    resource state 'containers' existing = {
      name: stateContainer
    }

    resource audit 'containers' existing = {
      name: auditContainer
    }
  }

  resource queues 'queueServices' existing = {
    name: 'default'

    resource jobs 'queues' existing = {
      name: jobsQueue
    }

    resource poison 'queues' existing = {
      name: '${jobsQueue}-poison'
    }
  }
}

resource vault 'Microsoft.KeyVault/vaults@2026-02-01' existing = {
  name: vaultName
}

resource component 'Microsoft.Insights/components@2020-02-02' existing = {
  name: componentName
}

resource hostRoles 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for row in filter(given, row => row.scope == 'host'): {
    scope: hostAccount
    name: guid(hostAccount.id, principals[row.principal], roleIds[row.role])
    properties: {
      principalId: principals[row.principal]
      principalType: types[row.principal]
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds[row.role])
      description: row.call
    }
  }
]

resource stateRoles 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for row in filter(given, row => row.scope == 'state'): {
    scope: stateAccount::blobs::state
    name: guid(stateAccount::blobs::state.id, principals[row.principal], roleIds[row.role])
    properties: {
      principalId: principals[row.principal]
      principalType: types[row.principal]
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds[row.role])
      description: row.call
    }
  }
]

resource auditRoles 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for row in filter(given, row => row.scope == 'audit'): {
    scope: stateAccount::blobs::audit
    name: guid(stateAccount::blobs::audit.id, principals[row.principal], roleIds[row.role])
    properties: {
      principalId: principals[row.principal]
      principalType: types[row.principal]
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds[row.role])
      description: row.call
    }
  }
]

resource jobsRoles 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for row in filter(given, row => row.scope == 'jobs'): {
    scope: stateAccount::queues::jobs
    name: guid(stateAccount::queues::jobs.id, principals[row.principal], roleIds[row.role])
    properties: {
      principalId: principals[row.principal]
      principalType: types[row.principal]
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds[row.role])
      description: row.call
    }
  }
]

resource poisonRoles 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for row in filter(given, row => row.scope == 'poison'): {
    scope: stateAccount::queues::poison
    name: guid(stateAccount::queues::poison.id, principals[row.principal], roleIds[row.role])
    properties: {
      principalId: principals[row.principal]
      principalType: types[row.principal]
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds[row.role])
      description: row.call
    }
  }
]

resource vaultRoles 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for row in filter(given, row => row.scope == 'vault'): {
    scope: vault
    name: guid(vault.id, principals[row.principal], roleIds[row.role])
    properties: {
      principalId: principals[row.principal]
      principalType: types[row.principal]
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds[row.role])
      description: row.call
    }
  }
]

resource telemetryRoles 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for row in filter(given, row => row.scope == 'telemetry'): {
    scope: component
    name: guid(component.id, principals[row.principal], roleIds[row.role])
    properties: {
      principalId: principals[row.principal]
      principalType: types[row.principal]
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds[row.role])
      description: row.call
    }
  }
]
