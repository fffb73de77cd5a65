// As most people deploy it: a new account for the segments, Entra ID in front, reachable from the internet.
using '../main.bicep'

param environmentName = 'public'
param location = 'westeurope'
param entraClientId = '00000000-0000-0000-0000-00000000c11e'
param operatorPrincipalId = '00000000-0000-0000-0000-0000000000a1'
param segmentsWriterPrincipalId = '00000000-0000-0000-0000-0000000000c1'
param alertEmail = 'operators@example.com'
param budgetStart = '2026-11-01'
