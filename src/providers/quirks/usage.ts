/** Patches of usage blocks that stand elsewhere. */

import { asObject, type JsonObject } from '../../core/json.ts'

export function usageFromXGroq(chunk: JsonObject): JsonObject {
  const usage = asObject(asObject(chunk['x_groq'])?.['usage'])
  return usage === undefined || asObject(chunk['usage']) !== undefined ? chunk : { ...chunk, usage }
}
