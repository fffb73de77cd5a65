// Customer Insights already writes to an account in another resource group. Function keys, typed API keys, small instances.
using '../main.bicep'

param environmentName = 'existing'
param location = 'northeurope'
param authentication = 'function_key'
param allowTypedKeys = true
param segmentsAccountName = 'contosoinsights'
param segmentsResourceGroup = 'rg-customer-insights'
param segmentsContainer = 'exports'
param segmentsPrefix = 'CustomerInsights_contoso/ActiveCampaign'
param instanceMemoryMB = 512
param maximumInstanceCount = 2
