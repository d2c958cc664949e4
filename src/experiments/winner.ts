/** The route that an arm stands for: what becomes its revision when the arm has won. */

import { asArray, asObject, asString, type Json, type JsonObject } from '../core/json.ts'

/** The settings of the route without its experiment, as the arm has them. Undefined where it has no such arm. */
export function settingsOfArm(settings: JsonObject, arm: string): JsonObject | undefined {
  const { experiment, ...route } = settings
  const found = asArray(asObject(experiment)?.['arms'])
    .map(asObject)
    .find((candidate) => candidate?.['name'] === arm)
  if (!found) return undefined
  const own = asArray(route['targets'])
  const named = asArray(found['targets']).map(asString)
  const first = named.map((name): Json => own.find((target) => nameOf(target) === name) ?? { target: name! })
  const parameters = { ...asObject(route['parameters']), ...asObject(found['parameters']) }
  return {
    ...route,
    strategy: 'ordered',
    targets: [...first, ...own.filter((target) => !named.includes(nameOf(target)))],
    ...(found['prompt'] !== undefined && { prompt: found['prompt'] }),
    ...(Object.keys(parameters).length > 0 && { parameters }),
  }
}

function nameOf(target: Json): string | undefined {
  return asString(target) ?? asString(asObject(target)?.['target'])
}
