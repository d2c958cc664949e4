/** What is in force: the configuration with the routes of its revisions, and the table and keys that requests see of it. */

import type { Keyring } from '../access/keys.ts'
import type { Config } from '../config/load.ts'
import type { Snapshot } from '../gateway/parts.ts'
import type { RoutingTable } from '../routing/plan.ts'

export class InForce {
  readonly #effective: () => Config
  #config: Config
  #tableOf!: (config: Config) => RoutingTable
  #snapshot!: Snapshot

  /** `effective`: the newest configuration, with the routes of its revisions. */
  constructor(effective: () => Config) {
    this.#effective = effective
    this.#config = effective()
  }

  readonly config = (): Config => this.#config

  /** Not before `open`. */
  readonly snapshot = (): Snapshot => this.#snapshot

  open(keyring: Keyring, tableOf: (config: Config) => RoutingTable): void {
    this.#tableOf = tableOf
    this.takeUpTable(keyring)
  }

  takeUpConfig(): void {
    this.#config = this.#effective()
  }

  /** A new table, of the configuration and what is known of its models by now; and new keys with it, where there are any. */
  takeUpTable(keyring = this.#snapshot.keyring): void {
    this.#snapshot = { keyring, table: this.#tableOf(this.#config) }
  }
}
