metadata description = 'The network of the private variant: the app goes out through one address, and nothing comes in.'

import { Tags } from '../types.bicep'

@description('Azure region.')
param location string

@description('Name of the network; the names of its parts are made from it.')
param name string

@description('Address range of the network, at least a /24.')
param addressPrefix string

@description('Tags of every resource.')
param tags Tags

var storage = environment().suffixes.storage
var zoneNames = {
  blob: 'privatelink.blob.${storage}'
  queue: 'privatelink.queue.${storage}'
  table: 'privatelink.table.${storage}'
  vault: 'privatelink${replace(environment().suffixes.keyvaultDns, '.vault.', '.vaultcore.')}'
  sites: 'privatelink.azurewebsites.net'
  monitor: 'privatelink.monitor.azure.com'
  oms: 'privatelink.oms.opinsights.azure.com'
  ods: 'privatelink.ods.opinsights.azure.com'
  automation: 'privatelink.agentsvc.azure-automation.net'
}
// Named apart from their names, so that what-if knows how many there are.
var zoneKeys = ['blob', 'queue', 'table', 'vault', 'sites', 'monitor', 'oms', 'ods', 'automation']

resource outbound 'Microsoft.Network/publicIPAddresses@2026-03-01' = {
  name: '${name}-outbound'
  location: location
  tags: tags
  sku: { name: 'Standard' }
  properties: { publicIPAllocationMethod: 'Static' }
}

resource gateway 'Microsoft.Network/natGateways@2026-03-01' = {
  name: '${name}-gateway'
  location: location
  tags: tags
  sku: { name: 'Standard' }
  properties: { publicIpAddresses: [{ id: outbound.id }] }
}

resource closed 'Microsoft.Network/networkSecurityGroups@2026-03-01' = {
  name: '${name}-closed'
  location: location
  tags: tags
  properties: {
    securityRules: [
      {
        name: 'NothingFromOutside'
        properties: {
          priority: 4096
          direction: 'Inbound'
          access: 'Deny'
          protocol: '*'
          sourceAddressPrefix: 'Internet'
          sourcePortRange: '*'
          destinationAddressPrefix: '*'
          destinationPortRange: '*'
        }
      }
    ]
  }
}

resource network 'Microsoft.Network/virtualNetworks@2026-03-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    addressSpace: { addressPrefixes: [addressPrefix] }
    subnets: [
      {
        name: 'app'
        properties: {
          addressPrefix: cidrSubnet(addressPrefix, 26, 0)
          defaultOutboundAccess: false
          natGateway: { id: gateway.id }
          networkSecurityGroup: { id: closed.id }
          delegations: [
            { name: 'functions', properties: { serviceName: 'Microsoft.App/environments' } }
          ]
        }
      }
      {
        name: 'endpoints'
        properties: {
          addressPrefix: cidrSubnet(addressPrefix, 26, 1)
          defaultOutboundAccess: false
          networkSecurityGroup: { id: closed.id }
        }
      }
    ]
  }

  resource appSubnet 'subnets' existing = {
    name: 'app'
  }

  resource endpointSubnet 'subnets' existing = {
    name: 'endpoints'
  }
}

resource zones 'Microsoft.Network/privateDnsZones@2024-06-01' = [
  for key in zoneKeys: {
    name: zoneNames[key]
    location: 'global'
    tags: tags
  }
]

resource links 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [
  for (key, at) in zoneKeys: {
    parent: zones[at]
    name: name
    location: 'global'
    tags: tags
    properties: { registrationEnabled: false, virtualNetwork: { id: network.id } }
  }
]

@description('Resource ids of the private DNS zones that the network looks into, by what is found there.')
output zoneIds ZoneIds = toObject(
  zoneKeys,
  key => key,
  key => resourceId('Microsoft.Network/privateDnsZones', zoneNames[key])
)

@export()
@description('Resource ids of private DNS zones, by what is found there.')
type ZoneIds = {
  *: string
}

@description('Resource id of the subnet that the app calls out from.')
output appSubnetId string = network::appSubnet.id

@description('Resource id of the subnet of the private endpoints.')
output endpointSubnetId string = network::endpointSubnet.id

@description('The one address that the app\'s requests come from, to be allowed where ActiveCampaign\'s account asks for it.')
output egressAddress string = outbound.properties.ipAddress
