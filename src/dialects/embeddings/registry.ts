/** All embeddings dialects by id. */

import type { EmbeddingDialectId } from '../../core/embedding.ts'
import { bedrockEmbeddings } from './bedrock.ts'
import { cohereEmbeddings } from './cohere.ts'
import type { EmbeddingDialect } from './embedding-dialect.ts'
import { geminiEmbeddings } from './gemini.ts'
import { ollamaEmbeddings } from './ollama.ts'
import { openaiEmbeddings } from './openai.ts'
import { voyageEmbeddings } from './voyage.ts'

export const embeddingDialects: Readonly<Record<EmbeddingDialectId, EmbeddingDialect>> = {
  'openai-embeddings': openaiEmbeddings,
  'gemini-embeddings': geminiEmbeddings,
  'cohere-embeddings': cohereEmbeddings,
  'voyage-embeddings': voyageEmbeddings,
  'ollama-embeddings': ollamaEmbeddings,
  'bedrock-embeddings': bedrockEmbeddings,
}
