/** Secret references: `env:NAME`, `file:/path` or a place in a vault in place of a value, and how they become the value. */

import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { Secret } from '../core/secret.ts'

/** Where secrets are kept outside of this machine, by the scheme of their references. */
export type RemoteScheme = keyof typeof remoteForms

/** A secret that another service keeps. */
export interface RemoteRef {
  readonly kind: 'remote'
  readonly scheme: RemoteScheme
  readonly name: string
  /** The member of it that is meant, where it is a record. */
  readonly field?: string
}

type Source =
  | { readonly kind: 'env'; readonly name: string }
  | { readonly kind: 'file'; readonly path: string }
  | RemoteRef
  /** Written out in the file. Refused unless the file allows it. */
  | { readonly kind: 'plain'; readonly secret: Secret }
  /** Written out in a place that need not be secret. */
  | { readonly kind: 'open'; readonly secret: Secret }

/** Where a secret of the configuration comes from. A class, so that it is told apart from plain settings. */
export class SecretRef {
  readonly source: Source

  constructor(source: Source) {
    this.source = source
  }
}

/** What is wrong with a value, and how to mend it. Neither text ever holds the value. */
export interface Complaint {
  readonly message: string
  readonly mend: string
}

/** What may stand behind each scheme; the last two groups are the name and, after `#`, the field. */
const remoteForms = {
  vault: { form: /^([\w.@+=-]+(?:\/[\w.@+=-]+)+)#(.+)$/, example: 'vault:secret/data/llm#openai' },
  'aws-sm': { form: /^([\w/+=.@:-]+)(?:#(.+))?$/, example: 'aws-sm:prod/llm#openai' },
  'aws-ssm': { form: /^([\w/.:-]+)(?:#(.+))?$/, example: 'aws-ssm:/prod/openai' },
  'gcp-sm': {
    form: /^(projects\/[\w.:-]+\/(?:locations\/[\w-]+\/)?secrets\/[\w-]+(?:\/versions\/\w+)?)(?:#(.+))?$/,
    example: 'gcp-sm:projects/p/secrets/openai',
  },
  'azure-kv': {
    form: /^([A-Za-z0-9-]{3,24}\/[A-Za-z0-9-]{1,127}(?:\/[0-9a-f]{32})?)(?:#(.+))?$/,
    example: 'azure-kv:my-vault/openai',
  },
  stored: { form: /^([A-Za-z0-9][A-Za-z0-9._-]{0,63})(?:#(.+))?$/, example: 'stored:openai' },
} as const

const remoteSchemes = Object.keys(remoteForms) as readonly RemoteScheme[]
const schemes: readonly string[] = ['env', 'file', ...remoteSchemes]
const knownKinds = '`env:NAME`, `file:/path`, ' + remoteSchemes.map((scheme) => `\`${scheme}:\``).join(', ')

/** Does the text begin like a secret reference? Of settings that need not be secret. */
export function looksLikeReference(text: string): boolean {
  return schemes.some((scheme) => text.startsWith(`${scheme}:`))
}

/** Reads the text of a secret setting. A text with a scheme that is not known is a complaint. */
export function parseSecretRef(text: string): SecretRef | Complaint {
  const scheme = /^([a-z][a-z0-9-]*):/.exec(text)?.[1]
  if (scheme === undefined) return new SecretRef({ kind: 'plain', secret: new Secret(text) })
  const rest = text.slice(scheme.length + 1)
  if (scheme === 'env' && /^[A-Za-z_]\w*$/.test(rest)) return new SecretRef({ kind: 'env', name: rest })
  if (scheme === 'file' && rest !== '') return new SecretRef({ kind: 'file', path: rest })
  if (scheme === 'env' || scheme === 'file') {
    return { message: `the reference \`${scheme}:\` names nothing`, mend: `Known references: ${knownKinds}.` }
  }
  if (isRemoteScheme(scheme)) return parseRemoteRef(scheme, rest)
  // The scheme is not repeated: a plain secret may happen to contain a colon.
  return { message: 'not a known kind of secret reference', mend: `Known references: ${knownKinds}.` }
}

function isRemoteScheme(scheme: string): scheme is RemoteScheme {
  return Object.hasOwn(remoteForms, scheme)
}

function parseRemoteRef(scheme: RemoteScheme, rest: string): SecretRef | Complaint {
  const { form, example } = remoteForms[scheme]
  const [, name, field] = form.exec(rest) ?? []
  const leavesItsFolder = name?.split('/').some((segment) => segment === '.' || segment === '..')
  if (name === undefined || leavesItsFolder) {
    return { message: `not a reference of the kind \`${scheme}:\``, mend: `Write it like \`${example}\`.` }
  }
  return new SecretRef({ kind: 'remote', scheme, name, ...(field !== undefined && { field }) })
}

/** The reference as it is written; nothing of a value that stands in its place. */
export function formatSecretRef({ source }: SecretRef): string {
  switch (source.kind) {
    case 'env':
      return `env:${source.name}`
    case 'file':
      return `file:${source.path}`
    case 'remote':
      return `${source.scheme}:${source.name}${source.field === undefined ? '' : `#${source.field}`}`
    case 'plain':
    case 'open':
      return '(written out)'
  }
}

/** Reads a secret that another service keeps. Never rejects. */
export type ReadRemote = (ref: RemoteRef) => Promise<Secret | Complaint>

export interface SecretSources {
  readonly env: Environment
  /** Folder against which a relative `file:` path is resolved. */
  readonly folder: string
  readonly allowPlaintext: boolean
  /** Absent where no other service may be asked. */
  readonly readRemote?: ReadRemote
  /** Told of each reference that was read. */
  readonly onReference?: (read: ReferenceRead) => void
}

/** What became of one reference of the file; nothing of its value. */
export interface ReferenceRead {
  readonly path: readonly (string | number)[]
  readonly ref: SecretRef
  /** Absent where it led to a value. */
  readonly fault?: Complaint
}

/** Environment variables by name; an unset one is undefined. */
export type Environment = Readonly<Record<string, string | undefined>>

/** The value that a reference names, without surrounding white space, or what is wrong with it. */
export async function resolveSecret(ref: SecretRef, sources: SecretSources): Promise<Secret | Complaint> {
  const { source } = ref
  switch (source.kind) {
    case 'env': {
      const value = sources.env[source.name]?.trim()
      if (value) return new Secret(value)
      return {
        message: `the environment variable ${source.name} is ${value === undefined ? 'not set' : 'empty'}`,
        mend: `Set ${source.name} before starting, or name another source.`,
      }
    }
    case 'file':
      return readSecretFile(resolve(sources.folder, source.path))
    case 'remote':
      return sources.readRemote === undefined
        ? {
            message: `a reference \`${source.scheme}:\` cannot stand here`,
            mend: 'Write `env:NAME` or `file:/path`.',
          }
        : sources.readRemote(source)
    case 'open':
      return source.secret
    case 'plain':
      if (sources.allowPlaintext) return source.secret
      return {
        message: 'a secret is written out in the file',
        mend: 'Write `env:NAME` or `file:/path` in its place, or set `allowPlaintextSecrets: true` at the top.',
      }
  }
}

async function readSecretFile(path: string): Promise<Secret | Complaint> {
  const mend = 'Name a readable file that holds the secret alone.'
  try {
    const value = (await readFile(path, 'utf8')).trim()
    return value === '' ? { message: `the file ${path} is empty`, mend } : new Secret(value)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
    return { message: `the file ${path} cannot be read (${code})`, mend }
  }
}
