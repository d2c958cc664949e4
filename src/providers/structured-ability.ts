/** How a target can be made to answer by a schema: its provider's row, and what is known of the model. */

import type { SchemaSubset } from '../schema/subset.ts'
import type { Target } from './provider.ts'
import { schemaSubsets } from './schema-subsets.ts'
import { defaultOffers } from './structured-offer.ts'

export interface StructuredAbility {
  readonly key: string
  readonly subset?: SchemaSubset
  readonly takesJson: boolean
  readonly forcesTool: boolean
}

export function structuredAbility({ provider, model, capabilities }: Target): StructuredAbility {
  const { dialects, structured } = provider.spec
  const { schema, json, forcedTool } = structured ?? defaultOffers[dialects[0]]
  const isNative = schema !== undefined && capabilities?.structuredOutput !== false
  return {
    key: `${provider.name}/${model}`,
    takesJson: json === true,
    forcesTool: forcedTool === true && capabilities?.tools !== false,
    ...(isNative && { subset: schemaSubsets[schema] }),
  }
}
