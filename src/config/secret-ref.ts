/** Secret references: `env:NAME` and `file:/path` in place of a value, and how they become the value. */

import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { Secret } from '../core/secret.ts'

type Source =
  | { readonly kind: 'env'; readonly name: string }
  | { readonly kind: 'file'; readonly path: string }
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

const knownKinds = '`env:NAME` and `file:/path`'

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
  // The scheme is not repeated: a plain secret may happen to contain a colon.
  return { message: 'not a known kind of secret reference', mend: `Known references: ${knownKinds}.` }
}

export interface SecretSources {
  readonly env: Environment
  /** Folder against which a relative `file:` path is resolved. */
  readonly folder: string
  readonly allowPlaintext: boolean
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
