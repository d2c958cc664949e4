"""OpenAI's SDK over Chat Completions: a plain call, a stream, and a round with a tool."""

import json
import os
from datetime import datetime
from zoneinfo import ZoneInfo

from openai import OpenAI

client = OpenAI(
    base_url=os.environ.get("WEIR_URL", "http://127.0.0.1:4000") + "/v1",
    api_key=os.environ["WEIR_KEY"],
)
model = os.environ.get("WEIR_MODEL", "sim/tools")

answer = client.chat.completions.create(
    model=model,
    messages=[{"role": "user", "content": "Say in one sentence what a weir is."}],
)
print(answer.choices[0].message.content)

stream = client.chat.completions.create(
    model=model,
    messages=[{"role": "user", "content": "Count from one to ten in words."}],
    stream=True,
    stream_options={"include_usage": True},
)
for chunk in stream:
    if chunk.choices:
        print(chunk.choices[0].delta.content or "", end="", flush=True)
    if chunk.usage:
        print(f"\n({chunk.usage.prompt_tokens} tokens in, {chunk.usage.completion_tokens} out)")

tools = [
    {
        "type": "function",
        "function": {
            "name": "time_in",
            "description": "The time of day in a time zone.",
            "parameters": {
                "type": "object",
                "properties": {
                    "zone": {"type": "string", "enum": ["Asia/Tokyo", "Europe/Zurich", "America/New_York"]}
                },
                "required": ["zone"],
            },
        },
    }
]
messages = [{"role": "user", "content": "What time is it in Tokyo?"}]
for _ in range(5):
    message = client.chat.completions.create(model=model, messages=messages, tools=tools).choices[0].message
    messages.append(message)
    if not message.tool_calls:
        print(message.content)
        break
    for call in message.tool_calls:
        zone = json.loads(call.function.arguments)["zone"]
        time = datetime.now(ZoneInfo(zone)).strftime("%H:%M:%S")
        print(f"{call.function.name}({zone}) = {time}")
        messages.append({"role": "tool", "tool_call_id": call.id, "content": time})
