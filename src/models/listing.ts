/** The listing of models: limits, modalities and capabilities by provider, and prices where no price list has them. */

import { readFile } from 'node:fs/promises'
import type { ListPrice } from './list-price.ts'
import type { Capabilities, Modality, ReasoningControl } from './model.ts'

/** A row as it stands in `listing.json`; words in a text are separated by spaces. */
export interface ListedModel {
  readonly id: string
  readonly context?: number
  readonly output?: number
  readonly reads?: string
  readonly writes?: string
  readonly can?: string
  readonly cannot?: string
  readonly reasoning?: ReasoningControl
  readonly price?: ListPrice
}

/** By provider type. Made by `scripts/generate-catalogue.ts`. */
export type Listing = Readonly<Record<string, readonly ListedModel[]>>

/** Reads the listing that stands beside this file. */
export async function readListing(): Promise<Listing> {
  return JSON.parse(await readFile(new URL('listing.json', import.meta.url), 'utf8')) as Listing
}

/** Words to modalities: the generator writes no others. */
export function modalities(words: string | undefined): readonly Modality[] | undefined {
  return words === undefined ? undefined : (words.split(' ') as Modality[])
}

export function capabilities({ can, cannot, reasoning }: ListedModel): Capabilities {
  const known: Record<string, boolean | ReasoningControl> = {}
  for (const name of cannot?.split(' ') ?? []) known[name] = false
  for (const name of can?.split(' ') ?? []) known[name] = true
  if (reasoning !== undefined) known['reasoning'] = reasoning
  return known
}
