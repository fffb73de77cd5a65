metadata description = 'Runs, throughput against the limit, failures by reason, as a page in the portal.'

import { Tags } from '../types.bicep'

@description('Azure region.')
param location string

@description('What the page is called.')
param title string

@description('Name of the Application Insights component that is asked.')
param componentName string

@description('Imports a minute that the app may make; the throughput is drawn against it.')
param importsPerMinute string

@description('Tags of every resource.')
param tags Tags

resource component 'Microsoft.Insights/components@2020-02-02' existing = {
  name: componentName
}

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(component.id, 'segment-export')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: title
    category: 'workbook'
    sourceId: component.id
    serializedData: replace(
      replace(string(loadJsonContent('../workbook.json')), '{component}', component.id),
      '{importsPerMinute}',
      importsPerMinute
    )
  }
}
