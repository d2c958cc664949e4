"""Google's SDK: a plain call, a stream, and a round with a tool."""

import os
from datetime import datetime
from zoneinfo import ZoneInfo

from google import genai
from google.genai import types

client = genai.Client(
    api_key=os.environ["WEIR_KEY"],
    http_options=types.HttpOptions(base_url=os.environ.get("WEIR_URL", "http://127.0.0.1:4000")),
)
model = os.environ.get("WEIR_MODEL", "sim/tools")

answer = client.models.generate_content(model=model, contents="Say in one sentence what a weir is.")
print(answer.text)

usage = None
for chunk in client.models.generate_content_stream(model=model, contents="Count from one to ten in words."):
    print(chunk.text or "", end="", flush=True)
    usage = chunk.usage_metadata or usage
print(f"\n({usage.prompt_token_count} tokens in, {usage.candidates_token_count} out)")

time_in = types.FunctionDeclaration(
    name="time_in",
    description="The time of day in a time zone.",
    parameters_json_schema={
        "type": "object",
        "properties": {
            "zone": {"type": "string", "enum": ["Asia/Tokyo", "Europe/Zurich", "America/New_York"]}
        },
        "required": ["zone"],
    },
)
config = types.GenerateContentConfig(tools=[types.Tool(function_declarations=[time_in])])
contents = [types.Content(role="user", parts=[types.Part(text="What time is it in Tokyo?")])]
for _ in range(5):
    answer = client.models.generate_content(model=model, contents=contents, config=config)
    contents.append(answer.candidates[0].content)
    if not answer.function_calls:
        print(answer.text)
        break
    parts = []
    for call in answer.function_calls:
        zone = call.args["zone"]
        time = datetime.now(ZoneInfo(zone)).strftime("%H:%M:%S")
        print(f"{call.name}({zone}) = {time}")
        response = types.FunctionResponse(id=call.id, name=call.name, response={"output": time})
        parts.append(types.Part(function_response=response))
    contents.append(types.Content(role="user", parts=parts))
