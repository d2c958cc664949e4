"""Instructor over OpenAI's SDK: an answer that is an instance of a Pydantic model, whole and as it grows."""

import os

import instructor
from openai import OpenAI
from pydantic import BaseModel, Field


class River(BaseModel):
    name: str
    length_km: float = Field(gt=0)
    countries: list[str] = Field(min_length=1)


client = instructor.from_openai(
    OpenAI(
        base_url=os.environ.get("WEIR_URL", "http://127.0.0.1:4000") + "/v1",
        api_key=os.environ["WEIR_KEY"],
    )
)
model = os.environ.get("WEIR_MODEL", "sim/json")

river = client.chat.completions.create(
    model=model,
    messages=[{"role": "user", "content": "Describe the longest river of Europe."}],
    response_model=River,
)
print(river.model_dump_json(indent=2))

partial = None
for partial in client.chat.completions.create_partial(
    model=model,
    messages=[{"role": "user", "content": "Describe the longest river of Africa."}],
    response_model=River,
):
    print(partial)
