# SPDX-License-Identifier: Apache-2.0
"""The committed schemas are the generated ones, and what we write and the RFC's examples validate."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from rfc_json_films import add_sound_and_text
from test_rfc_json_hand import RFC_DICTIONARY, RFC_TOKEN
from test_rfc_json_roundtrip import small_film

from mtor_transcode.codec.rfc_json import export_json
from mtor_transcode.codec.rfc_json.schema import FOLDER, schemas


@cache
def validator(name: str) -> Draft202012Validator:
    schema = json.loads((FOLDER / f"{name}.schema.json").read_bytes())
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def test_the_committed_schemas_are_the_generated_ones() -> None:
    committed = {path.name: path.read_bytes() for path in FOLDER.glob("*.json")}
    assert committed == schemas(), "run python -m mtor_transcode.codec.rfc_json.schema"


def test_an_export_validates(tmp_path: Path) -> None:
    film = small_film()
    add_sound_and_text(film)
    export_json(film, tmp_path)
    for name, schema in (("tokens", "token"), ("audio", "packet"), ("subtitles", "subtitle")):
        lines = (tmp_path / f"{name}.jsonl").read_text().splitlines()
        assert lines
        for line in lines:
            validator(schema).validate(json.loads(line))
    for name in ("dictionary", "manifest"):
        validator(name).validate(json.loads((tmp_path / f"{name}.json").read_text()))


def test_the_examples_of_the_rfc_validate() -> None:
    validator("token").validate(json.loads(RFC_TOKEN))
    validator("dictionary").validate(json.loads(re.sub(r"/\*.*?\*/", "", RFC_DICTIONARY)))


@pytest.mark.parametrize(
    "part",
    [
        {"message_type": "chat"},
        {"timestamp": "now"},
        {"parameters": {}},
        {"mtor": {"tiks": 1}},
        {"action": 5},
    ],
)
def test_the_schema_refuses_what_the_reader_refuses(part: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        validator("token").validate(json.loads(RFC_TOKEN) | part)
