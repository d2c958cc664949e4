/** Loads the configuration: file, environment and command line become one frozen snapshot, or a list of faults. */

import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { type ConfigDocument, parseConfigDocument } from './document.ts'
import { ConfigError, type Fault, type Finding, formatPath, type Path } from './fault.ts'
import { chooseProviders, type KnownProviders, type ProviderChoice } from './providers.ts'
import { readPrompts } from './prompts.ts'
import { checkReferences } from './references.ts'
import { checkSecrets, resolveSecrets, type Resolved } from './resolve.ts'
import { dataSetting, type Settings } from './schema.ts'
import { type Environment, type ReadRemote, SecretRef, type SecretSources } from './secret-ref.ts'
import { checkShape } from './shape.ts'
import { writtenPaths } from './written.ts'

/** The file that is read when none is named, in the working folder. */
export const defaultConfigFile = 'weir.yaml'

/** What the gateway runs on: checked, complete, frozen throughout. A reload makes a new one. */
export type Config = Resolved<Omit<Settings, 'data' | 'providers' | 'allowPlaintextSecrets'>> & {
  /** Absolute. */
  readonly dataDir: string
  readonly providers: Readonly<Record<string, Resolved<ProviderChoice>>>
  /** Absolute path of the file; absent where there is none. */
  readonly file?: string
  /**
   * Absolute paths of all that was read, the file first; where there is none, the one that would be read. A change of
   * any of them is a reason to reload.
   */
  readonly sources: readonly string[]
  /** The settings that the file itself has, by their paths. */
  readonly written: readonly Path[]
}

/** Where the database is, for secrets that are kept in it. */
export interface StorePlace {
  readonly dataDir: string
  /** Its setting, whose own secret is read when this is called. Rejects with ConfigError. */
  store(): Promise<Config['store']>
}

export interface LoadOptions {
  /** Named by the caller: it must exist. Without it, `weir.yaml` in `folder` is read if it is there. */
  readonly file?: string
  /** The working folder, absolute. */
  readonly folder: string
  readonly env: Environment
  readonly known: KnownProviders
  /** Opens the services that keep secrets. Absent: only `env:` and `file:` can be read. */
  readonly openReferences?: (settings: Config['secrets'], place: StorePlace) => ReadRemote
  readonly onReference?: SecretSources['onReference']
  /** From the command line: they win over the file, and over its next version. */
  readonly overrides?: { readonly host?: string; readonly port?: number; readonly dataDir?: string }
}

export type LoadResult =
  | { readonly ok: true; readonly config: Config }
  /** `file` is the one that the faults are of, where there is one. */
  | { readonly ok: false; readonly faults: readonly Fault[]; readonly file?: string }

/** Reads and checks everything. Expected failures are the answer's faults; it throws for none of them. */
export async function loadConfig(options: LoadOptions): Promise<LoadResult> {
  const source = await readSource(options)
  if ('fault' in source) return { ok: false, faults: [source.fault], file: source.file }
  const { file, document } = source
  const folder = file === undefined ? options.folder : dirname(file)

  function refuse(faults: readonly Fault[]): LoadResult {
    return file === undefined ? { ok: false, faults } : { ok: false, faults, file }
  }

  if (document.faults.length > 0) return refuse(document.faults)
  const shape = checkShape(document.value)
  if ('findings' in shape) return refuse(shape.findings.map(document.place))
  const { settings } = shape

  const providers = chooseProviders(settings.providers, options.known, options.env)
  const findings = checkReferences(settings, providers, options.known)
  const { data, allowPlaintextSecrets, secrets, ...sections } = settings
  const prompts = await readPrompts(settings.routes, folder, findings)
  const { host = sections.server.host, port = sections.server.port, dataDir } = options.overrides ?? {}
  const unresolved = {
    ...sections,
    routes: prompts.routes,
    server: { ...sections.server, host, port },
    providers,
  }
  const sources = {
    env: options.env,
    folder,
    allowPlaintext: allowPlaintextSecrets,
    ...(options.onReference && { onReference: options.onReference }),
  }
  // How to sign in where secrets are kept is read first, and cannot itself be kept there.
  const known = findings.length
  const services = await resolveSecrets(secrets, sources, findings, ['secrets'])
  if (findings.length > known) return refuse(findings.map(document.place))
  const place: StorePlace = {
    dataDir: dataDir === undefined ? resolve(folder, data) : resolve(options.folder, dataDir),
    store: () => readStore(sections.store, allSources, source),
  }
  const readRemote = options.openReferences?.(services, place)
  const allSources = { ...sources, ...(readRemote && { readRemote }) }
  const resolved = { ...(await resolveSecrets(unresolved, allSources, findings)), secrets: services }
  if (findings.length === 0) findings.push(...checkSecrets(resolved))
  if (findings.length > 0) return refuse(findings.map(document.place))
  const config: Config = {
    ...resolved,
    dataDir: place.dataDir,
    ...(file === undefined ? {} : { file }),
    sources: Object.freeze([
      file ?? resolve(folder, defaultConfigFile),
      ...secretFiles([unresolved, secrets], folder),
      ...prompts.files,
    ]),
    written: Object.freeze(writtenPaths(document.value).map((path) => Object.freeze(path))),
  }
  return { ok: true, config: Object.freeze(config) }
}

async function readStore(
  setting: Settings['store'],
  sources: SecretSources,
  { document, file }: ReadSource,
): Promise<Config['store']> {
  const findings: Finding[] = []
  const { store } = await resolveSecrets({ store: setting }, sources, findings)
  if (findings.length > 0) throw new ConfigError(findings.map(document.place), file)
  return store
}

/**
 * The absolute data directory, and nothing else of the file: a command beside a running gateway may lack the
 * environment that the rest of it needs. Throws ConfigError.
 */
export async function readDataDir(options: SourceOptions): Promise<string> {
  const source = await readSource(options)
  if ('fault' in source) throw new ConfigError([source.fault], source.file)
  const { file, document } = source
  if (document.faults.length > 0) throw new ConfigError(document.faults, file)
  const checked = dataSetting.safeParse((document.value as { data?: unknown }).data)
  if (checked.success) return resolve(file === undefined ? options.folder : dirname(file), checked.data)
  const finding: Finding = { path: ['data'], message: 'not a folder', mend: 'Write the path of a folder.' }
  throw new ConfigError([document.place(finding)], file)
}

type SourceOptions = Pick<LoadOptions, 'file' | 'folder'>

interface ReadSource {
  readonly file?: string
  readonly document: ConfigDocument
}

type Source = ReadSource | { readonly file: string; readonly fault: Fault }

async function readSource(options: SourceOptions): Promise<Source> {
  const file = resolve(options.folder, options.file ?? defaultConfigFile)
  try {
    return { file, document: parseConfigDocument(await readFile(file, 'utf8')) }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    if (code === 'ENOENT' && options.file === undefined) return { document: parseConfigDocument('') }
    const finding: Finding = {
      path: [],
      message: `the file cannot be read (${code})`,
      mend: 'Name a readable file with `--config`.',
    }
    return { file, fault: { ...finding, path: formatPath(finding.path) } }
  }
}

/** Absolute paths of the files that secrets come from. */
function secretFiles(value: unknown, folder: string): string[] {
  if (value instanceof SecretRef) {
    return value.source.kind === 'file' ? [resolve(folder, value.source.path)] : []
  }
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap((member) => secretFiles(member, folder))
}
