/** The catalogue of the configuration in force; its data is read when it is first needed. */

import type { Config } from '../config/load.ts'
import type { Clock } from '../core/clock.ts'
import type { Usage } from '../core/usage.ts'
import {
  type Catalogue,
  type CatalogueData,
  createCatalogue,
  loadCatalogueData,
} from '../models/catalogue.ts'
import { priceUsage } from '../models/cost.ts'
import type { LookUpModel } from '../routing/route-compiler.ts'

export class CatalogueSource {
  readonly #config: () => Config
  readonly #clock: Clock
  readonly #read: () => Promise<CatalogueData>
  #data: CatalogueData | undefined
  #priced: { readonly config: Config; readonly catalogue: Catalogue } | undefined
  #loading: Promise<void> | undefined
  #inForce: { readonly config: Config; readonly lookUp: LookUpModel } | undefined

  /** `read`: the data that ships with the gateway where it is absent. */
  constructor(config: () => Config, clock: Clock, read = loadCatalogueData) {
    this.#config = config
    this.#clock = clock
    this.#read = read
  }

  /** True where the data was not there before. Rejects where it cannot be read; then the next call tries again. */
  async load(): Promise<boolean> {
    if (this.#data) return false
    this.#loading ??= this.#take().finally(() => (this.#loading = undefined))
    await this.#loading
    return true
  }

  async #take(): Promise<void> {
    this.#data = await this.#read()
  }

  async get(): Promise<Catalogue> {
    await this.load()
    return this.#over(this.#config(), this.#data!)
  }

  /** For the table of a configuration; it knows nothing while the data is not there. */
  lookUp(config: Config): LookUpModel {
    const catalogue = this.#data && this.#over(config, this.#data)
    return (provider, model) => catalogue?.lookup(provider, model)
  }

  /** For the configuration in force; the first calls wait for the data. */
  inForce(): LookUpModel | Promise<LookUpModel> {
    const config = this.#config()
    if (this.#inForce?.config === config) return this.#inForce.lookUp
    if (!this.#data) return this.load().then(() => this.inForce())
    this.#inForce = { config, lookUp: this.lookUp(config) }
    return this.#inForce.lookUp
  }

  /** Of a call that ends now, in nano-dollars; undefined where the data or the price is not known. */
  costOf(provider: string, model: string, usage: Usage | undefined): number | undefined {
    if (usage === undefined || !this.#data) return undefined
    const config = this.#config()
    if (this.#priced?.config !== config) this.#priced = { config, catalogue: this.#over(config, this.#data) }
    const price = this.#priced.catalogue.lookup(provider, model)?.price
    return price && priceUsage(price, usage, { atMs: this.#clock.nowMs() }).totalNanoUsd
  }

  #over({ models: settings, providers }: Config, data: CatalogueData): Catalogue {
    const types = Object.fromEntries(Object.entries(providers).map(([name, { type }]) => [name, type]))
    return createCatalogue(data, { settings, types })
  }
}
