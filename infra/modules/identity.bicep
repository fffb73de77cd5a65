metadata description = 'The one identity the app has: no key stands behind it.'

@description('Azure region.')
param location string

@description('Name of the identity.')
param name string

@description('Tags of every resource.')
param tags Tags

import { Tags } from '../types.bicep'

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: name
  location: location
  tags: tags
}

@description('Resource id, which the deployment storage wants.')
output id string = identity.id

@description('Object id, which role assignments want.')
output principalId string = identity.properties.principalId

@description('Client id, which connections and SDK clients want.')
output clientId string = identity.properties.clientId
