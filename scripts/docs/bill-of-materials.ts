/** A lockfile's production packages as a CycloneDX bill of materials. Pure. */

import { asObject, asString, isObject, type Json, type JsonObject } from '../../src/core/json.ts'

const prefix = 'node_modules/'

/** Throws Error where the lockfile is not of npm's third version. */
export function billOfMaterials(lockfile: unknown): JsonObject {
  const lock = asObject(lockfile)
  const packages = asObject(lock?.['packages'])
  if (lock?.['lockfileVersion'] !== 3 || !packages) throw new Error('not a lockfile of version 3')
  const components = Object.entries(packages)
    .filter(([path]) => path.includes(prefix))
    .flatMap(([path, entry]) => {
      // What is only built or tested with is not shipped.
      if (!isObject(entry) || entry['dev'] === true || entry['devOptional'] === true) return []
      return [toComponent(path.slice(path.lastIndexOf(prefix) + prefix.length), entry)]
    })
  const own = asObject(packages[''])
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: {
      component: {
        type: 'application',
        name: asString(own?.['name']) ?? '',
        version: asString(own?.['version']) ?? '',
      },
    },
    components: unique(components),
  }
}

function toComponent(name: string, entry: JsonObject): JsonObject {
  const version = asString(entry['version']) ?? ''
  const [scope, bare] = name.startsWith('@') ? name.split('/') : [undefined, name]
  const license = asString(entry['license'])
  return {
    type: 'library',
    ...(scope !== undefined && { group: scope }),
    name: bare ?? name,
    version,
    purl: `pkg:npm/${name.replace('@', '%40')}@${version}`,
    scope: entry['optional'] === true ? 'optional' : 'required',
    hashes: hashesOf(asString(entry['integrity']) ?? ''),
    ...(license !== undefined && { licenses: [{ expression: license }] }),
  }
}

/** `sha512-<base64>`, where there are several, all of them. */
function hashesOf(integrity: string): Json[] {
  return integrity.split(' ').flatMap((text) => {
    const match = /^sha(1|256|384|512)-(.+)$/.exec(text)
    if (!match) return []
    return [{ alg: `SHA-${match[1]}`, content: Buffer.from(match[2]!, 'base64').toString('hex') }]
  })
}

/** A package that is installed in several places is one component. */
function unique(components: readonly JsonObject[]): JsonObject[] {
  const byUrl = new Map(components.map((component) => [asString(component['purl']) ?? '', component]))
  return [...byUrl].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, component]) => component)
}
