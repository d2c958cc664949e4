/** Enforces the arrows between the folders of `src` (docs/principles.md), type imports included. */

import { readdirSync, readFileSync } from 'node:fs'
import { basename, join, posix, resolve, sep } from 'node:path'

interface Layer {
  /** What it may import besides itself; `x:port` allows only the `port.ts` files of x. */
  readonly may: readonly string[]
  /** No package and no `node:` module either: pure computation over its arguments. */
  readonly isPure?: true
}

/** Imported by anyone right of core; imports no feature. */
const ground = [
  'admin',
  'config',
  'models',
  'tokens',
  'schema',
  'records',
  'payloads',
  'detectors',
  'housekeeping',
  'telemetry',
  'alerts',
  'audit',
  'judgement',
  'rollout',
]
/** Never import each other; only gateway, main and cli import them. */
const features = [
  'access',
  'ledger',
  'limits',
  'cache',
  'structured',
  'guardrails',
  'batch',
  'evals',
  'drift',
  'secrets',
  'stored',
  'idempotency',
  'experiments',
  'feedback',
  'shadow',
]
/** The data path from the wire inwards: each may import those left of it. */
const path = ['core', 'framing', 'dialects', 'providers', 'upstream', 'routing', 'gateway', 'http']

const leftOf = (name: string): string[] => path.slice(0, path.indexOf(name))
const ports = [...ground, ...features].map((name) => `${name}:port`)
const each = (names: readonly string[], layer: Layer): Record<string, Layer> =>
  Object.fromEntries(names.map((name) => [name, layer]))

/** One row per folder (or single file) of `src`. A new folder needs a row: decide what it may import. */
const layers: Readonly<Record<string, Layer>> = {
  core: { may: [], isPure: true },
  framing: { may: ['core'], isPure: true },
  dialects: { may: ['core', 'framing'], isPure: true },
  providers: { may: [...leftOf('providers'), ...ground] },
  upstream: { may: [...leftOf('upstream'), ...ground] },
  routing: { may: [...leftOf('routing'), ...ground] },
  gateway: { may: [...leftOf('gateway'), ...ground, ...features] },
  http: { may: [...leftOf('http'), ...ground] },
  ...each(ground, { may: ['core', ...ground] }),
  ...each(features, { may: ['core', ...ground] }),
  storage: { may: ['core', ...ports] },
  simulator: { may: ['core', 'framing'] },
  compose: { may: [...path, ...ground, ...features, 'storage', 'simulator'] },
  main: { may: [...path, ...ground, ...features, 'storage', 'simulator', 'compose'] },
  cli: { may: ['main', 'compose', ...path, ...ground, ...features, 'simulator'] },
}

interface Import {
  readonly specifier: string
  readonly line: number
}

/**
 * Reads the imports of a formatted source file. A whole parser is not needed: the formatter puts every static
 * import's `from` on a line that starts with `import`, `export` or `}`, and comment lines start with `*` or `//`.
 */
function importsOf(source: string): Import[] {
  const patterns = [
    /^\s*(?:import|export|\})[^'"`]*?\bfrom\s+'([^']+)'/,
    /^\s*import\s+'([^']+)'/,
    /^(?!\s*(?:\*|\/\/|\/\*)).*\bimport\(\s*'([^']+)'/,
  ]
  return source.split('\n').flatMap((text, index) => {
    const match = patterns.map((pattern) => pattern.exec(text)).find((found) => found !== null)
    return match?.[1] === undefined ? [] : [{ specifier: match[1], line: index + 1 }]
  })
}

const layerOf = (file: string): string => (file.split('/')[0] ?? file).replace(/\.ts$/, '')

/** The fault of one import of one file, or nothing. Paths are relative to `src`, with forward slashes. */
function faultOf(file: string, specifier: string, layer: Layer): string | undefined {
  if (!specifier.startsWith('.')) {
    return layer.isPure ? `${layerOf(file)} is pure and imports no package or node: module` : undefined
  }
  const target = posix.normalize(posix.join(posix.dirname(file), specifier))
  if (!target.endsWith('.ts')) return undefined
  if (target.startsWith('..')) return 'src imports nothing outside src'
  if (target.endsWith('.test.ts')) return 'nothing imports a test'
  const from = layerOf(file)
  const to = layerOf(target)
  if (from === to || layer.may.includes(to)) return undefined
  if (layer.may.includes(`${to}:port`)) {
    return basename(target) === 'port.ts' ? undefined : `${from} sees of ${to} only its port.ts`
  }
  return `${from} may not import ${to}`
}

/** Every file that reaches itself through imports, as the path of one such ring each. */
function ringsIn(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const rings: string[] = []
  const done = new Set<string>()
  const visit = (file: string, trail: readonly string[]): void => {
    const start = trail.indexOf(file)
    if (start >= 0) rings.push([...trail.slice(start), file].join(' -> '))
    if (start >= 0 || done.has(file)) return
    for (const next of graph.get(file) ?? []) visit(next, [...trail, file])
    done.add(file)
  }
  for (const file of graph.keys()) visit(file, [])
  return rings
}

/**
 * Lists the faults of the source tree in `folder` as `file:line: fault` lines; empty when the arrows hold.
 * Tests stand above the arrows: they may import anything, and nothing may import them.
 */
export function checkLayers(folder: string): string[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((file) => file.split(sep).join('/'))
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .toSorted()
  const faults: string[] = []
  const graph = new Map<string, string[]>()
  for (const file of files) {
    if (basename(file) === 'index.ts') faults.push(`${file}: a barrel; import the file that owns the name`)
    const layer = layers[layerOf(file)]
    if (layer === undefined) {
      faults.push(`${file}: ${layerOf(file)} has no row; say in scripts/check-layers.ts what it may import`)
      continue
    }
    const imports = importsOf(readFileSync(join(folder, file), 'utf8'))
    for (const { specifier, line } of imports) {
      const fault = faultOf(file, specifier, layer)
      if (fault !== undefined) faults.push(`${file}:${line}: ${fault} ('${specifier}')`)
    }
    const local = imports.filter(({ specifier }) => specifier.startsWith('.'))
    graph.set(
      file,
      local.map(({ specifier }) => posix.join(posix.dirname(file), specifier)),
    )
  }
  return [...faults, ...ringsIn(graph).map((ring) => `import cycle: ${ring}`)]
}

if (process.argv[1] === import.meta.filename) {
  const faults = checkLayers(resolve(import.meta.dirname, '../src'))
  for (const fault of faults) console.error(`src/${fault}`)
  process.exitCode = faults.length === 0 ? 0 : 1
}
