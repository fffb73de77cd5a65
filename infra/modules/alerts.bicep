metadata description = 'One rule for each row of the alert table, and whom it tells.'

import { alerts } from '../alert-table.bicep'
import { Tags } from '../types.bicep'

@description('Azure region.')
param location string

@description('Name of the group that is told; the names of the rules are made from it.')
param name string

@description('Resource id of the Application Insights component.')
param componentId string

@description('Who is told by mail; empty: the alerts are only shown in the portal.')
param email string

@description('The share of rejected profiles in a run, in percent, above which somebody is told.')
param rejectedSharePercent int

@description('Tags of every resource.')
param tags Tags

resource operators 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: name
  location: 'global'
  tags: tags
  properties: {
    enabled: true
    groupShortName: 'segexport'
    emailReceivers: empty(email) ? [] : [{ name: 'operators', emailAddress: email, useCommonAlertSchema: true }]
  }
}

resource rules 'Microsoft.Insights/scheduledQueryRules@2026-03-01' = [
  for alert in alerts: {
    name: '${name}-${alert.name}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: 'Segment Export: ${alert.section}'
      description: '${alert.says} What to do: docs/operating.md, section "${alert.section}".'
      enabled: true
      severity: alert.severity
      scopes: [componentId]
      evaluationFrequency: alert.every
      windowSize: alert.every
      autoMitigate: false
      criteria: {
        allOf: [
          {
            query: replace(alert.query, '{rejectedSharePercent}', string(rejectedSharePercent))
            timeAggregation: 'Count'
            operator: 'GreaterThan'
            threshold: 0
            dimensions: [{ name: 'subject', operator: 'Include', values: ['*'] }]
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
          }
        ]
      }
      actions: {
        actionGroups: [operators.id]
        customProperties: { section: 'docs/operating.md, ${alert.section}' }
      }
    }
  }
]

@description('Resource id of the group that is told.')
output groupId string = operators.id
