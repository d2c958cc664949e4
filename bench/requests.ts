/** What the load asks for and what a complete answer is, so that a fast gateway that breaks answers cannot win. */

/** One request, and the answer that it must get. */
export interface Request {
  readonly body: string
  /** Throws Error, saying what is missing, unless `answer` is the whole answer. Returns its pieces of content. */
  check(answer: string): number
}

const system =
  'You are the support assistant of a company that sells garden tools by mail. Answer in the language of the ' +
  'customer, in at most three sentences, and never promise a date that is not in the order below. If the customer ' +
  'asks for a refund, say that it takes up to fourteen days and that the return label is in the parcel.\n\n' +
  'Order 4711, placed on 2 March: one pruning saw, one pair of gloves (size M), two bags of grass seed. The saw ' +
  'and the gloves were shipped on 4 March; the grass seed follows when it is back in stock, which is expected in ' +
  'the second week of April. The customer has ordered four times since 2023 and has never sent anything back. ' +
  'Do not mention the number of earlier orders. Close with the name of the shop, Weir & Wheel.'

/** About 1.2 KB, as a turn of a short conversation is. */
function bodyOf(model: string, options: object): string {
  return JSON.stringify({
    model,
    messages: [
      { role: 'system', content: system },
      { role: 'user', content: 'Hello, I ordered a saw and some seed, and only half of it has come so far.' },
      {
        role: 'assistant',
        content: 'The saw and the gloves were shipped on 4 March; the seed will follow in April.',
      },
      {
        role: 'user',
        content: 'Can you send the seed earlier? Otherwise I would rather have the money back.',
      },
    ],
    temperature: 0.2,
    max_tokens: 1024,
    user: 'customer-4711',
    ...options,
  })
}

/** A chat that is not streamed; the model answers with `words` words. */
export function chatRequest(model: string, words: number): Request {
  return {
    body: bodyOf(model, {}),
    check(answer) {
      const { choices } = JSON.parse(answer) as ChatAnswer
      const [choice] = choices
      const text = choice?.message?.content ?? ''
      if (choice?.finish_reason !== 'stop') throw new Error(`no finish: ${answer.slice(0, 200)}`)
      if (text.split(' ').length !== words) throw new Error(`not ${words} words: ${text}`)
      return 1
    },
  }
}

interface ChatAnswer {
  readonly choices: readonly {
    readonly message?: { readonly content?: string }
    readonly delta?: { readonly content?: string }
    readonly finish_reason?: string | null
  }[]
  readonly usage?: object | null
}

/** A streamed chat; the model answers with `chunks` pieces of content. */
export function streamRequest(model: string, chunks: number): Request {
  return {
    body: bodyOf(model, { stream: true, stream_options: { include_usage: true } }),
    check(answer) {
      const frames = answer.split('\n\n')
      if (frames.pop() !== '' || frames.pop() !== 'data: [DONE]')
        throw new Error('the stream does not end in [DONE]')
      let pieces = 0
      let finishes = 0
      let usages = 0
      for (const frame of frames) {
        const { choices, usage } = JSON.parse(frame.slice('data: '.length)) as ChatAnswer
        if (choices[0]?.delta?.content) pieces++
        if (choices[0]?.finish_reason) finishes++
        if (usage) usages++
      }
      if (pieces !== chunks || finishes !== 1 || usages !== 1) {
        throw new Error(`${pieces} of ${chunks} pieces, ${finishes} finishes, ${usages} usages`)
      }
      return pieces
    },
  }
}

/** True once a stream has shown its first piece of content. */
export function hasContent(text: string): boolean {
  return /"content":"[^"]/.test(text)
}
