/** Gathers the secrets whose age is watched: API keys of the store and of the file, and the providers' credentials. */

import type { Directory } from '../access/directory.ts'
import { declaredKeyId } from '../access/keys.ts'
import type { MarkStore } from '../alerts/port.ts'
import { type AgedSecret, firstSeen } from '../alerts/secret-age.ts'
import type { Config } from '../config/load.ts'

/** A stored key knows its age; of what stands in the configuration, the first look that saw it is all that is known. */
export async function agedSecrets(
  { keys, providers }: Config,
  directory: Directory,
  marks: MarkStore,
  nowMs: number,
): Promise<AgedSecret[]> {
  const found = storedKeys(directory, nowMs)
  for (const { name, secret } of keys) {
    const subject = declaredKeyId(name)
    const sinceMs = await firstSeen(marks, subject, secret.reveal(), nowMs)
    found.push({ org: 'default', kind: 'key-age', subject, name: `The declared key "${name}"`, sinceMs })
  }
  for (const [provider, settings] of Object.entries(providers)) {
    for (const [alias, value] of credentialsOf(settings)) {
      const subject = `${provider}/${alias}`
      const sinceMs = await firstSeen(marks, `credential ${subject}`, value, nowMs)
      const name = `The credential ${alias} of provider ${provider}`
      found.push({ org: 'default', kind: 'credential-age', subject, name, sinceMs })
    }
  }
  return found
}

function storedKeys({ keys }: Directory, nowMs: number): AgedSecret[] {
  const standing = [...keys.values()].filter(
    ({ revokedAtMs, expiresAtMs = Infinity }) => revokedAtMs === undefined && expiresAtMs > nowMs,
  )
  return standing.map(({ org, id, name, createdAtMs, secretAtMs = createdAtMs }) => ({
    org,
    kind: 'key-age',
    subject: id,
    name: `The API key "${name}"`,
    sinceMs: secretAtMs,
  }))
}

/** By the names that records and alerts have for them. */
function credentialsOf(settings: Config['providers'][string]): [alias: string, value: string][] {
  const { apiKey, apiKeys = [], secretAccessKey } = settings
  const several = apiKeys.map(({ key, alias }, at): [string, string] => [
    alias ?? `key-${at + 1}`,
    key.reveal(),
  ])
  if (several.length > 0) return several
  const only = apiKey ?? secretAccessKey
  return only ? [['key-1', only.reveal()]] : []
}
