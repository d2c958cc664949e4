"""Many calls at once with asyncio: a bound on how many run, progress, and an account of what failed.

    many_calls_asyncio.py [CALLS] [CONCURRENCY]
"""

import asyncio
import os
import sys
import time
from collections import Counter

from openai import APIConnectionError, APIStatusError, AsyncOpenAI

calls = int(sys.argv[1]) if len(sys.argv) > 1 else 200
concurrency = int(sys.argv[2]) if len(sys.argv) > 2 else 20
model = os.environ.get("WEIR_MODEL", "sim/words-20")


async def main() -> int:
    client = AsyncOpenAI(
        base_url=os.environ.get("WEIR_URL", "http://127.0.0.1:4000") + "/v1",
        api_key=os.environ["WEIR_KEY"],
    )
    slots = asyncio.Semaphore(concurrency)
    tokens = 0
    failures: Counter[str] = Counter()

    async def ask(number: int) -> None:
        nonlocal tokens
        async with slots:
            try:
                answer = await client.chat.completions.create(
                    model=model,
                    messages=[{"role": "user", "content": f"Name a river that begins like call {number}."}],
                )
            except APIStatusError as error:
                failures[f"{error.status_code} {error.code}"] += 1
            except APIConnectionError as error:
                failures[f"connection: {error.__cause__ or error}"] += 1
            else:
                tokens += answer.usage.total_tokens if answer.usage else 0

    start = time.monotonic()
    tasks = [asyncio.create_task(ask(number)) for number in range(calls)]
    for done, task in enumerate(asyncio.as_completed(tasks), start=1):
        await task
        if sys.stderr.isatty():
            print(f"\r{done} of {calls}, {failures.total()} failed", end="", file=sys.stderr, flush=True)
    seconds = time.monotonic() - start
    if sys.stderr.isatty():
        print(file=sys.stderr)

    answered = calls - failures.total()
    print(f"{answered} of {calls} calls answered in {seconds:.1f} s, {tokens} tokens")
    for reason, count in failures.most_common():
        print(f"{count} failed: {reason}")
    return 1 if failures else 0


sys.exit(asyncio.run(main()))
