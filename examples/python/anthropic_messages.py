"""Anthropic's SDK: a plain call, a stream, and a round with a tool."""

import os
from datetime import datetime
from zoneinfo import ZoneInfo

from anthropic import Anthropic

client = Anthropic(
    base_url=os.environ.get("WEIR_URL", "http://127.0.0.1:4000"),
    api_key=os.environ["WEIR_KEY"],
)
model = os.environ.get("WEIR_MODEL", "sim/tools")

answer = client.messages.create(
    model=model,
    max_tokens=1024,
    messages=[{"role": "user", "content": "Say in one sentence what a weir is."}],
)
for block in answer.content:
    if block.type == "text":
        print(block.text)

with client.messages.stream(
    model=model,
    max_tokens=1024,
    messages=[{"role": "user", "content": "Count from one to ten in words."}],
) as stream:
    for text in stream.text_stream:
        print(text, end="", flush=True)
    usage = stream.get_final_message().usage
print(f"\n({usage.input_tokens} tokens in, {usage.output_tokens} out)")

tools = [
    {
        "name": "time_in",
        "description": "The time of day in a time zone.",
        "input_schema": {
            "type": "object",
            "properties": {
                "zone": {"type": "string", "enum": ["Asia/Tokyo", "Europe/Zurich", "America/New_York"]}
            },
            "required": ["zone"],
        },
    }
]
messages = [{"role": "user", "content": "What time is it in Tokyo?"}]
for _ in range(5):
    message = client.messages.create(model=model, max_tokens=1024, messages=messages, tools=tools)
    messages.append({"role": "assistant", "content": message.content})
    results = []
    for block in message.content:
        if block.type == "text":
            print(block.text)
        if block.type == "tool_use":
            zone = block.input["zone"]
            time = datetime.now(ZoneInfo(zone)).strftime("%H:%M:%S")
            print(f"{block.name}({zone}) = {time}")
            results.append({"type": "tool_result", "tool_use_id": block.id, "content": time})
    if not results:
        break
    messages.append({"role": "user", "content": results})
