metadata description = 'Types that several templates share.'

@export()
@description('Tags, by name.')
type Tags = {
  *: string
}

@export()
@description('Whether a thing can be reached from the internet, or through private endpoints only.')
type PublicAccess = 'Enabled' | 'Disabled'

@export()
@sealed()
@description('Settings of the app that rarely need another value; the README says what each means.')
type Tuning = {
  @description('Without model.json, a blob left alone for so many seconds is whole.')
  SEGMENTS_SETTLE_SECONDS: string?

  @description('How long one queue message works before it hands over.')
  SLICE_SECONDS: string?

  @description('Lease of runs and turns, 15 to 60 seconds.')
  LEASE_SECONDS: string?

  @description('How often a run that waits for its turn looks again, in seconds.')
  WAKE_SECONDS: string?

  @description('Without a sign of life for so many seconds, the timer wakes a run.')
  STALL_SECONDS: string?

  @description('The age in seconds at which a batch is first asked about.')
  CONFIRM_AFTER_SECONDS: string?

  @description('The age in minutes at which an undecided batch is unconfirmed.')
  CONFIRM_MINUTES: string?

  @description('How many processes may plan a large run at once; the default is one for each of the instance\'s cores.')
  PLAN_PROCESSES: string?

  @description('Imports a minute, at most.')
  ACTIVECAMPAIGN_BULK_PER_MINUTE: string?

  @description('Imports of one contact a minute, at most.')
  ACTIVECAMPAIGN_SINGLE_PER_MINUTE: string?

  @description('Requests a second, at most.')
  ACTIVECAMPAIGN_REQUESTS_PER_SECOND: string?
}
