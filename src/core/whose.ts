/** Whose data is meant when a user is to be forgotten. */

/** What requests that named this user have left, and what belongs to keys that are the user's own. */
export interface Whose {
  readonly user: string
  readonly keyIds: readonly string[]
}
