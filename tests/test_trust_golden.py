# SPDX-License-Identifier: Apache-2.0
"""The bytes of signatures and sealed films: a vector for other readers, and for what was signed long ago.

``GENERATE_GOLDEN=1 pytest tests/test_trust_golden.py`` writes it anew: old films then no longer pass.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from signed_films import KEY, OTHER, in_packets, sign
from test_trust_sealed import BOTH, MINE, SMALL, YOURS

from mtor_transcode.api.sealing import seal_bytes, unseal_bytes
from mtor_transcode.api.signing import verify_bytes

GOLDEN = Path(__file__).parent / "golden" / "trust.json"


def written() -> dict[str, object]:
    """A new vector."""
    packets = in_packets(5, 4)
    sealed = seal_bytes(SMALL, BOTH, title="Title é")
    return {
        "signing": {"private": KEY.native.private_bytes_raw().hex(), "public": KEY.public.raw.hex()},
        "signing_id": KEY.public.id.hex(),
        "sealing": {"private": MINE.native.private_bytes_raw().hex(), "public": MINE.public.raw.hex()},
        "sealing_id": MINE.public.id.hex(),
        "small": {"film": SMALL.hex(), "signed": sign(SMALL).hex()},
        "packets": {"film": packets.hex(), "signed": sign(packets).hex()},
        "sealed": sealed.hex(),
    }


def test_signatures_and_sealed_films_have_the_bytes_they_always_had() -> None:
    if os.environ.get("GENERATE_GOLDEN"):
        GOLDEN.write_text(json.dumps(written(), indent=1) + "\n")
    golden = json.loads(GOLDEN.read_text())
    assert (golden["signing_id"], golden["sealing_id"]) == (KEY.public.id.hex(), MINE.public.id.hex())
    for each in (golden["small"], golden["packets"]):
        signed = bytes.fromhex(each["signed"])
        assert sign(bytes.fromhex(each["film"])) == signed
        assert verify_bytes(signed, [OTHER.public, KEY.public]).key == golden["signing_id"]
    film = bytes.fromhex(golden["small"]["film"])
    for key in (MINE, YOURS):
        assert unseal_bytes(bytes.fromhex(golden["sealed"]), key) == ("Title é", film)
