/** All embeddings dialects by id. */

import type { EmbeddingDialectId } from '../../core/embedding.ts'
import type { EmbeddingDialect } from './embedding-dialect.ts'
import { geminiEmbeddings } from './gemini.ts'
import { openaiEmbeddings } from './openai.ts'

export const embeddingDialects: Readonly<Record<EmbeddingDialectId, EmbeddingDialect>> = {
  'openai-embeddings': openaiEmbeddings,
  'gemini-embeddings': geminiEmbeddings,
}
