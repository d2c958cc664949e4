/** Which requests are recorded: compiled once from the settings, asked once per request. */

import { globPattern } from '../core/glob.ts'

type Wish = 'on' | 'off'

export interface PayloadChoice {
  readonly record: Wish
  /** By name; `*` stands for any text. */
  readonly routes: Readonly<Record<string, Wish>>
  readonly keys: Readonly<Record<string, Wish>>
}

export type WantsPayload = (keyName: string, destination: string) => boolean

/** Undefined where nothing is ever recorded. A `no` wins: whoever may not be recorded is not, on whatever route. */
export function compileChoice({ record, routes, keys }: PayloadChoice): WantsPayload | undefined {
  const ofRoute = toLookUp(routes)
  const ofKey = toLookUp(keys)
  const isEverOn = [record, ...Object.values(routes), ...Object.values(keys)].includes('on')
  if (!isEverOn) return undefined
  return (keyName, destination) => {
    const wishes = [ofKey(keyName), ofRoute(destination)]
    if (wishes.includes('off')) return false
    return wishes.includes('on') || record === 'on'
  }
}

function toLookUp(wishes: Readonly<Record<string, Wish>>): (name: string) => Wish | undefined {
  const lines = Object.entries(wishes).map(([glob, wish]) => ({ pattern: globPattern(glob), wish }))
  return (name) => lines.find(({ pattern }) => pattern.test(name))?.wish
}
