"""Asks every Python SDK for every feature of every provider, and prints one JSON object for each cell.

    matrix.py GATEWAY_URL KEY SIMULATOR_URL PROVIDER...
    matrix.py GATEWAY_URL KEY SIMULATOR_URL --structured PROVIDER/MODEL...

The simulator's receipts are the truth that answers and usage are held against.
"""

import json
import sys
import traceback
from collections.abc import Callable, Iterator
from typing import Literal
from urllib.request import urlopen

import anthropic
import instructor
import openai
from google import genai
from google.genai import errors as genai_errors
from google.genai import types
from pydantic import BaseModel

url, key, simulator, *providers = sys.argv[1:]
greeting = "Grüße 🌊 from the river: 水 flows."
tool_result = "Rain, then 14 °C"
forecast_schema = {
    "type": "object",
    "properties": {"city": {"type": "string", "enum": ["Bern", "Oslo"]}, "days": {"type": "integer"}},
    "required": ["city", "days"],
}


class Person(BaseModel):
    name: str
    height: float
    city: Literal["Bern", "Oslo"]


def receipts(since: int) -> list[dict]:
    with urlopen(f"{simulator}/receipts?since={since}") as answer:
        return json.load(answer)["data"]


def equal(actual: object, expected: object) -> None:
    if actual != expected:
        raise AssertionError(f"{actual!r} is not {expected!r}")


class OpenAIChat:
    name = "openai (python)"

    def __init__(self) -> None:
        self.client = openai.OpenAI(base_url=f"{url}/v1", api_key=key, max_retries=0)

    def text(self, model: str, stream: bool) -> tuple[str, int, int]:
        body = {"model": model, "messages": [{"role": "user", "content": greeting}]}
        if not stream:
            answer = self.client.chat.completions.create(**body)
            return answer.choices[0].message.content, answer.usage.prompt_tokens, answer.usage.completion_tokens
        text, usage = "", None
        for chunk in self.client.chat.completions.create(
            **body, stream=True, stream_options={"include_usage": True}
        ):
            text += (chunk.choices[0].delta.content or "") if chunk.choices else ""
            usage = chunk.usage or usage
        return text, usage.prompt_tokens, usage.completion_tokens

    def tool(self, model: str) -> tuple[dict, str]:
        tools = [{"type": "function", "function": {"name": "forecast", "parameters": forecast_schema}}]
        messages: list = [{"role": "user", "content": "The weather?"}]
        asked = self.client.chat.completions.create(model=model, messages=messages, tools=tools).choices[0]
        (call,) = asked.message.tool_calls
        messages += [asked.message, {"role": "tool", "tool_call_id": call.id, "content": tool_result}]
        final = self.client.chat.completions.create(model=model, messages=messages, tools=tools)
        return json.loads(call.function.arguments), final.choices[0].message.content

    def structured(self, model: str) -> Person:
        answer = self.client.chat.completions.parse(
            model=model, messages=[{"role": "user", "content": "Who?"}], response_format=Person
        )
        return answer.choices[0].message.parsed

    def failure(self, model: str) -> tuple[str, int]:
        try:
            self.text(model, False)
        except openai.RateLimitError as error:
            return error.code, error.status_code
        raise AssertionError("the call must fail")


class OpenAIResponses(OpenAIChat):
    name = "openai (python, responses)"

    def text(self, model: str, stream: bool) -> tuple[str, int, int]:
        if stream:
            with self.client.responses.stream(model=model, input=greeting) as events:
                answer = events.until_done().get_final_response()
        else:
            answer = self.client.responses.create(model=model, input=greeting)
        return answer.output_text, answer.usage.input_tokens, answer.usage.output_tokens

    def tool(self, model: str) -> tuple[dict, str]:
        tools = [{"type": "function", "name": "forecast", "parameters": forecast_schema, "strict": False}]
        items: list = [{"role": "user", "content": "The weather?"}]
        asked = self.client.responses.create(model=model, input=items, tools=tools)
        (call,) = (item for item in asked.output if item.type == "function_call")
        items += [*asked.output, {"type": "function_call_output", "call_id": call.call_id, "output": tool_result}]
        final = self.client.responses.create(model=model, input=items, tools=tools)
        return json.loads(call.arguments), final.output_text

    def structured(self, model: str) -> Person:
        return self.client.responses.parse(model=model, input="Who?", text_format=Person).output_parsed


class Anthropic:
    name = "anthropic (python)"

    def __init__(self) -> None:
        self.client = anthropic.Anthropic(base_url=url, api_key=key, max_retries=0)

    def text(self, model: str, stream: bool) -> tuple[str, int, int]:
        body = {"model": model, "max_tokens": 500, "messages": [{"role": "user", "content": greeting}]}
        if stream:
            with self.client.messages.stream(**body) as events:
                answer = events.get_final_message()
        else:
            answer = self.client.messages.create(**body)
        text = "".join(block.text for block in answer.content if block.type == "text")
        return text, answer.usage.input_tokens, answer.usage.output_tokens

    def tool(self, model: str) -> tuple[dict, str]:
        tools = [{"name": "forecast", "input_schema": forecast_schema}]
        messages: list = [{"role": "user", "content": "The weather?"}]
        asked = self.client.messages.create(model=model, max_tokens=500, messages=messages, tools=tools)
        (call,) = (block for block in asked.content if block.type == "tool_use")
        result = {"type": "tool_result", "tool_use_id": call.id, "content": tool_result}
        messages += [{"role": "assistant", "content": asked.content}, {"role": "user", "content": [result]}]
        final = self.client.messages.create(model=model, max_tokens=500, messages=messages, tools=tools)
        return call.input, final.content[0].text

    def structured(self, model: str) -> Person:
        return self.client.messages.parse(
            model=model,
            max_tokens=500,
            messages=[{"role": "user", "content": "Who?"}],
            output_format=Person,
        ).parsed_output

    def failure(self, model: str) -> tuple[str, int]:
        try:
            self.text(model, False)
        except anthropic.RateLimitError as error:
            return error.body["error"]["details"]["error_code"], error.status_code
        raise AssertionError("the call must fail")


class Gemini:
    name = "google-genai (python)"

    def __init__(self) -> None:
        self.client = genai.Client(api_key=key, http_options=types.HttpOptions(base_url=url))
        self.models = self.client.models

    def text(self, model: str, stream: bool) -> tuple[str, int, int]:
        if not stream:
            answer = self.models.generate_content(model=model, contents=greeting)
            return answer.text, answer.usage_metadata.prompt_token_count, answer.usage_metadata.candidates_token_count
        text, usage = "", None
        for chunk in self.models.generate_content_stream(model=model, contents=greeting):
            text += chunk.text or ""
            usage = chunk.usage_metadata or usage
        return text, usage.prompt_token_count, usage.candidates_token_count

    def tool(self, model: str) -> tuple[dict, str]:
        declaration = types.FunctionDeclaration(name="forecast", parameters_json_schema=forecast_schema)
        config = types.GenerateContentConfig(tools=[types.Tool(function_declarations=[declaration])])
        contents = [types.Content(role="user", parts=[types.Part(text="The weather?")])]
        asked = self.models.generate_content(model=model, contents=contents, config=config)
        (call,) = asked.function_calls
        response = types.FunctionResponse(id=call.id, name=call.name, response={"output": tool_result})
        contents += [
            asked.candidates[0].content,
            types.Content(role="user", parts=[types.Part(function_response=response)]),
        ]
        final = self.models.generate_content(model=model, contents=contents, config=config)
        return call.args, final.text

    def structured(self, model: str) -> Person:
        config = types.GenerateContentConfig(response_mime_type="application/json", response_schema=Person)
        return self.models.generate_content(model=model, contents="Who?", config=config).parsed

    def failure(self, model: str) -> tuple[str, int]:
        try:
            self.text(model, False)
        except genai_errors.ClientError as error:
            return error.details["error"]["details"][0]["reason"].lower(), error.code
        raise AssertionError("the call must fail")


class Instructor:
    """Structured answers by way of a forced tool, whole and as they grow."""

    name = "instructor (python)"

    def __init__(self) -> None:
        client = openai.OpenAI(base_url=f"{url}/v1", api_key=key, max_retries=0)
        self.completions = instructor.from_openai(client).chat.completions

    def structured(self, model: str) -> Person:
        messages = [{"role": "user", "content": "Who?"}]
        partials = list(self.completions.create_partial(model=model, messages=messages, response_model=Person))
        whole = self.completions.create(model=model, messages=messages, response_model=Person)
        equal(partials[-1].model_dump(), whole.model_dump())
        return whole


def check_text(client: OpenAIChat | Anthropic | Gemini, provider: str, stream: bool) -> None:
    last = (receipts(0) or [{"n": 0}])[-1]["n"]
    text, input_tokens, output_tokens = client.text(f"{provider}/echo", stream)
    equal(text, greeting)
    (receipt,) = receipts(last)
    billed = receipt["billed"]
    equal((input_tokens, output_tokens), (billed["inputTokens"], billed["outputTokens"]))
    equal(receipt["stream"], stream)


def check_tool(client: OpenAIChat | Anthropic | Gemini, provider: str) -> None:
    equal(client.tool(f"{provider}/tools"), ({"city": "Bern", "days": 1}, "The tool has answered."))


def check_structured(client: OpenAIChat | Anthropic | Gemini | Instructor, model: str) -> None:
    person = client.structured(model)
    assert isinstance(person, Person)
    equal(person.model_dump(), {"name": "text", "height": 0.5, "city": "Bern"})


def check_failure(client: OpenAIChat | Anthropic | Gemini, provider: str) -> None:
    equal(client.failure(f"{provider}/fault/http-429"), ("upstream_rate_limit", 429))


def cells() -> Iterator[tuple[str, str, str, Callable[[], None]]]:
    for client in (OpenAIChat(), OpenAIResponses(), Anthropic(), Gemini()):
        for provider in providers:
            yield client.name, provider, "text", lambda: check_text(client, provider, False)
            yield client.name, provider, "text, streamed", lambda: check_text(client, provider, True)
            yield client.name, provider, "tool", lambda: check_tool(client, provider)
            yield client.name, provider, "error: rate limit", lambda: check_failure(client, provider)
            yield client.name, provider, "structured output", lambda: check_structured(client, f"{provider}/json")
    forced = Instructor()
    for provider in providers:
        yield forced.name, provider, "structured output", lambda: check_structured(forced, f"{provider}/json")


def structured_cells() -> Iterator[tuple[str, str, str, Callable[[], None]]]:
    """Structured output alone, of targets that are named in full."""
    for client in (OpenAIChat(), OpenAIResponses(), Anthropic(), Gemini(), Instructor()):
        for model in providers[1:]:
            yield client.name, model, "structured output", lambda: check_structured(client, model)


for sdk, provider, feature, check in structured_cells() if "--structured" in providers else cells():
    try:
        check()
        error = None
    except Exception:  # each cell tells of itself
        error = traceback.format_exc(limit=-3)
    print(json.dumps({"sdk": sdk, "provider": provider, "feature": feature, "error": error}), flush=True)
