metadata description = 'Ties workspace and component to the network: Azure Monitor\'s private link scope.'

import { Tags } from '../types.bicep'

@description('Name of the scope.')
param name string

@description('Name of the Log Analytics workspace.')
param workspaceName string

@description('Name of the Application Insights component.')
param componentName string

@description('Tags of every resource.')
param tags Tags

resource workspace 'Microsoft.OperationalInsights/workspaces@2026-03-01' existing = {
  name: workspaceName
}

resource component 'Microsoft.Insights/components@2020-02-02' existing = {
  name: componentName
}

resource scope 'Microsoft.Insights/privateLinkScopes@2021-09-01' = {
  name: name
  location: 'global'
  tags: tags
  properties: { accessModeSettings: { ingestionAccessMode: 'PrivateOnly', queryAccessMode: 'PrivateOnly' } }

  resource logs 'scopedResources' = {
    name: 'logs'
    properties: { linkedResourceId: workspace.id }
  }

  resource telemetry 'scopedResources' = {
    name: 'telemetry'
    properties: { linkedResourceId: component.id }
    dependsOn: [logs]
  }
}

@description('Resource id of the scope.')
output id string = scope.id
