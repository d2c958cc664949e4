/** Converts a promptfoo configuration into a suite, and lists all that a suite cannot carry. */

import { parseConfigDocument } from '../../config/document.ts'
import { type Fault, type Path, quote } from '../../config/fault.ts'
import { asArray, asObject, asString, type Json, type JsonObject } from '../../core/json.ts'
import { defaultCaseId } from './case-id.ts'
import { suiteSettings } from './settings.ts'

export interface Imported {
  /** A suite that the schema accepts. */
  readonly suite: JsonObject
  /** What was left out, each with its place in the file. */
  readonly left: readonly Fault[]
}

type Container = Record<string | number, unknown>

/** Throws where the text is no YAML; the message says where. `writesIds`: cases get the ids they would have anyway. */
export function importPromptfoo(text: string, { writesIds }: { readonly writesIds: boolean }): Imported {
  const document = parseConfigDocument(text)
  const [broken] = document.faults
  if (broken) throw new Error(`line ${broken.line ?? 1}: ${broken.message}`)
  const root = structuredClone(asObject(document.value) ?? {}) as Record<string, unknown>
  const left: Fault[] = []
  const origins = new WeakMap<object, Path>()
  remember(root, [], origins)
  const leave = (path: Path, message: string, mend: string): void => {
    left.push(document.place({ path, message, mend }))
  }
  renameKeys(root)
  root['providers'] = providersOf(root['providers'], leave)
  moveJudge(root, leave)
  leaveFiles(root, leave)
  prune(root, origins, leave)
  if (writesIds) writeIds(root)
  const suite = Object.fromEntries(
    Object.entries(root).filter(([, value]) => value !== undefined),
  ) as JsonObject
  return { suite, left }
}

type Leave = (path: Path, message: string, mend: string) => void

/** Where each piece stood in the file: pruning moves the entries of lists. */
function remember(value: unknown, path: Path, origins: WeakMap<object, Path>): void {
  if (typeof value !== 'object' || value === null) return
  origins.set(value, path)
  for (const [key, member] of Object.entries(value)) {
    remember(member, [...path, Array.isArray(value) ? Number(key) : key], origins)
  }
}

/** Names that promptfoo has two of. */
function renameKeys(root: Record<string, unknown>): void {
  if (root['targets'] !== undefined && root['providers'] === undefined) root['providers'] = root['targets']
  delete root['targets']
}

/** The first part of a provider's id, and what Weir's configuration usually calls it. */
const providerNames: Readonly<Record<string, string>> = {
  openai: 'openai',
  anthropic: 'claude',
  google: 'google',
  vertex: 'google',
  mistral: 'mistral',
  groq: 'groq',
  deepseek: 'deepseek',
  openrouter: 'openrouter',
  xai: 'xai',
  azure: 'azure',
  azureopenai: 'azure',
  bedrock: 'bedrock',
  ollama: 'ollama',
  cohere: 'cohere',
  togetherai: 'together',
}
/** The kind of the call, which a target's name does not hold. */
const callKinds = new Set(['chat', 'messages', 'completion', 'responses', 'embedding', 'embeddings'])

/** `openai:chat:gpt-5` is `openai/gpt-5`; undefined for programs and other services. */
function targetOf(id: string): string | undefined {
  const [service = '', ...rest] = id.split(':')
  const provider = providerNames[service]
  if (provider === undefined) return id.includes('/') && !id.includes(':') ? id : undefined
  const model = (callKinds.has(rest[0] ?? '') ? rest.slice(1) : rest).join(':')
  return model === '' ? undefined : `${provider}/${model}`
}

function providersOf(given: unknown, leave: Leave): unknown {
  if (given === undefined) return undefined
  const list = Array.isArray(given) ? (given as unknown[]) : [given]
  const targets = list.flatMap((entry, index): unknown[] => {
    const path = Array.isArray(given) ? ['providers', index] : ['providers']
    const own = asObject(entry)
    // `{ 'openai:gpt-5': { config } }` is a third way to write one.
    const [key = '', settings] = own && own['id'] === undefined ? (Object.entries(own)[0] ?? []) : []
    const { id = key, label, config, ...rest } = { ...own, ...asObject(settings) }
    const name = typeof entry === 'string' ? entry : asString(id)
    const target = name === undefined ? undefined : targetOf(name)
    if (target === undefined) {
      leave(path, `the provider ${quote(name ?? '')}`, 'Name a route or `provider/model` of the gateway.')
      return []
    }
    for (const other of Object.keys(rest)) {
      if (other !== key) leave([...path, other], `${quote(other)} of a provider`, 'Set it in the gateway.')
    }
    if (typeof entry === 'string' || (label === undefined && config === undefined)) return [target]
    return [
      { target, ...(label !== undefined && { label }), ...(config !== undefined && { params: config }) },
    ]
  })
  return targets.length === 0 ? undefined : targets
}

/** promptfoo names the judge in the options of the default test. */
function moveJudge(root: Record<string, unknown>, leave: Leave): void {
  const options = asObject(asObject(root['defaultTest'])?.['options']) as Container | undefined
  const provider = options?.['provider']
  if (options === undefined || provider === undefined) return
  delete options['provider']
  const id =
    asString(provider) ??
    asString(asObject(provider as Json)?.['id']) ??
    asString(asObject(provider as Json)?.['text'])
  const target = id === undefined ? undefined : targetOf(id)
  if (target === undefined)
    leave(['defaultTest', 'options', 'provider'], 'the judge', 'Name it as `judge.target`.')
  else root['judge'] = { target }
}

/** Cases and prompts that only a program or a service can give. */
function leaveFiles(root: Record<string, unknown>, leave: Leave): void {
  for (const name of ['tests', 'prompts']) {
    const given = root[name]
    const list = Array.isArray(given) ? (given as unknown[]) : given === undefined ? [] : [given]
    const kept = list.filter((entry, index) => {
      if (typeof entry !== 'string' || isReadable(entry, name)) return true
      leave(
        Array.isArray(given) ? [name, index] : [name],
        `${name} from ${quote(entry)}`,
        'Write them out into a file.',
      )
      return false
    })
    if (kept.length < list.length) root[name] = kept.length === 0 ? undefined : kept
    else if (name === 'tests' && typeof given === 'string' && !given.startsWith('file://'))
      root[name] = `file://${given}`
  }
}

function isReadable(entry: string, name: string): boolean {
  if (/\.(?:py|js|cjs|mjs|ts|rb|sh|xlsx)(?::\w+)?$/.test(entry)) return false
  return name !== 'tests' || !/^(?:https?|huggingface|exec|az|s3):\/\//.test(entry)
}

/** Leaves out what the schema does not know, from the inside out, until it accepts the rest. */
function prune(root: Record<string, unknown>, origins: WeakMap<object, Path>, leave: Leave): void {
  for (let round = 0; round < 1_000; round++) {
    const result = suiteSettings.safeParse(root)
    if (result.success) return
    const [issue] = result.error.issues
    if (issue === undefined) return
    const inner = innermost(issue)
    const path = inner.path
    if (inner.keys.length > 0) {
      const owner = at(root, path)
      for (const key of inner.keys) {
        leave([...(origins.get(owner) ?? path), key], `the key ${quote(key)}`, 'A suite has nothing like it.')
        delete owner[key]
      }
      continue
    }
    leaveOut(root, path, origins, leave)
  }
}

interface Inner {
  readonly path: (string | number)[]
  readonly keys: readonly string[]
}

interface AnyIssue {
  readonly code?: string
  readonly path: readonly PropertyKey[]
  readonly keys?: readonly string[]
  readonly errors?: readonly (readonly AnyIssue[])[]
}

/** The issue within a union that goes deepest is the one that the writer meant. */
function innermost(issue: AnyIssue, base: readonly (string | number)[] = []): Inner {
  const path = [...base, ...issue.path.map((part) => (typeof part === 'number' ? part : String(part)))]
  const options = (issue.errors ?? []).flat().map((error) => innermost(error, path))
  const deepest = options.toSorted((a, b) => b.path.length + b.keys.length - a.path.length - a.keys.length)[0]
  return deepest ?? { path, keys: issue.code === 'unrecognized_keys' ? (issue.keys ?? []) : [] }
}

function at(root: Container, path: readonly (string | number)[]): Container {
  let found: Container = root
  for (const part of path) found = found[part] as Container
  return found
}

/** An assertion whose type is unknown goes as a whole; of anything else, the member at fault. */
function leaveOut(
  root: Container,
  path: (string | number)[],
  origins: WeakMap<object, Path>,
  leave: Leave,
): void {
  const isType = path.at(-1) === 'type' && path.at(-2) !== 'response_format'
  const target = isType ? path.slice(0, -1) : path
  const owner = at(root, target.slice(0, -1))
  const key = target.at(-1)!
  const value = owner[key]
  const type = isType ? asString(asObject(value as Json)?.['type']) : undefined
  const ownPath = typeof value === 'object' && value !== null ? origins.get(value) : undefined
  leave(
    ownPath ?? [...(origins.get(owner) ?? target.slice(0, -1)), key],
    type === undefined ? `the value of ${quote(String(key))}` : `the assertion ${quote(type)}`,
    type === undefined
      ? 'A suite takes no such value here.'
      : 'Write it as one that Weir has, or as `javascript` or `webhook`.',
  )
  if (Array.isArray(owner)) (owner as unknown[]).splice(Number(key), 1)
  else delete owner[key]
}

function writeIds(root: Record<string, unknown>): void {
  if (!Array.isArray(root['tests'])) return
  root['tests'] = (root['tests'] as unknown[]).map((entry) => {
    const test = asObject(entry as Json)
    if (test === undefined || test['id'] !== undefined) return entry
    const vars = asObject(test['vars']) ?? {}
    // Lists of vars make several cases: each gets its own id when the suite is loaded.
    if (Object.values(vars).some((value) => asArray(value).length > 0)) return entry
    return { id: defaultCaseId({ vars, turns: test['turns'] ?? [] }), ...test }
  })
}
