metadata description = 'A private endpoint, with its entries in the private DNS zones, for each thing that is reached.'

import { ZoneIds } from 'network.bicep'
import { Tags } from '../types.bicep'

@description('Azure region.')
param location string

@description('Resource id of the subnet of the endpoints.')
param subnetId string

@description('Resource ids of the private DNS zones, by what is found there.')
param zoneIds ZoneIds

@description('What is reached.')
param targets Target[]

@description('Tags of every resource.')
param tags Tags

@export()
@description('One thing that is reached: `group` is what Private Link calls its part, `zones` are the keys of where its name is found.')
type Target = {
  name: string
  id: string
  group: string
  zones: string[]
}

resource endpoints 'Microsoft.Network/privateEndpoints@2026-03-01' = [
  for target in targets: {
    name: 'pe-${target.name}'
    location: location
    tags: tags
    properties: {
      subnet: { id: subnetId }
      customNetworkInterfaceName: 'nic-${target.name}'
      privateLinkServiceConnections: [
        #disable-next-line use-resource-id-functions // The rule sees no id in a member of a parameter.
        { name: target.name, properties: { privateLinkServiceId: target.id, groupIds: [target.group] } }
      ]
    }
  }
]

resource entries 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2026-03-01' = [
  for (target, at) in targets: {
    parent: endpoints[at]
    name: 'default'
    properties: {
      privateDnsZoneConfigs: [
        for zone in target.zones: {
          name: zone
          properties: { privateDnsZoneId: zoneIds[zone] }
        }
      ]
    }
  }
]
