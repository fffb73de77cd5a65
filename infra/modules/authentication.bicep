metadata description = 'Sign-in with Entra ID in front of every request, or none where function keys are wanted.'

@description('Name of the function app.')
param appName string

@description('`entra`, or `function_key`.')
@allowed(['entra', 'function_key'])
param mode string

@description('Client id of the Entra application whose app roles callers hold.')
param clientId string

@description('Client ids of programs whose tokens are let in; the roles in the token then say what they may do.')
param allowedClients string[]

var signIn = mode == 'entra'

resource app 'Microsoft.Web/sites@2025-03-01' existing = {
  name: appName
}

resource authentication 'Microsoft.Web/sites/config@2025-03-01' = {
  parent: app
  name: 'authsettingsV2'
  properties: {
    platform: { enabled: signIn }
    globalValidation: {
      requireAuthentication: signIn
      unauthenticatedClientAction: signIn ? 'Return401' : 'AllowAnonymous'
    }
    httpSettings: { requireHttps: true }
    login: { tokenStore: { enabled: false } }
    identityProviders: {
      azureActiveDirectory: signIn
        ? {
            enabled: true
            registration: {
              clientId: clientId
              openIdIssuer: uri(environment().authentication.loginEndpoint, '${tenant().tenantId}/v2.0')
            }
            validation: {
              allowedAudiences: [clientId, 'api://${clientId}']
              defaultAuthorizationPolicy: { allowedApplications: union([clientId], allowedClients) }
            }
          }
        : { enabled: false }
    }
  }
}
