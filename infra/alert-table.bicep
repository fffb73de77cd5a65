metadata description = 'What wakes somebody up, and where it is written what to do.'

@export()
@description('`section` of docs/operating.md says what to do. `every` is how far back a query looks, and how often.')
type Alert = {
  name: string
  says: string
  section: string
  severity: 0 | 1 | 2 | 3
  every: 'PT15M' | 'PT1H'
  query: string
}

@export()
@description('An event is a log record: its message is its name, what it says is in customDimensions. `subject` is what it is about.')
var alerts Alert[] = [
  {
    name: 'run-failed'
    says: 'A run failed.'
    section: 'A run failed'
    severity: 1
    every: 'PT15M'
    query: '''
traces
| where message == 'run ended' and tostring(customDimensions.state) == 'failed'
| extend subject = tostring(customDimensions.export)'''
  }
  {
    name: 'run-held'
    says: 'A run is held until somebody approves its plan.'
    section: 'A run is held'
    severity: 2
    every: 'PT15M'
    query: '''
traces
| where message == 'run held'
| extend subject = tostring(customDimensions.export)'''
  }
  {
    name: 'segment-stale'
    says: 'No new snapshot of a segment came for too long.'
    section: 'A segment is stale'
    severity: 2
    every: 'PT1H'
    query: '''
traces
| where message == 'stale segment'
| extend subject = tostring(customDimensions.export)'''
  }
  {
    name: 'poison-message'
    says: 'A job failed five times.'
    section: 'A job was poisoned'
    severity: 1
    every: 'PT15M'
    query: '''
traces
| where message == 'poison message'
| extend subject = tostring(customDimensions.export)'''
  }
  {
    name: 'run-missing'
    says: 'A run that was due did not start.'
    section: 'A run did not start'
    severity: 1
    every: 'PT15M'
    query: '''
traces
| where message == 'run did not start'
| extend subject = tostring(customDimensions.export)'''
  }
  {
    name: 'run-too-long'
    says: 'A run takes much longer than its plan said.'
    section: 'A run takes too long'
    severity: 2
    every: 'PT15M'
    query: '''
traces
| where message == 'run too long'
| extend subject = tostring(customDimensions.export)'''
  }
  {
    name: 'key-expires'
    says: 'A key in the vault is about to expire.'
    section: 'A key expires'
    severity: 2
    every: 'PT1H'
    query: '''
traces
| where message == 'key expires'
| extend subject = tostring(customDimensions.secret)'''
  }
  {
    name: 'rejections'
    says: 'More of a run\'s profiles were rejected than is usual.'
    section: 'Many profiles are rejected'
    severity: 2
    every: 'PT15M'
    query: '''
customMetrics
| where name == 'segment_export.rejected.share'
| extend subject = tostring(customDimensions.export), percent = 100 * valueMax
| where percent > {rejectedSharePercent}'''
  }
  {
    name: 'silent'
    says: 'The app gave no sign of life for an hour, though its timer ticks every five minutes.'
    section: 'The app is silent'
    severity: 0
    every: 'PT1H'
    query: '''
union isfuzzy=true traces, requests, customMetrics
| summarize signs = count()
| where signs == 0
| extend subject = 'every export'
'''
  }
]
