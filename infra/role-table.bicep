metadata description = 'Every role that this deployment assigns: who, where, and which call needs it.'

@export()
@description('Ids of Azure\'s built-in roles.')
var roleIds = {
  'Key Vault Secrets Officer': 'b86a8fe4-44ce-4948-aee5-eccb2c155cd7'
  'Key Vault Secrets User': '4633458b-17de-408a-b874-0445c86b69e6'
  'Monitoring Metrics Publisher': '3913510d-42f4-4e42-8a64-420c390055eb'
  'Storage Blob Data Contributor': 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'
  'Storage Blob Data Owner': 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
  'Storage Blob Data Reader': '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1'
  'Storage Queue Data Contributor': '974c5e8b-45b9-4653-ba55-5f855dd0fb88'
  'Storage Table Data Contributor': '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'
}

@export()
@description('`principal` is app, typist (the app, where it may store typed keys), operator or writer (Customer Insights).')
type Assignment = {
  principal: 'app' | 'typist' | 'operator' | 'writer'
  scope: 'host' | 'state' | 'audit' | 'jobs' | 'poison' | 'vault' | 'telemetry' | 'segments'
  role: string
  call: string
}

@export()
@description('Object ids, by the names that the table uses.')
type Principals = {
  app: string
  typist: string
  operator: string
  writer: string
}

@export()
@description('The table. Message Processor and Message Sender are too little for the queues: renewing a message is a write.')
var assignments Assignment[] = [
  {
    principal: 'app'
    scope: 'host'
    role: 'Storage Blob Data Owner'
    call: 'The Functions host leases its lock blobs, keeps its keys, and reads the deployed package.'
  }
  {
    principal: 'app'
    scope: 'host'
    role: 'Storage Table Data Contributor'
    call: 'The Functions host writes diagnostic events to a table.'
  }
  {
    principal: 'app'
    scope: 'state'
    role: 'Storage Blob Data Contributor'
    call: 'The app reads, writes, leases and deletes its documents, logs, chunks and ledgers.'
  }
  {
    principal: 'app'
    scope: 'audit'
    role: 'Storage Blob Data Contributor'
    call: 'The app appends to the audit log; the immutability policy refuses everything else.'
  }
  {
    principal: 'app'
    scope: 'jobs'
    role: 'Storage Queue Data Contributor'
    call: 'The trigger takes, renews (Update Message) and deletes jobs; the app sends the next one.'
  }
  {
    principal: 'app'
    scope: 'poison'
    role: 'Storage Queue Data Contributor'
    call: 'The host puts failed jobs here (Put Message); the trigger takes, renews and deletes them.'
  }
  {
    principal: 'app'
    scope: 'vault'
    role: 'Key Vault Secrets User'
    call: 'The app reads API keys and the key of the ledgers (Get Secret).'
  }
  {
    principal: 'typist'
    scope: 'vault'
    role: 'Key Vault Secrets Officer'
    call: 'The app stores API keys that are typed into a request (Set Secret).'
  }
  {
    principal: 'operator'
    scope: 'vault'
    role: 'Key Vault Secrets Officer'
    call: 'Who deploys stores the key of the ledgers and API keys (az keyvault secret set).'
  }
  {
    principal: 'app'
    scope: 'telemetry'
    role: 'Monitoring Metrics Publisher'
    call: 'Host and app send telemetry, as local authentication is off.'
  }
  {
    principal: 'app'
    scope: 'segments'
    role: 'Storage Blob Data Reader'
    call: 'The app lists and reads segments (List Blobs, Get Blob).'
  }
  {
    principal: 'writer'
    scope: 'segments'
    role: 'Storage Blob Data Contributor'
    call: 'Customer Insights writes segments.'
  }
]
