metadata description = 'Tells when the resource group costs more than it should. It stops nothing.'

@description('Name of the budget.')
param name string

@description('What a month may cost, in the currency of the subscription.')
@minValue(1)
param amount int

@description('First day of the month from which it counts. Azure refuses to change it afterwards.')
param startDate string

@description('Who is told by mail beside the owners; empty: only the owners.')
param email string

@description('Resource id of the action group that is told.')
param groupId string

var notices = [
  { name: 'half', type: 'Actual', percent: 50 }
  { name: 'most', type: 'Actual', percent: 80 }
  { name: 'all', type: 'Actual', percent: 100 }
  { name: 'soon', type: 'Forecasted', percent: 100 }
]

resource budget 'Microsoft.Consumption/budgets@2026-06-01' = {
  name: name
  properties: {
    category: 'Cost'
    amount: amount
    timeGrain: 'Monthly'
    timePeriod: { startDate: startDate }
    notifications: toObject(notices, notice => notice.name, notice => {
      enabled: true
      operator: 'GreaterThanOrEqualTo'
      threshold: notice.percent
      thresholdType: notice.type
      contactEmails: empty(email) ? [] : [email]
      contactRoles: ['Owner']
      contactGroups: [groupId]
    })
  }
}
