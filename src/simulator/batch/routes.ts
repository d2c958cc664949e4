/** Which paths are those of the providers' APIs for batches. */

export interface BatchRoute {
  readonly provider: string
  readonly api: 'openai' | 'mistral' | 'anthropic' | 'gemini'
  readonly action:
    | 'upload'
    | 'file'
    | 'content'
    | 'delete'
    | 'create'
    | 'list'
    | 'look'
    | 'cancel'
    | 'results'
  /** Of a file or a batch. */
  readonly id: string
  /** Of a creation whose model is in its path. */
  readonly model: string
  readonly query: URLSearchParams
}

const paths: readonly (readonly [
  method: string,
  path: RegExp,
  api: BatchRoute['api'],
  action: BatchRoute['action'],
])[] = [
  ['POST', /\/files$/, 'openai', 'upload'],
  ['GET', /\/files\/(?<id>[\w-]+)$/, 'openai', 'file'],
  ['GET', /\/files\/(?<id>[\w-]+)\/content$/, 'openai', 'content'],
  ['DELETE', /\/files\/(?<id>[\w-]+)$/, 'openai', 'delete'],
  ['POST', /\/batch\/jobs$/, 'mistral', 'create'],
  ['GET', /\/batch\/jobs$/, 'mistral', 'list'],
  ['GET', /\/batch\/jobs\/(?<id>[\w-]+)$/, 'mistral', 'look'],
  ['POST', /\/batch\/jobs\/(?<id>[\w-]+)\/cancel$/, 'mistral', 'cancel'],
  ['POST', /\/messages\/batches$/, 'anthropic', 'create'],
  ['GET', /\/messages\/batches$/, 'anthropic', 'list'],
  ['GET', /\/messages\/batches\/(?<id>[\w-]+)$/, 'anthropic', 'look'],
  ['GET', /\/messages\/batches\/(?<id>[\w-]+)\/results$/, 'anthropic', 'results'],
  ['POST', /\/messages\/batches\/(?<id>[\w-]+)\/cancel$/, 'anthropic', 'cancel'],
  ['DELETE', /\/messages\/batches\/(?<id>[\w-]+)$/, 'anthropic', 'delete'],
  ['POST', /\/models\/(?<model>.+):batchGenerateContent$/, 'gemini', 'create'],
  ['GET', /\/v1beta\/batches$/, 'gemini', 'list'],
  ['GET', /\/v1beta\/batches\/(?<id>[\w-]+)$/, 'gemini', 'look'],
  ['POST', /\/v1beta\/batches\/(?<id>[\w-]+):cancel$/, 'gemini', 'cancel'],
  ['DELETE', /\/v1beta\/batches\/(?<id>[\w-]+)$/, 'gemini', 'delete'],
  ['POST', /\/batches$/, 'openai', 'create'],
  ['GET', /\/batches$/, 'openai', 'list'],
  ['GET', /\/batches\/(?<id>[\w-]+)$/, 'openai', 'look'],
  ['POST', /\/batches\/(?<id>[\w-]+)\/cancel$/, 'openai', 'cancel'],
]

export function batchRouteOf(method: string, target: string): BatchRoute | undefined {
  const [path = '', query = ''] = target.split('?', 2)
  for (const [known, pattern, api, action] of paths) {
    if (known !== method) continue
    const match = pattern.exec(path)
    if (!match) continue
    const { id = '', model = '' } = match.groups ?? {}
    const provider = path.split('/')[1] ?? ''
    return { provider, api, action, id, model, query: new URLSearchParams(query) }
  }
  return undefined
}
