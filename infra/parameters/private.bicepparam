// Nothing answers to the internet; deployed from a machine inside the network.
using '../main.bicep'

param environmentName = 'private'
param location = 'westeurope'
param entraClientId = '00000000-0000-0000-0000-00000000c11e'
param operatorPrincipalId = '00000000-0000-0000-0000-0000000000a1'
param operatorPrincipalType = 'Group'
param segmentsWriterPrincipalId = '00000000-0000-0000-0000-0000000000c1'
param privateNetwork = true
param zoneRedundant = true
param deleteLock = true
param alertEmail = 'operators@example.com'
param budgetStart = '2026-11-01'
